//! Compares encoding an event with all checks to plain serialization. `serialize` prints the ratio of
//! the times, and the allocations. `serialize ours|plain|id EVENTS` runs only that case, for
//! callgrind.

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::event::{CheckoutCompleted, Plain, checkout, now};
use benches::measure::{Counting, allocations};
use inngest_core::{Batch, Event as _};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The number of events in a batch.
const BATCH: usize = 1_000;

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => {
            compare();
            Ok(())
        }
        [what, events] => {
            let events: usize = events.parse().map_err(|_| "EVENTS must be a number")?;
            let all = all();
            for _ in 0..events / BATCH {
                match what.as_str() {
                    "ours" => drop(black_box(ours(&all))),
                    "plain" => drop(black_box(plain(&all))),
                    "id" => all
                        .iter()
                        .for_each(|event| drop(black_box(event.dedup_id()))),
                    _ => {
                        return Err(format!(
                            "there is no case `{what}`; write ours, plain or id"
                        ));
                    }
                }
            }
            Ok(())
        }
        _ => Err("the arguments are wrong; write none, or CASE EVENTS".to_owned()),
    }
}

fn all() -> Vec<CheckoutCompleted> {
    (0..BATCH).map(|n| checkout(1, n)).collect()
}

/// Encodes with `Batch`, which checks everything and prints the id from its template.
fn ours(events: &[CheckoutCompleted]) -> Batch {
    let mut batch = Batch::new();
    let _ = batch.extend(black_box(events));
    batch
}

/// Encodes the same bytes without checks, with a hand-written struct and id.
fn plain(events: &[CheckoutCompleted]) -> Vec<u8> {
    use std::fmt::Write as _;

    let mut out = Vec::new();
    let mut id = String::new();
    for data in black_box(events) {
        id.clear();
        let _ = write!(id, "cart-checkout-completed-{}", data.cart_id);
        let plain = Plain {
            name: CheckoutCompleted::NAME,
            id: &id,
            ts: now(),
            data,
        };
        out.push(b',');
        let _ = serde_json::to_writer(&mut out, &plain);
        out.push(b'\n');
    }
    out
}

/// The shortest time of several runs, and the allocations of one run.
fn shortest<T>(mut work: impl FnMut() -> T) -> (Duration, u64) {
    let before = allocations();
    drop(black_box(work()));
    let allocated = allocations() - before;
    let mut shortest = Duration::MAX;
    for _ in 0..200 {
        let began = Instant::now();
        let result = black_box(work());
        shortest = shortest.min(began.elapsed());
        drop(result);
    }
    (shortest, allocated)
}

fn compare() {
    let all = all();
    let mut ratios = Vec::new();
    let mut last = None;
    for _ in 0..21 {
        let (floor, _) = shortest(|| plain(&all));
        let (checked, allocated) = shortest(|| ours(&all));
        ratios.push(checked.as_secs_f64() / floor.as_secs_f64());
        last = Some((floor, checked, allocated));
    }
    ratios.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "only displayed")]
    let each = |nanos: f64| nanos / BATCH as f64;
    if let (Some((floor, checked, allocated)), [lowest, .., highest]) = (last, ratios.as_slice()) {
        println!(
            "| serialization | ns per event | × plain | (lowest to highest) | allocations per event |"
        );
        println!("|---|---|---|---|---|");
        #[expect(clippy::cast_precision_loss, reason = "only displayed")]
        let allocated = each(allocated as f64);
        println!(
            "| a plain struct with `serde_json::to_writer` | {:.0} | 1 | | |",
            each(floor.as_secs_f64() * 1e9)
        );
        println!(
            "| `Batch::extend`, all checks | {:.0} | {:.3} | {lowest:.3} to {highest:.3} | {allocated:.4} |",
            each(checked.as_secs_f64() * 1e9),
            ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN),
        );
    }
}
