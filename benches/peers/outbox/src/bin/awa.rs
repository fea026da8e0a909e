//! Sends events as jobs of `awa`.
//!
//! It uses the default storage. Jobs have no deadline, as in the throughput measurement of `awa` itself,
//! so that it can record many claims in one row. Of 50, 128, 400 and 1,000 jobs at a time, 400 are
//! fastest.

use std::time::Duration;

use awa::{Client, InsertOpts, JobArgs, JobContext, JobError, JobResult, QueueConfig};
use outbox_peers::{Error, Event, GROUP, Run, event};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize, JobArgs)]
struct SendEvent {
    event: Event,
}

fn client(run: &Run, max_workers: u32) -> Result<Client, Error> {
    let sender = run.sender();
    let config = QueueConfig {
        max_workers,
        poll_interval: Duration::from_millis(50),
        deadline_duration: Duration::ZERO,
        ..QueueConfig::default()
    };
    let client = Client::builder(run.pool.clone())
        .queue("events", config)
        .register::<SendEvent, _, _>(move |job: SendEvent, _: &JobContext| {
            let sender = sender.clone();
            async move {
                sender
                    .send(&job.event)
                    .await
                    .map_err(JobError::retryable_msg)?;
                Ok(JobResult::Completed)
            }
        })
        .build()?;
    Ok(client)
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Error> {
    let run = Run::new("awa").await?;
    let max_workers = u32::try_from(run.parallel.unwrap_or(400))?;
    awa::migrations::run(&run.pool).await?;
    // The first start on an empty database chooses the storage, so it comes before the jobs.
    let first = client(&run, max_workers)?;
    first.start().await?;
    first.shutdown(Duration::from_secs(10)).await;
    let options = InsertOpts {
        queue: "events".to_owned(),
        ..InsertOpts::default()
    };
    for first in (0..run.events).step_by(GROUP) {
        let group = first..run.events.min(first + GROUP);
        let jobs = group
            .map(|n| {
                let job = SendEvent { event: event(n) };
                awa::model::insert::params_with(&job, options.clone())
            })
            .collect::<Result<Vec<_>, _>>()?;
        awa::insert_many_copy_from_pool(&run.pool, &jobs).await?;
    }
    let client = client(&run, max_workers)?;
    let started = run.start().await?;
    client.start().await?;
    run.wait(started).await?;
    client.shutdown(Duration::from_secs(10)).await;
    run.remove().await
}
