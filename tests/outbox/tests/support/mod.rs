//! An outbox in a fresh database, with helpers for tests.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test uses only some helpers"
)]

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use inngest_core::testing::EventServer;
use inngest_core::{Client, ClientBuilder, RawEvent, RetryPolicy};
use inngest_outbox::{Outbox, OutboxError, Relay, Status};
use outbox_tests::{TestDatabase, TestFile};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool, Row as _, SqlitePool};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The suffixes of the tables that are empty after all events were delivered.
pub const WORK: [&str; 4] = ["", "_requests", "_failed", "_uncertain"];

/// An outbox in its own database.
pub struct TestOutbox {
    pub outbox: Outbox,
    pub pool: Pool,
}

pub enum Pool {
    Postgres(PgPool, TestDatabase),
    Sqlite(SqlitePool, TestFile),
}

/// Calls a function with the pool, whichever database it has.
macro_rules! each {
    ($pool:expr, $it:ident => $call:expr) => {
        match $pool {
            Pool::Postgres($it, _) => $call,
            Pool::Sqlite($it, _) => $call,
        }
    };
}

impl TestOutbox {
    pub async fn postgres() -> Self {
        let database = outbox_tests::postgres().await.expect("the build found it");
        Self::on(database).await
    }

    pub async fn on(database: TestDatabase) -> Self {
        let pool = PgPool::connect(&database.url()).await.unwrap();
        Self::new(Pool::Postgres(pool, database)).await
    }

    pub async fn sqlite() -> Self {
        let file = outbox_tests::sqlite();
        let pool = SqlitePool::connect(&file.url()).await.unwrap();
        sqlx::query("PRAGMA journal_mode = WAL")
            .execute(&pool)
            .await
            .unwrap();
        Self::new(Pool::Sqlite(pool, file)).await
    }

    async fn new(pool: Pool) -> Self {
        ask_subscribers_each_time();
        let outbox = Outbox::new();
        each!(&pool, it => outbox.migrate(it).await).unwrap();
        Self { outbox, pool }
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self.pool, Pool::Postgres(..))
    }

    pub fn relay(&self, client: Client) -> Relay {
        self.relay_of(&self.outbox, client)
    }

    pub fn relay_of(&self, outbox: &Outbox, client: Client) -> Relay {
        let relay = each!(&self.pool, it => Relay::new(outbox.clone(), it, client));
        relay.idle_poll(Duration::from_millis(20))
    }

    /// Adds events in one transaction.
    pub async fn add(&self, events: &[RawEvent]) {
        let added = each!(&self.pool, pool => {
            let mut tx = pool.begin().await.unwrap();
            let added = self.outbox.add_many(&mut *tx, events).await;
            tx.commit().await.unwrap();
            added
        });
        added.unwrap();
    }

    /// Adds events in a transaction and rolls it back.
    pub async fn add_and_roll_back(&self, events: &[RawEvent]) {
        each!(&self.pool, pool => {
            let mut tx = pool.begin().await.unwrap();
            self.outbox.add_many(&mut *tx, events).await.unwrap();
            tx.rollback().await.unwrap();
        });
    }

    pub async fn status(&self) -> Status {
        each!(&self.pool, pool => self.outbox.status(pool).await).unwrap()
    }

    pub async fn execute(&self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.to_owned());
        each!(&self.pool, pool => sqlx::query(sql).execute(pool).await.unwrap().rows_affected())
    }

    /// Returns the strings that a query finds.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        each!(&self.pool, pool => {
            let rows = sqlx::query(sql).fetch_all(pool).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        })
    }

    /// The number of rows in the table with this suffix.
    pub async fn count(&self, suffix: &str) -> i64 {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM inngest_outbox{suffix}"));
        each!(&self.pool, pool => sqlx::query(sql).fetch_one(pool).await.unwrap().get(0))
    }

    /// The number of rows in the tables of pending events, requests, failed and uncertain events.
    pub async fn counts(&self) -> [i64; 4] {
        let mut counts = [0; 4];
        for (count, suffix) in counts.iter_mut().zip(WORK) {
            *count = self.count(suffix).await;
        }
        counts
    }

    /// Waits until the tables have these numbers of rows; see [`counts`](Self::counts).
    pub async fn wait_for(&self, expected: [i64; 4]) {
        let mut found = [0; 4];
        let held = outbox_tests::holds_within(Duration::from_secs(30), async || {
            found = self.counts().await;
            found == expected
        });
        assert!(held.await, "expected {expected:?}, found {found:?}");
    }

    /// Waits until all events are delivered.
    pub async fn wait_until_drained(&self) {
        self.wait_for([0, 0, 0, 0]).await;
    }

    /// Makes all requests older by this time, and ends their leases.
    pub async fn age_requests(&self, age: Duration) {
        let millis = age.as_millis();
        let sql = if self.is_postgres() {
            format!("sent_at = sent_at - {millis} * interval '1 ms', lease_until = now()")
        } else {
            format!("sent_at = sent_at - {millis}, lease_until = 0")
        };
        self.execute(&format!("UPDATE inngest_outbox_requests SET {sql}"))
            .await;
    }
}

