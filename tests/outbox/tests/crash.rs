//! Kills the processes that add and send events, and the database. Each committed event must run once.
//!
//! `INNGEST_CRASH_ROWS` sets the number of orders, 20,000 by default, and `INNGEST_CRASH_SEED` the random
//! seed. Even with the same seed, the exact moments of the kills differ; the result must not.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use inngest_core::testing::{EventServer, Fault};
use inngest_outbox::Outbox;
use outbox_tests::{Cluster, Random, eventually, holds_within};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{PgPool, Row as _, SqlitePool};

const WRITERS: usize = 3;
const RELAYS: usize = 4;

/// The smallest number of relays that the test kills or stops.
const KILLS: usize = 12;

/// Whether the server refuses the event of this order.
fn is_refused(order: i64) -> bool {
    order % 500 == 7
}

fn env_number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

enum Database {
    Postgres(PgPool, Cluster),
    Sqlite(SqlitePool, outbox_tests::TestFile),
}

impl Database {
    fn url(&self) -> String {
        match self {
            Self::Postgres(_, cluster) => cluster.url(),
            Self::Sqlite(_, file) => file.url(),
        }
    }

    /// The numbers that a query returns, or `None` if the database does not answer.
    async fn numbers(&self, sql: &'static str) -> Option<Vec<i64>> {
        Some(match self {
            Self::Postgres(pool, _) => {
                let rows = sqlx::query(sql).fetch_all(pool).await.ok()?;
                rows.iter().map(|row| row.get(0)).collect()
            }
            Self::Sqlite(pool, _) => {
                let rows = sqlx::query(sql).fetch_all(pool).await.ok()?;
                rows.iter().map(|row| row.get(0)).collect()
            }
        })
    }

    async fn has_orders(&self, orders: i64) -> bool {
        let count = self.numbers("SELECT count(*) FROM orders").await;
        count.is_some_and(|count| count[0] >= orders)
    }

    async fn is_drained(&self) -> bool {
        let left = "SELECT (SELECT count(*) FROM inngest_outbox) + (SELECT count(*) FROM inngest_outbox_requests)";
        self.numbers(left).await == Some(vec![0])
    }
}

/// A process that is killed when the value is dropped.
struct Worker(Child);

impl Worker {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crash_worker"));
        let command = command.args(arguments).stdin(Stdio::null());
        Self(command.spawn().unwrap())
    }

    /// Sends a signal: `-STOP` stops the process as if the computer were suspended, `-CONT` lets it continue.
    fn signal(&self, signal: &str) {
        let id = self.0.id().to_string();
        let status = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(status.success());
    }

    fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Crashes {
    database: Database,
    server: EventServer,
    random: Random,
    writers: Vec<Worker>,
    relays: Vec<Worker>,
    /// The first number for the next writer's orders.
    next_orders: i64,
}

impl Crashes {
    fn new(database: Database) -> Self {
        let seed = env_number("INNGEST_CRASH_SEED").unwrap_or_else(|| getrandom::u64().unwrap());
        eprintln!("INNGEST_CRASH_SEED={seed}");
        let server = EventServer::builder().keep_events(usize::MAX);
        let server = server.start().unwrap();
        server.refuse(|event| {
            let order = event.data["n"].as_i64()?;
            is_refused(order).then(|| format!("order {order} is refused"))
        });
        server.inject_at_random(30, Some(seed));
        // Some answers come after the lease of a stopped relay has ended.
        let is_late = |request: &inngest_core::testing::FaultRequest<'_>| request.index % 60 == 59;
        server.inject(
            Fault::late(Duration::from_millis(1_500))
                .always()
                .when(is_late),
        );
        let mut crashes = Self {
            database,
            server,
            random: Random::new(seed),
            writers: Vec::new(),
            relays: Vec::new(),
            next_orders: 0,
        };
        for _ in 0..WRITERS {
            let writer = crashes.writer();
            crashes.writers.push(writer);
        }
        for _ in 0..RELAYS {
            let relay = crashes.relay();
            crashes.relays.push(relay);
        }
        crashes
    }

    fn writer(&mut self) -> Worker {
        let first = self.next_orders;
        self.next_orders += 10_000_000;
        let seed = self.random.below(u64::MAX);
        let url = self.database.url();
        Worker::start(&["write", &url, &first.to_string(), &seed.to_string()])
    }

    fn relay(&self) -> Worker {
        Worker::start(&["relay", &self.database.url(), &self.server.url()])
    }

    fn random_relay(&mut self) -> usize {
        usize::try_from(self.random.below(RELAYS as u64)).unwrap()
    }

