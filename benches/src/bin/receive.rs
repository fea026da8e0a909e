//! Measures decoding a batch of 1,000 events into an enum by name and version. `receive` prints the times
//! as ratios to `serde_json::from_slice` into the right struct. `receive ours|known|value EVENTS` runs
//! only that case, for callgrind.

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::event::{CheckoutCompleted, checkout};
use inngest_core::Event;
use inngest_receive::{DecodeError, Events, RawReceived, decode_all};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The number of events in a batch.
const BATCH: usize = 1_000;

type Failure = Box<dyn std::error::Error>;

/// Event types that are not in the batch, so that each event is looked up among several.
macro_rules! more_events {
    ($($name:ident $event:literal)*) => {$(
        /// Another event.
        #[derive(Serialize, Deserialize, JsonSchema, Event)]
        #[event(name = $event, version = "2026-11-21.1")]
        struct $name {
            id: u64,
        }
    )*};
}

more_events! {
    ItemImported "storefront/item.imported"
    ItemRemoved "storefront/item.removed"
    CartOpened "storefront/cart.opened"
    CartAbandoned "storefront/cart.abandoned"
    CheckoutBegun "storefront/cart.checkout.begun"
    CheckoutFailed "storefront/cart.checkout.failed"
    OrderShipped "storefront/order.shipped"
    OrderReturned "storefront/order.returned"
}

#[derive(Events)]
#[expect(dead_code, reason = "only one kind of event is in the batch")]
enum ShopEvent {
    ItemImported(ItemImported),
    ItemRemoved(ItemRemoved),
    CartOpened(CartOpened),
    CartAbandoned(CartAbandoned),
    CheckoutBegun(CheckoutBegun),
    CheckoutFailed(CheckoutFailed),
    CheckoutCompleted(CheckoutCompleted),
    OrderShipped(OrderShipped),
    OrderReturned(OrderReturned),
    #[events(other)]
    Other(RawReceived),
}

/// What a program reads that knows the type beforehand.
#[derive(Deserialize)]
struct Known<T> {
    #[expect(dead_code, reason = "only the time counts")]
    data: T,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let body = body()?;
    match arguments.as_slice() {
        [] => compare(&body),
        [what, events] => {
            for _ in 0..events.parse::<usize>()? / BATCH {
                match what.as_str() {
                    "ours" => drop(black_box(ours(&body)?)),
                    "known" => drop(black_box(known::<CheckoutCompleted>(&body)?)),
                    "value" => drop(black_box(by_value(&body)?)),
                    _ => {
                        return Err(
                            format!("there is no `{what}`; give ours, known or value").into()
                        );
                    }
                }
            }
            Ok(())
        }
        _ => Err("give nothing, or WHAT EVENTS".into()),
    }
}

/// A batch in the server's form: keys in order.
fn body() -> Result<String, Failure> {
    let mut events = Vec::new();
    for n in 0..BATCH {
        let data = serde_json::to_string(&checkout(1, n))?;
        events.push(format!(
            r#"{{"data":{data},"id":"cart-checkout-completed-{n}","name":"{}","ts":1795877869994,"user":{{}}}}"#,
            CheckoutCompleted::NAME
        ));
    }
    Ok(format!("[{}]", events.join(",")))
}

fn ours(body: &str) -> Result<Vec<Result<ShopEvent, DecodeError>>, DecodeError> {
    decode_all(black_box(body.as_bytes()))
}

fn known<T: DeserializeOwned>(body: &str) -> serde_json::Result<Vec<Known<T>>> {
    serde_json::from_slice(black_box(body.as_bytes()))
}

/// What programs do today: look into a `Value` for the name, then convert it.
fn by_value(body: &str) -> serde_json::Result<Vec<ShopEvent>> {
    let events: Vec<Value> = serde_json::from_slice(black_box(body.as_bytes()))?;
    let mut decoded = Vec::with_capacity(events.len());
    for mut event in events {
        let data = event.get_mut("data").map(Value::take).unwrap_or_default();
        let name = event
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        decoded.push(match name {
            ItemImported::NAME => ShopEvent::ItemImported(serde_json::from_value(data)?),
            CartOpened::NAME => ShopEvent::CartOpened(serde_json::from_value(data)?),
            _ => ShopEvent::CheckoutCompleted(serde_json::from_value(data)?),
        });
    }
    Ok(decoded)
}

/// The shortest time of several runs, without dropping the result.
fn shortest<T>(mut work: impl FnMut() -> T) -> Duration {
    let mut shortest = Duration::MAX;
    for _ in 0..100 {
        let began = Instant::now();
        let made = black_box(work());
        shortest = shortest.min(began.elapsed());
        drop(made);
    }
    shortest
}

fn compare(body: &str) -> Result<(), Failure> {
    assert!(ours(body)?.iter().all(|event| {
        matches!(event, Ok(ShopEvent::CheckoutCompleted(event)) if event.item_ids.len() == 3)
    }));
    let (mut to_known, mut to_value) = (Vec::new(), Vec::new());
    let mut last = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for _ in 0..21 {
        let floor = shortest(|| known::<CheckoutCompleted>(body));
        let enumerated = shortest(|| ours(body));
        let value = shortest(|| by_value(body));
        to_known.push(enumerated.as_secs_f64() / floor.as_secs_f64());
        to_value.push(enumerated.as_secs_f64() / value.as_secs_f64());
        last = (floor, enumerated, value);
    }
    #[expect(clippy::cast_precision_loss, reason = "only displayed")]
    let each = |time: Duration| time.as_secs_f64() * 1e9 / BATCH as f64;
    let (floor, enumerated, value) = last;
    println!("| decoding a batch of 1,000 events | ns per event |");
    println!("|---|---|");
    println!(
        "| `serde_json::from_slice` into the right struct | {:.0} |",
        each(floor)
    );
    println!(
        "| `decode_all` into an enum of 10 variants | {:.0} |",
        each(enumerated)
    );
    println!("| through `Value` | {:.0} |", each(value));
    println!();
    println!("| ratio of the enum to | median | lowest to highest |");
    println!("|---|---|---|");
    for (name, ratios) in [
        ("the right struct", &mut to_known),
        ("`Value`", &mut to_value),
    ] {
        ratios.sort_by(f64::total_cmp);
        if let [lowest, .., highest] = ratios.as_slice() {
            let median = ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN);
            println!("| {name} | {median:.3} | {lowest:.3} to {highest:.3} |");
        }
    }
    Ok(())
}
