//! Measures how long a claim takes while an old snapshot keeps 300,000 deleted rows in the table.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use inngest_outbox::Relay;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::Error;
use crate::database::{Bench, outbox};
use crate::latency::percentiles;
use crate::sink::Sink;

/// Collects the times that the relay logs for its claims.
#[derive(Clone, Default)]
struct Claims(Arc<Mutex<Vec<Duration>>>);

impl Claims {
    fn take(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: tracing::Subscriber> Layer<S> for Claims {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Micros(Option<u128>);

        impl Visit for Micros {
            fn record_u128(&mut self, field: &Field, value: u128) {
                if field.name() == "micros" {
                    self.0 = Some(value);
                }
            }

            fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
        }

        let mut micros = Micros(None);
        event.record(&mut micros);
        if let Some(micros) = micros.0.and_then(|micros| u64::try_from(micros).ok()) {
            let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            times.push(Duration::from_micros(micros));
        }
    }
}

pub(crate) async fn measure(bench: &Bench, sink: &Sink, is_quick: bool) -> Result<(), Error> {
    let (dead, claims) = if is_quick {
        (2_000, 20)
    } else {
        (300_000, 1_000)
    };
    let Bench::Postgres(pool) = bench else {
        return Ok(());
    };
    let times = Claims::default();
    let subscriber = tracing_subscriber::registry().with(times.clone());
    tracing::subscriber::set_global_default(subscriber)?;

    let mut snapshot = pool
        .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ")
        .await?;
    sqlx::query("SELECT count(*) FROM orders")
        .execute(&mut *snapshot)
        .await?;
    // The transaction also writes, and stays open.
    sqlx::query("INSERT INTO orders (id) VALUES (1)")
        .execute(&mut *snapshot)
        .await?;
    bench.fill(dead).await?;
    bench.run("DELETE FROM inngest_outbox").await?;

    let relay = Relay::new(outbox(), bench.database(), sink.client()?);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn({
        let relay = relay.clone();
        async move { relay.run_until(async { drop(stopped.await) }).await }
    });
    let mut all = Vec::new();
    let mut n = 0;
    while all.len() < claims {
        bench.order(n, true).await?;
        relay.wake();
        tokio::time::sleep(Duration::from_millis(5)).await;
        all.extend(times.take());
        n += 1;
    }
    stop.send(()).map_err(|()| "the relay ended")?;
    running.await??;
    snapshot.rollback().await?;
    let longest = all.iter().max().copied().unwrap_or_default();
    let [median, p99] = percentiles(&mut all);
    println!(
        "| {}: a claim with {dead} dead rows, ms (median, 99th percentile, longest) | {median:.2}, {p99:.2}, \
         {:.2} |",
        bench.name(),
        longest.as_secs_f64() * 1e3,
    );
    Ok(())
}
