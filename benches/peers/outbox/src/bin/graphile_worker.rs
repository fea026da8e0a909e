//! Sends events as jobs of `graphile_worker`.
//!
//! The options come from "Throughput-oriented worker" in its guide, with the local queue of its own measurement
//! of 200,000 jobs (`benches/perf_test.rs`). From 16 to 128 jobs at a time, the rate is about the same; with 500,
//! as in that measurement, it is half.

use std::sync::Arc;
use std::time::Duration;

use graphile_worker::{
    IntoTaskHandlerResult, JobSpec, LocalQueueConfig, TaskHandler, WorkerContext, WorkerOptions,
};
use outbox_peers::{Error, Event, GROUP, Run, Sender, event};
use serde::{Deserialize, Serialize};

#[derive(Clone, Deserialize, Serialize)]
struct SendEvent(Event);

impl TaskHandler for SendEvent {
    const IDENTIFIER: &'static str = "send_event";

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let sender = ctx
            .get_ext::<Sender>()
            .ok_or_else(|| "no sender".to_owned())?;
        let sent = sender.send(&self.0).await;
        sent.map_err(|error| error.to_string())
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Error> {
    let run = Run::new("graphile_worker").await?;
    let worker = WorkerOptions::default()
        .database_url(&run.database_url)
        .max_pg_conn(32)
        .concurrency(run.parallel.unwrap_or(32))
        .poll_interval(Duration::from_millis(500))
        .complete_job_batch_delay(Duration::from_millis(5))
        .fail_job_batch_delay(Duration::from_millis(5))
        .local_queue(LocalQueueConfig::default().with_size(5_000))
        .add_extension(run.sender())
        .define_job::<SendEvent>()
        .init()
        .await?;
    let utils = worker.create_utils();
    let spec = JobSpec::default();
    for first in (0..run.events).step_by(GROUP) {
        let group = first..run.events.min(first + GROUP);
        let jobs: Vec<_> = group.map(|n| (SendEvent(event(n)), &spec)).collect();
        utils.add_jobs::<SendEvent>(&jobs).await?;
    }
    let started = run.start().await?;
    let worker = Arc::new(worker);
    let running = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move { worker.run().await }
    });
    run.wait(started).await?;
    worker.request_shutdown();
    running.await??;
    run.remove().await
}
