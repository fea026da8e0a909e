//! Measures the time from a commit to the receipt, with `wake()`.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use inngest_core::Client;
use inngest_core::middleware::{Middleware, SentEvent};
use inngest_outbox::Relay;

use crate::Error;
use crate::database::{Bench, outbox};
use crate::sink::Sink;

/// Sends the time at which each receipt arrives.
struct ReceiptTimes(mpsc::Sender<Instant>);

impl Middleware for ReceiptTimes {
    fn after_send(&self, _events: &[SentEvent<'_>]) {
        let _ = self.0.send(Instant::now());
    }
}

pub(crate) async fn measure(bench: &Bench, sink: &Sink, is_quick: bool) -> Result<(), Error> {
    let rounds = if is_quick { 20 } else { 500 };
    let (sender, receipt_times) = mpsc::channel();
    let client = Client::builder()
        .dev(true)
        .base_url(sink.url())
        .middleware(ReceiptTimes(sender))
        .build()?;
    let relay = Relay::new(outbox(), bench.database(), client);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn({
        let relay = relay.clone();
        async move { relay.run_until(async { drop(stopped.await) }).await }
    });
    let mut times = Vec::new();
    for n in 0..rounds {
        bench.order(n, true).await?;
        let committed = Instant::now();
        relay.wake();
        let arrived =
            tokio::task::block_in_place(|| receipt_times.recv_timeout(Duration::from_secs(10)))?;
        times.push(arrived.saturating_duration_since(committed));
    }
    stop.send(()).map_err(|()| "the relay ended")?;
    running.await??;
    let [median, p99] = percentiles(&mut times);
    println!(
        "| {}: from commit to receipt with `wake()`, ms (median, 99th percentile) | {median:.2}, {p99:.2} |",
        bench.name()
    );
    Ok(())
}

/// The median and the 99th percentile in milliseconds.
pub(crate) fn percentiles(times: &mut [Duration]) -> [f64; 2] {
    times.sort();
    [50, 99].map(|percent| {
        let index = times.len() * percent / 100;
        times
            .get(index)
            .map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    })
}
