//! Measures how many events per second relays send from a full outbox, and how much memory a relay uses.

use std::time::{Duration, Instant};

use inngest_outbox::Relay;

use crate::Error;
use crate::database::{Bench, outbox};
use crate::sink::Sink;

pub(crate) async fn measure(bench: &Bench, sink: &Sink, is_quick: bool) -> Result<(), Error> {
    let events = if is_quick { 2_000 } else { 200_000 };
    for relays in 1..=if is_quick { 1 } else { 4 } {
        let rate = drain(bench, sink, events, relays).await?;
        println!(
            "| {}: {events} events through {relays} relays, events per second | {rate:.0} |",
            bench.name()
        );
    }
    Ok(())
}

/// Fills the outbox, lets relays empty it, and returns the events per second.
async fn drain(bench: &Bench, sink: &Sink, events: i64, relays: usize) -> Result<f64, Error> {
    bench.fill(events).await?;
    if bench.is_postgres() {
        bench.run("VACUUM ANALYZE inngest_outbox").await?;
    }
    sink.counts()?;
    let started = Instant::now();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..relays {
        let relay = Relay::new(outbox(), bench.database(), sink.client()?);
        let mut stopped = stopped.clone();
        running.spawn(async move {
            let end = async move { drop(stopped.wait_for(|is_stopped| *is_stopped).await) };
            relay.run_until(end).await
        });
    }
    while !bench.is_empty().await? {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let elapsed = started.elapsed();
    stop.send(true)?;
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    let counts = sink.counts()?;
    if counts != (events, events) {
        return Err(format!("{events} events were added and {counts:?} arrived").into());
    }
    Ok(f64::from(u32::try_from(events)?) / elapsed.as_secs_f64())
}

/// Prints the memory of this process after a relay has emptied the outbox.
pub(crate) async fn measure_memory(
    bench: &Bench,
    sink: &Sink,
    is_quick: bool,
) -> Result<(), Error> {
    let sizes: &[i64] = if is_quick {
        &[1_000]
    } else {
        &[10_000, 100_000, 1_000_000]
    };
    for &events in sizes {
        drain(bench, sink, events, 1).await?;
        println!(
            "| {}: resident MB after {events} events | {:.1} |",
            bench.name(),
            resident_megabytes()?
        );
    }
    Ok(())
}

/// The resident memory of this process in megabytes.
fn resident_megabytes() -> Result<f64, Error> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .ok_or("no VmRSS")?;
    let kilobytes: u32 = line.split_whitespace().nth(1).ok_or("no VmRSS")?.parse()?;
    Ok(f64::from(kilobytes) / 1024.0)
}