    /// Kills relays, writers and sometimes the database, until there are enough orders.
    async fn run(&mut self, orders: i64) {
        let mut database_kills = 0;
        let mut kills = 0;
        while kills < KILLS || database_kills < 2 || !self.database.has_orders(orders).await {
            let moment = Duration::from_millis(500 + self.random.below(1_000));
            holds_within(moment, async || false).await;
            let victim = self.random_relay();
            if kills % 4 == 3 {
                self.relays[victim].signal("-STOP");
                holds_within(Duration::from_millis(1_700), async || false).await;
                self.relays[victim].signal("-CONT");
            } else {
                let relay = self.relay();
                assert!(self.relays[victim].is_running(), "a relay ended by itself");
                self.relays[victim] = relay;
            }
            kills += 1;
            if self.random.percent(30) {
                let writer = self.writer();
                let victim = usize::try_from(self.random.below(WRITERS as u64)).unwrap();
                assert!(
                    self.writers[victim].is_running(),
                    "a writer ended by itself"
                );
                self.writers[victim] = writer;
            }
            if kills % 5 == 4 && database_kills < 2 {
                database_kills += 1;
                if let Database::Postgres(_, cluster) = &mut self.database {
                    cluster.kill();
                    cluster.restart();
                }
            }
        }
        self.writers.clear();
    }

    /// Waits until every event is sent, and checks the results.
    async fn verify(&mut self) {
        let started = Instant::now();
        eventually("all events are sent", async || {
            self.database.is_drained().await
        })
        .await;
        for relay in &mut self.relays {
            assert!(relay.is_running(), "a relay ended by itself");
        }
        let drained_in = started.elapsed();
        let database = &self.database;
        let numbers = async |sql| database.numbers(sql).await.unwrap();
        let orders: BTreeSet<_> = numbers("SELECT n FROM orders").await.into_iter().collect();
        let counts = self.server.counts();
        let failed = match &self.database {
            Database::Postgres(..) => {
                "SELECT (body::json -> 'data' ->> 'n')::bigint FROM inngest_outbox_failed"
            }
            Database::Sqlite(..) => "SELECT body ->> '$.data.n' FROM inngest_outbox_failed",
        };
        let failed = numbers(failed).await;
        eprintln!(
            "{} orders, {counts:?}, {} failed, drained in {drained_in:?}",
            orders.len(),
            failed.len()
        );
        assert_eq!(
            numbers("SELECT count(*) FROM inngest_outbox_uncertain").await,
            [0]
        );

        let runs = self.server.runs();
        let ran: BTreeSet<_> = runs
            .iter()
            .map(|event| event.data["n"].as_i64().unwrap())
            .collect();
        let (refused, good): (BTreeSet<_>, BTreeSet<_>) =
            orders.iter().copied().partition(|order| is_refused(*order));
        let lost: Vec<_> = good.difference(&ran).take(5).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
        let unexpected: Vec<_> = ran.difference(&good).take(5).collect();
        assert!(
            unexpected.is_empty(),
            "ran although rolled back or refused: {unexpected:?}"
        );
        assert_eq!(counts.runs, good.len(), "an event ran under two event ids");
        assert_eq!(
            counts.batched_runs,
            good.len(),
            "an event ran twice in a batch"
        );
        assert_eq!(failed.len(), refused.len(), "each refused event fails once");
        assert_eq!(failed.into_iter().collect::<BTreeSet<_>>(), refused);
        // Otherwise no event was sent twice, and the test proves nothing.
        assert!(counts.events > counts.runs);
    }
}

async fn survives_crashes(database: Database) {
    let orders = env_number("INNGEST_CRASH_ROWS").unwrap_or(20_000);
    let mut crashes = Crashes::new(database);
    crashes.run(i64::try_from(orders).unwrap()).await;
    crashes.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(cluster), ignore = "initdb is not available")]
async fn each_committed_event_runs_once_on_postgres() {
    // The test kills the server.
    let cluster = Cluster::start().expect("the build found initdb");
    let pool = PgPoolOptions::new().max_connections(2);
    let pool = pool.connect(&cluster.url()).await.unwrap();
    Outbox::new().migrate(&pool).await.unwrap();
    let create = sqlx::query("CREATE TABLE orders (n bigint PRIMARY KEY)");
    create.execute(&pool).await.unwrap();
    survives_crashes(Database::Postgres(pool, cluster)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_committed_event_runs_once_on_sqlite() {
    let file = outbox_tests::sqlite();
    let pool = SqlitePoolOptions::new().max_connections(2);
    let pool = pool.connect(&file.url()).await.unwrap();
    let wal = sqlx::query("PRAGMA journal_mode = WAL");
    wal.execute(&pool).await.unwrap();
    Outbox::new().migrate(&pool).await.unwrap();
    let create = sqlx::query("CREATE TABLE orders (n INTEGER PRIMARY KEY)");
    create.execute(&pool).await.unwrap();
    survives_crashes(Database::Sqlite(pool, file)).await;
}
