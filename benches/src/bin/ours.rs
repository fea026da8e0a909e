//! Sends events with `inngest-core`.

use benches::event::checkout;
use benches::measure::{Counting, Measurement};
use benches::task::{IN_FLIGHT, IN_REQUEST, Mode, Task};
use inngest_core::Client;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let task = Task::from_args()?;
    task.block_on(run(&task))?
}

async fn run(task: &Task) -> Result<(), Box<dyn std::error::Error>> {
    let mut builder = Client::builder()
        .event_key("bench")
        .base_url(&task.url)
        .max_request_events(IN_REQUEST);
    if task.has("single") {
        builder = builder.concurrency(1);
    }
    if task.has("reqwest") {
        builder = builder.http_client(reqwest::Client::new());
    }
    let client = builder.build()?;
    client.send(checkout(task.run, 9_999_999)).await?;

    let measurement = Measurement::start();
    let (run, events) = (task.run, task.events);
    match task.mode {
        Mode::One => {
            for n in 0..events {
                client.send(checkout(run, n)).await?;
            }
        }
        Mode::Many => {
            let senders: Vec<_> = (0..IN_FLIGHT)
                .map(|sender| {
                    let client = client.clone();
                    tokio::spawn(async move {
                        for n in (sender..events).step_by(IN_FLIGHT) {
                            client.send(checkout(run, n)).await?;
                        }
                        Ok::<(), inngest_core::SendError>(())
                    })
                })
                .collect();
            for sender in senders {
                sender.await??;
            }
        }
        Mode::Batch => {
            let receipts = client
                .send_many((0..events).map(|n| checkout(run, n)))
                .await?;
            assert_eq!(receipts.len(), events);
        }
        Mode::Stream => {
            let mut progress = client.send_iter((0..events).map(move |n| checkout(run, n)));
            let mut sent = 0;
            while let Some(part) = progress.next().await {
                sent += part.result?.len();
            }
            assert_eq!(sent, events);
        }
    }
    measurement.end(events);
    Ok(())
}
