//! Measures how many transactions per second insert a row, with and without an event.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use crate::Error;
use crate::database::Bench;

const CLIENTS: usize = 16;

pub(crate) async fn measure(bench: &Bench, is_quick: bool) -> Result<(), Error> {
    let (rounds, time) = if is_quick { (1, 200) } else { (7, 2_000) };
    let time = Duration::from_millis(time);
    let mut ratios = Vec::new();
    let mut rates = (0.0, 0.0);
    for _ in 0..rounds {
        let before = rate(bench, false, time).await?;
        let with = rate(bench, true, time).await?;
        let after = rate(bench, false, time).await?;
        let without = f64::midpoint(before, after);
        ratios.push(with / without);
        rates = (with, without);
        bench
            .run("DELETE FROM inngest_outbox; DELETE FROM orders")
            .await?;
        if bench.is_postgres() {
            bench.run("VACUUM inngest_outbox").await?;
            bench.run("VACUUM orders").await?;
        }
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(ratios.len() / 2).copied().unwrap_or_default();
    println!(
        "| {}: transactions with `add`, × without (16 clients, median of {rounds}) | {median:.2} ({:.2} to \
         {:.2}; last {:.0} and {:.0} per second) |",
        bench.name(),
        ratios.first().copied().unwrap_or_default(),
        ratios.last().copied().unwrap_or_default(),
        rates.0,
        rates.1,
    );
    Ok(())
}

/// The transactions per second of 16 clients.
async fn rate(bench: &Bench, with_event: bool, time: Duration) -> Result<f64, Error> {
    let next = Arc::new(AtomicI64::new(0));
    let started = Instant::now();
    let client = || async {
        while started.elapsed() < time {
            let n = next.fetch_add(1, Ordering::Relaxed);
            bench.order(n, with_event).await?;
        }
        Ok::<_, Error>(())
    };
    let clients: Vec<_> = (0..CLIENTS).map(|_| client()).collect();
    for result in futures_util::future::join_all(clients).await {
        result?;
    }
    let count = u32::try_from(next.load(Ordering::Relaxed))?;
    Ok(f64::from(count) / started.elapsed().as_secs_f64())
}
