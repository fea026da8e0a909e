//! Measures how fast an enum decodes a batch of 1,000 events, and a function call with this batch. `receive`
//! compares the times with `serde_json::from_slice` into the right struct.
//! `receive ours|known|value EVENTS` decodes only batches, in the given way, for callgrind.

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::event::{CheckoutCompleted, checkout};
use inngest_core::Event;
use inngest_receive::{DecodeError, Events, FunctionCall, RawReceived, decode_all};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The number of events in a batch.
const BATCH: usize = 1_000;

type Error = Box<dyn std::error::Error>;

/// Declares event types that are not in the batch, so that decoding must choose among several.
macro_rules! more_events {
    ($($name:ident $event:literal)*) => {$(
        /// An event type that is not in the batch.
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

/// An event, for a program that knows the type in advance.
#[derive(Deserialize)]
struct Known<T> {
    #[expect(dead_code, reason = "only the time counts")]
    data: T,
}

/// The call of a function, for a program that knows the type in advance.
#[derive(Deserialize)]
#[expect(dead_code, reason = "only the time counts")]
struct KnownCall<T> {
    event: Known<T>,
    events: Vec<Known<T>>,
    ctx: KnownContext,
    steps: Value,
    use_api: bool,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only the time counts")]
struct KnownContext {
    run_id: String,
    attempt: u32,
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let body = body()?;
    match arguments.as_slice() {
        [] => compare_all(&body),
        [what, events] => {
            for _ in 0..events.parse::<usize>()? / BATCH {
                match what.as_str() {
                    "ours" => drop(black_box(ours(&body)?)),
                    "known" => drop(black_box(known::<CheckoutCompleted>(&body)?)),
                    "value" => drop(black_box(by_value(&body)?)),
                    _ => {
                        return Err(format!(
                            "there is no case `{what}`; write ours, known or value"
                        )
                        .into());
                    }
                }
            }
            Ok(())
        }
        _ => Err("the arguments are wrong; write none, or CASE EVENTS".into()),
    }
}

/// A batch as the server writes it, with sorted keys.
fn body() -> Result<String, Error> {
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

/// The call of a function with the batch `events`, as the server writes it.
fn call(events: &str) -> Result<String, Error> {
    let first: Vec<&serde_json::value::RawValue> = serde_json::from_str(events)?;
    let event = first.first().ok_or("there are no events")?;
    let context = r#"{"attempt":0,"disable_immediate_execution":false,"env":"test","fn_id":"00000000-0000-4000-8000-000000000000","max_attempts":4,"qi_id":"","run_id":"01KBAV2C6J8QYBD3G1QZ0K5F7A","stack":{"current":0,"stack":[]},"step_id":"step","use_api":false}"#;
    Ok(format!(
        r#"{{"ctx":{context},"event":{event},"events":{events},"steps":{{}},"use_api":false,"version":1}}"#
    ))
}

fn ours(body: &str) -> Result<Vec<Result<ShopEvent, DecodeError>>, DecodeError> {
    decode_all(black_box(body.as_bytes()))
}

fn known<T: DeserializeOwned>(body: &str) -> serde_json::Result<Vec<Known<T>>> {
    serde_json::from_slice(black_box(body.as_bytes()))
}

/// Decodes without this library: reads the name in a `Value`, then converts the data.
fn by_value(body: &str) -> serde_json::Result<Vec<ShopEvent>> {
    let events: Vec<Value> = serde_json::from_slice(black_box(body.as_bytes()))?;
    events.into_iter().map(event_from_value).collect()
}

fn event_from_value(mut event: Value) -> serde_json::Result<ShopEvent> {
    let data = event.get_mut("data").map(Value::take).unwrap_or_default();
    let name = event
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Ok(match name {
        ItemImported::NAME => ShopEvent::ItemImported(serde_json::from_value(data)?),
        CartOpened::NAME => ShopEvent::CartOpened(serde_json::from_value(data)?),
        _ => ShopEvent::CheckoutCompleted(serde_json::from_value(data)?),
    })
}

fn our_call(body: &str) -> Result<FunctionCall<ShopEvent>, DecodeError> {
    FunctionCall::decode(black_box(body.as_bytes()))
}

fn known_call<T: DeserializeOwned>(body: &str) -> serde_json::Result<KnownCall<T>> {
    serde_json::from_slice(black_box(body.as_bytes()))
}

fn call_by_value(body: &str) -> serde_json::Result<(Value, Vec<ShopEvent>)> {
    let mut call: Value = serde_json::from_slice(black_box(body.as_bytes()))?;
    let events = match call.get_mut("events").map(Value::take) {
        Some(Value::Array(events)) => events,
        _ => Vec::new(),
    };
    let events: serde_json::Result<_> = events.into_iter().map(event_from_value).collect();
    Ok((call, events?))
}

/// The shortest time of several runs. Dropping the result is not timed.
fn shortest<T>(mut work: impl FnMut() -> T) -> Duration {
    let mut shortest = Duration::MAX;
    for _ in 0..100 {
        let began = Instant::now();
        let result = black_box(work());
        shortest = shortest.min(began.elapsed());
        drop(result);
    }
    shortest
}

fn compare_all(body: &str) -> Result<(), Error> {
    let all_decoded = |events: &[Result<ShopEvent, DecodeError>]| {
        events.len() == BATCH
            && events.iter().all(|event| {
                matches!(event, Ok(ShopEvent::CheckoutCompleted(event)) if event.item_ids.len() == 3)
            })
    };
    let call = call(body)?;
    assert!(all_decoded(&ours(body)?));
    assert!(all_decoded(our_call(&call)?.events()?));
    assert_eq!(
        known_call::<CheckoutCompleted>(&call)?.events.len(),
        call_by_value(&call)?.1.len()
    );
    compare(
        ["a batch of 1,000 events", "`decode_all`"],
        || known::<CheckoutCompleted>(body),
        || ours(body),
        || by_value(body),
    );
    println!();
    compare(
        ["a call with 1,000 events", "`FunctionCall::decode`"],
        || known_call::<CheckoutCompleted>(&call),
        || our_call(&call),
        || call_by_value(&call),
    );
    Ok(())
}

fn compare<A, B, C>(
    [input, function]: [&str; 2],
    known: impl Fn() -> A,
    ours: impl Fn() -> B,
    by_value: impl Fn() -> C,
) {
    let (mut to_known, mut to_value) = (Vec::new(), Vec::new());
    let mut last = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for _ in 0..21 {
        let known_time = shortest(&known);
        let our_time = shortest(&ours);
        let value_time = shortest(&by_value);
        to_known.push(our_time.as_secs_f64() / known_time.as_secs_f64());
        to_value.push(our_time.as_secs_f64() / value_time.as_secs_f64());
        last = (known_time, our_time, value_time);
    }
    #[expect(clippy::cast_precision_loss, reason = "only displayed")]
    let per_event = |time: Duration| time.as_secs_f64() * 1e9 / BATCH as f64;
    let (known_time, our_time, value_time) = last;
    println!("| decoding {input} | ns per event |");
    println!("|---|---|");
    println!(
        "| `serde_json::from_slice` into the right struct | {:.0} |",
        per_event(known_time)
    );
    println!(
        "| {function} into an enum of 10 variants | {:.0} |",
        per_event(our_time)
    );
    println!("| through `Value` | {:.0} |", per_event(value_time));
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
}
