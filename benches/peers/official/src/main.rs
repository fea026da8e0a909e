//! Sends events with the crate `inngest`.

use benches::event::{CheckoutCompleted, checkout};
use benches::measure::{Counting, Measurement};
use benches::task::{IN_FLIGHT, IN_REQUEST, Mode, Task};
use inngest::client::Inngest;
use inngest::event::Event;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let task = Task::from_args()?;
    task.block_on(run(&task))?
}

fn event(run: u32, n: usize) -> Event<CheckoutCompleted> {
    let data = checkout(run, n);
    let id = format!("cart-checkout-completed-{}", data.cart_id);
    Event::new("storefront/cart.checkout.completed", data)
        .id(&id)
        .timestamp(benches::event::now())
}

async fn run(task: &Task) -> Result<(), Box<dyn std::error::Error>> {
    let client = Inngest::new("bench").event_api_origin(&task.url).event_key("bench");
    client.send_event(&event(task.run, 9_999_999)).await.map_err(|e| format!("{e:?}"))?;

    let measurement = Measurement::start();
    let (run, events) = (task.run, task.events);
    match task.mode {
        Mode::One => {
            for n in 0..events {
                client.send_event(&event(run, n)).await.map_err(|e| format!("{e:?}"))?;
            }
        }
        Mode::Many => {
            let senders: Vec<_> = (0..IN_FLIGHT)
                .map(|sender| {
                    let client = client.clone();
                    tokio::spawn(async move {
                        for n in (sender..events).step_by(IN_FLIGHT) {
                            client.send_event(&event(run, n)).await.map_err(|e| format!("{e:?}"))?;
                        }
                        Ok::<(), String>(())
                    })
                })
                .collect();
            for sender in senders {
                sender.await??;
            }
        }
        Mode::Batch | Mode::Stream => {
            for first in (0..events).step_by(IN_REQUEST) {
                let all: Vec<_> = (first..(first + IN_REQUEST).min(events))
                    .map(|n| event(run, n))
                    .collect();
                let all: Vec<_> = all.iter().collect();
                client.send_events(&all).await.map_err(|e| format!("{e:?}"))?;
            }
        }
    }
    measurement.end(events);
    Ok(())
}