/// A relay that runs in a task.
pub struct Running {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), OutboxError>>,
}

impl Running {
    pub fn new(relay: &Relay) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let relay = relay.clone();
        let task = tokio::spawn(async move {
            relay
                .run_until(async {
                    let _ = stopped.await;
                })
                .await
        });
        Self {
            stop: Some(stop),
            task,
        }
    }

    /// Shuts the relay down.
    pub async fn stop(mut self) {
        let _ = self.stop.take().unwrap().send(());
        (&mut self.task).await.unwrap().unwrap();
    }

    /// Ends the relay as a crash would: at its current await, without another statement.
    pub async fn crash(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A client without retries, so that the relay sees each failure.
pub fn client_builder(server: &EventServer) -> ClientBuilder {
    let builder = Client::builder().dev(true).base_url(server.url());
    builder.retry(RetryPolicy::none())
}

pub fn client(server: &EventServer) -> Client {
    client_builder(server).build().unwrap()
}

pub fn event(n: usize) -> RawEvent {
    RawEvent::new("shop/order.placed", json!({ "n": n }))
}

/// Events without ids, so that only their event ids protect them from running twice.
pub fn events(numbers: std::ops::Range<usize>) -> Vec<RawEvent> {
    numbers.map(event).collect()
}

/// The numbers of the received events that would have run a function without `batchEvents`, in order.
pub fn ran(server: &EventServer) -> Vec<u64> {
    let runs = server.runs();
    let numbers = runs.iter().map(|event| event.data["n"].as_u64().unwrap());
    numbers.collect()
}

/// Asserts that each of the events ran exactly once, in functions with and without `batchEvents`.
pub fn assert_ran_once(server: &EventServer, numbers: impl IntoIterator<Item = u64>) {
    let mut found = ran(server);
    found.sort_unstable();
    let expected: Vec<u64> = numbers.into_iter().collect();
    assert_eq!(found, expected);
    let counts = server.counts();
    assert_eq!(counts.batched_runs, expected.len(), "{counts:?}");
}

/// A port of 127.0.0.1 on which nothing listens.
pub fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Collects the log of this thread, one line for each message.
#[derive(Clone, Default)]
pub struct Lines {
    lines: Arc<Mutex<Vec<String>>>,
    has_traces: bool,
}

impl Lines {
    /// Also collects the traces of the outbox, which show each poll.
    pub fn with_traces() -> Self {
        Self {
            has_traces: true,
            ..Self::default()
        }
    }

    /// The collected lines. Without traces, these are the lines of level `INFO` and above.
    pub fn get(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

struct Fields(String);

impl tracing::field::Visit for Fields {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl tracing::Subscriber for Lines {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        let is_ours = metadata.target().starts_with("inngest");
        is_ours && (self.has_traces || *metadata.level() <= tracing::Level::INFO)
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields(event.metadata().level().to_string());
        event.record(&mut fields);
        self.lines.lock().unwrap().push(fields.0);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

/// Makes each log statement ask the subscriber of its thread each time. By default, `tracing` asks when a
/// statement is first reached. If another test reaches it just when a thread gets its subscriber, `tracing`
/// does not ask that subscriber, and the statement stays silent for it.
fn ask_subscribers_each_time() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Silent).unwrap());
}

/// The subscriber of threads that collect nothing.
struct Silent;

impl tracing::Subscriber for Silent {
    fn register_callsite(&self, _: &tracing::Metadata<'_>) -> tracing::subscriber::Interest {
        tracing::subscriber::Interest::sometimes()
    }

    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        false
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {}

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}
