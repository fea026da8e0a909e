//! Sends events from an outbox of `outbox-core` on `outbox-postgres`.
//!
//! It is set up as its documentation shows, but with batches of 1,000 instead of 100. A manager publishes
//! one event after another, so several run at a time, as the documentation of `outbox-postgres` allows. Of
//! 1, 2, 4, 8 and 16 managers, 4 and 8 are fastest.

use std::sync::Arc;

use outbox_core::prelude::{
    OutboxConfig, OutboxError, OutboxManagerBuilder, OutboxService, Transport,
};
use outbox_peers::{Error, Event, GROUP, Run, Sender, event};
use outbox_postgres::{PostgresOutbox, PostgresWriter};
use tokio::sync::watch;

/// The table, as in the documentation of `outbox-postgres`.
const TABLE: &str = "
CREATE TYPE status AS ENUM ('Pending', 'Processing', 'Sent');
CREATE TABLE outbox_events (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    idempotency_token text DEFAULT NULL,
    event_type text NOT NULL,
    payload jsonb NOT NULL,
    status status NOT NULL DEFAULT 'Pending',
    created_at timestamptz NOT NULL DEFAULT now(),
    locked_until timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE INDEX idx_outbox_processing_queue ON outbox_events (locked_until ASC, status)
    WHERE status IN ('Pending', 'Processing');
CREATE UNIQUE INDEX idx_outbox_idempotency ON outbox_events (idempotency_token);
CREATE FUNCTION notify_outbox_event() RETURNS trigger AS $$
BEGIN
    PERFORM pg_notify('outbox_event', 'ping');
    RETURN new;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER outbox_events_notify_trigger AFTER INSERT OR UPDATE ON outbox_events
    FOR EACH ROW EXECUTE FUNCTION notify_outbox_event();
";

struct Publisher(Sender);

#[async_trait::async_trait]
impl Transport<Event> for Publisher {
    async fn publish(&self, event: outbox_core::Event<Event>) -> Result<(), OutboxError> {
        let sent = self.0.send(event.payload.as_value()).await;
        sent.map_err(|error| OutboxError::InfrastructureError(error.to_string()))
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Error> {
    let run = Run::new("outbox_core").await?;
    sqlx::raw_sql(TABLE).execute(&run.pool).await?;
    let mut config = OutboxConfig::<Event>::default();
    config.batch_size = 1_000;
    let config = Arc::new(config);
    let service = OutboxService::new(Arc::new(PostgresWriter), Arc::clone(&config));
    for first in (0..run.events).step_by(GROUP) {
        let mut tx = run.pool.begin().await?;
        for n in first..run.events.min(first + GROUP) {
            let event = event(n);
            let name = event.name.clone();
            service.add_event(&name, event, None, &mut *tx).await?;
        }
        tx.commit().await?;
    }
    let started = run.start().await?;
    let (shutdown, is_shut_down) = watch::channel(false);
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..run.parallel.unwrap_or(4) {
        let manager = OutboxManagerBuilder::new()
            .storage(Arc::new(PostgresOutbox::new(
                run.pool.clone(),
                Arc::clone(&config),
            )))
            .publisher(Arc::new(Publisher(run.sender())))
            .config(Arc::clone(&config))
            .shutdown_rx(is_shut_down.clone())
            .build()?;
        running.spawn(manager.run());
    }
    run.wait(started).await?;
    shutdown.send(true)?;
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    run.remove().await
}
