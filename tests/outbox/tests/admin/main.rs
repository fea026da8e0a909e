//! Administration while relays run, on real databases.

mod damage;

use std::time::Duration;

use inngest_core::testing::{EventServer, Fault};
use inngest_core::{Client, RawEvent, RetryPolicy};
use inngest_outbox::{Database, Outbox, OutboxError, Relay, RetryIds};
use outbox_tests::eventually;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

/// A fresh database with the tables of an outbox, and the value that keeps it alive.
struct Fresh {
    database: Database,
    _keeper: Box<dyn std::any::Any>,
}

/// A fresh database of each kind that is available.
async fn databases() -> Vec<Fresh> {
    let file = outbox_tests::sqlite();
    let pool = SqlitePool::connect(&file.url()).await.unwrap();
    let mut all = vec![Fresh {
        database: pool.into(),
        _keeper: Box::new(file),
    }];
    if let Some(server) = outbox_tests::postgres().await {
        let pool = PgPool::connect(&server.url()).await.unwrap();
        all.push(Fresh {
            database: pool.into(),
            _keeper: Box::new(server),
        });
    }
    for fresh in &all {
        Outbox::new().migrate(fresh.database.clone()).await.unwrap();
    }
    all
}

impl Fresh {
    async fn add(&self, event: RawEvent) {
        match &self.database {
            Database::Postgres(pool) => {
                let mut connection = pool.acquire().await.unwrap();
                Outbox::new().add(&mut *connection, event).await.unwrap();
            }
            Database::Sqlite(pool) => {
                let mut connection = pool.acquire().await.unwrap();
                Outbox::new().add(&mut *connection, event).await.unwrap();
            }
            _ => unreachable!("another database"),
        }
    }

    async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.database {
            Database::Postgres(pool) => {
                sqlx::raw_sql(sql).execute(pool).await.unwrap();
            }
            Database::Sqlite(pool) => {
                sqlx::raw_sql(sql).execute(pool).await.unwrap();
            }
            _ => unreachable!("another database"),
        }
    }

    /// Inserts failed events, named `a` and `b` in turn, that can be retried with the same ids.
    async fn fail(&self, events: u32) {
        let (numbers, now) = match &self.database {
            Database::Postgres(_) => (
                format!("generate_series(0, {events} - 1) AS numbers (n)"),
                "now()",
            ),
            _ => (
                format!(
                    "(WITH RECURSIVE numbers (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM numbers \
                     LIMIT {events}) SELECT n FROM numbers)"
                ),
                "0",
            ),
        };
        self.execute(&format!(
            "INSERT INTO inngest_outbox_failed (added_at, name, seed, body, error) \
             SELECT {now}, CASE n % 2 WHEN 0 THEN 'a' ELSE 'b' END, \
                 (1743130137367 + n) || ',eii2YKXRVTJPuA==', '{{\"name\":\"a\",\"data\":{{}}}}', 'why' \
             FROM {numbers} ORDER BY n"
        ))
        .await;
    }

    /// Runs the relay until the outbox is empty.
    async fn drain(&self, relay: &Relay) {
        let empty = async {
            let outbox = Outbox::new();
            while !outbox.is_empty(self.database.clone()).await.unwrap() {}
        };
        relay.run_until(empty).await.unwrap();
    }
}

fn order(number: u32) -> RawEvent {
    RawEvent::new("shop/order.placed", json!({"number": number})).id(format!("order-{number}"))
}

fn single_attempt_client(server: &EventServer) -> Client {
    let builder = Client::builder().dev(true).base_url(server.url());
    builder.retry(RetryPolicy::none()).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn uncertain_events_run_once_with_the_same_ids_and_again_with_new_ones() {
    for fresh in databases().await {
        let server = EventServer::start().unwrap();
        let outbox = Outbox::new();
        // The server accepts the events, and does not answer before the resend window ends.
        server.inject(Fault::late(Duration::from_mins(5)));
        for number in 0..2 {
            fresh.add(order(number)).await;
        }
        let relay = |window| {
            let client = single_attempt_client(&server);
            Relay::new(outbox.clone(), fresh.database.clone(), client).resend_window(window)
        };
        let first = relay(Duration::from_millis(1_500));
        fresh.drain(&first).await;
        assert_eq!((first.counts().delivered, first.counts().uncertain), (0, 2));
        assert_eq!((server.events().len(), server.runs().len()), (2, 2));

        let uncertain = outbox.uncertain(fresh.database.clone());
        let listed = uncertain.list().await.unwrap();
        let dedup_ids: Vec<_> = listed
            .iter()
            .map(|event| event.dedup_id.as_deref())
            .collect();
        assert_eq!(dedup_ids, [Some("order-1"), Some("order-0")]);
        assert!(listed.iter().all(|event| event.sent_at.is_some()));
        assert!(!format!("{listed:?}").contains("number"));

        let second = relay(Duration::from_mins(30));
        let one = uncertain.clone().ids([listed[0].id]);
        assert_eq!(one.retry(RetryIds::Same).await.unwrap().events, 1);
        fresh.drain(&second).await;
        assert_eq!((server.events().len(), server.runs().len()), (3, 2));
        let resent = server.events().pop().unwrap();
        assert_eq!(listed[0].event_id, Some(resent.event_id.to_string()));
        assert!(server.batched_duplicates().is_empty());

        assert_eq!(uncertain.retry(RetryIds::New).await.unwrap().events, 1);
        fresh.drain(&second).await;
        assert_eq!((server.events().len(), server.runs().len()), (4, 3));
        let again = server.events().pop().unwrap();
        let id = again.id.as_deref().unwrap();
        assert!(id.starts_with("order-0-retry-"), "{id}");
        assert_eq!(again.data["number"], 0);
        assert!(uncertain.list().await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_retries_put_each_event_back_once() {
    for fresh in databases().await {
        fresh.fail(750).await;
        let outbox = Outbox::new();
        let failed = outbox.failed(fresh.database.clone());
        let all = tokio::join!(
            failed.retry(RetryIds::Same),
            failed.retry(RetryIds::New),
            failed.retry(RetryIds::Same),
        );
        let all = [all.0, all.1, all.2].map(|changed| changed.unwrap().events);
        assert_eq!(all.iter().sum::<u64>(), 750, "{all:?}");
        let status = outbox.status(fresh.database.clone()).await.unwrap();
        assert_eq!((status.pending, status.failed), (750, 0));
        assert_eq!(failed.retry(RetryIds::Same).await.unwrap().events, 0);
        assert_eq!(failed.discard().await.unwrap().events, 0);

        // Each event has its own seed or a new one.
        let server = EventServer::start().unwrap();
        let client = single_attempt_client(&server);
        fresh
            .drain(&Relay::new(outbox, fresh.database.clone(), client))
            .await;
        assert_eq!((server.events().len(), server.runs().len()), (750, 750));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn selections_filter_by_name_number_and_limit() {
    for fresh in databases().await {
        fresh.fail(10).await;
        let outbox = Outbox::new();
        let failed = || outbox.failed(fresh.database.clone());
        let list = async |selection: inngest_outbox::Selection| {
            let events = selection.list().await.unwrap();
            events.iter().map(|event| event.id).collect::<Vec<_>>()
        };
        assert_eq!(list(failed().limit(3)).await, [10, 9, 8]);
        assert_eq!(list(failed().name("a").limit(2)).await, [9, 7]);
        assert_eq!(list(failed().ids([2, 3, 99])).await, [3, 2]);
        assert_eq!(list(failed().ids([2, 3]).name("b")).await, [2]);
        assert!(list(failed().ids([])).await.is_empty());

        let changed = failed().ids([2, 3, 99, -1]).discard().await.unwrap();
        assert_eq!((changed.events, changed.unknown), (2, vec![-1, 99]));
        let changed = failed().ids([1, 4]).name("b").discard().await.unwrap();
        assert_eq!((changed.events, changed.unknown), (1, vec![]));
        let changed = failed().ids([1, 4, 5]).limit(1).discard().await.unwrap();
        assert_eq!((changed.events, changed.unknown), (1, vec![4]));
        assert_eq!(failed().limit(2).discard().await.unwrap().events, 2);
        assert_eq!(failed().name("a").discard().await.unwrap().events, 2);
        assert_eq!(list(failed()).await, [8, 6]);
        assert_eq!(failed().ids([]).discard().await.unwrap().events, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_delivered_events_are_pruned_in_steps() {
    for fresh in databases().await {
        let (old, new, numbers) = match &fresh.database {
            Database::Postgres(_) => (
                "now() - interval '2 hours'",
                "now()",
                "generate_series(1, 2500)",
            ),
            _ => (
                "unixepoch() * 1000 - 7200000",
                "unixepoch() * 1000",
                "(WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n LIMIT 2500) SELECT n FROM n)",
            ),
        };
        for (time, limit) in [(old, 2_500), (new, 3)] {
            fresh
                .execute(&format!(
                    "INSERT INTO inngest_outbox_delivered (delivered_at, added_at, name, body) \
                     SELECT {time}, {time}, 'a', '' FROM {numbers} LIMIT {limit}"
                ))
                .await;
        }
        let outbox = Outbox::new();
        let hour = Duration::from_hours(1);
        let pruned = tokio::join!(
            outbox.prune(fresh.database.clone(), hour),
            outbox.prune(fresh.database.clone(), hour),
        );
        assert_eq!(pruned.0.unwrap() + pruned.1.unwrap(), 2_500);
        assert_eq!(outbox.prune(fresh.database.clone(), hour).await.unwrap(), 0);
        let status = outbox.status(fresh.database.clone()).await.unwrap();
        assert_eq!(status.delivered, 3);
        // Nothing is so old.
        for age in [
            Duration::MAX,
            Duration::from_millis(i64::MAX.unsigned_abs()),
        ] {
            assert_eq!(outbox.prune(fresh.database.clone(), age).await.unwrap(), 0);
        }
    }
}

/// While the server is down, the status says which events are held back, and why.
#[tokio::test(flavor = "multi_thread")]
async fn the_status_of_an_outage_says_what_fails() {
    for fresh in databases().await {
        let server = EventServer::start().unwrap();
        let outbox = Outbox::new();
        let status = async || outbox.status(fresh.database.clone()).await.unwrap();
        for (number, fault, text) in [
            (1, Fault::status(503), "503"),
            // The server may have the events.
            (2, Fault::close(), "connection"),
        ] {
            server.inject(fault.always());
            fresh.add(order(number)).await;
            let client = single_attempt_client(&server);
            let relay = Relay::new(outbox.clone(), fresh.database.clone(), client);
            let mut during = None;
            relay
                .run_until(async {
                    eventually("the status says why", async || {
                        during = Some(status().await);
                        during.as_ref().is_some_and(|status| status.held_back == 1)
                    })
                    .await;
                })
                .await
                .unwrap();
            let during = during.unwrap();
            assert_eq!((during.pending, during.in_flight), (0, 1));
            let error = during.last_error.unwrap();
            assert!(error.contains(text), "{error}");
            // The relay has ended, and the next one has not yet started.
            let after = status().await;
            assert_eq!((after.pending, after.in_flight, after.held_back), (1, 0, 0));
            assert_eq!(after.last_error, Some(error));
            server.clear_faults();
            let client = single_attempt_client(&server);
            fresh
                .drain(&Relay::new(outbox.clone(), fresh.database.clone(), client))
                .await;
            let end = status().await;
            assert_eq!((end.held_back, end.last_error), (0, None));
        }
        assert!(server.batched_duplicates().is_empty());
    }
}

#[tokio::test]
async fn an_outbox_in_an_attached_database_works() {
    let (main, attached) = (outbox_tests::sqlite(), outbox_tests::sqlite());
    let attach = format!("ATTACH '{}' AS shop", attached.path().display());
    let pool = sqlx::sqlite::SqlitePoolOptions::new()
        .after_connect(move |connection, _| {
            let attach = AssertSqlSafe(attach.clone());
            Box::pin(async move { sqlx::raw_sql(attach).execute(connection).await.map(|_| ()) })
        })
        .connect(&main.url())
        .await
        .unwrap();
    let outbox = Outbox::new().table("shop.outbox");
    for _ in 0..2 {
        outbox.migrate(&pool).await.unwrap();
    }
    let mut connection = pool.acquire().await.unwrap();
    outbox.add(&mut *connection, order(1)).await.unwrap();
    drop(connection);
    assert_eq!(outbox.status(&pool).await.unwrap().pending, 1);
    let server = EventServer::start().unwrap();
    let relay = Relay::new(outbox.clone(), &pool, single_attempt_client(&server))
        .keep_delivered(Duration::from_hours(1));
    relay
        .run_until(async { while !outbox.is_empty(&pool).await.unwrap() {} })
        .await
        .unwrap();
    assert_eq!(outbox.status(&pool).await.unwrap().delivered, 1);
    assert_eq!(
        outbox.prune(&pool, Duration::from_hours(1)).await.unwrap(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_counts_requests_in_flight_and_released_ones() {
    for fresh in databases().await {
        let server = EventServer::start().unwrap();
        server.inject(Fault::late(Duration::from_mins(5)));
        let outbox = Outbox::new();
        fresh.add(order(1)).await;
        let before = outbox.status(fresh.database.clone()).await.unwrap();
        assert_eq!((before.pending, before.in_flight), (1, 0));
        assert!(before.oldest.is_some() && !before.is_empty());
        let client = single_attempt_client(&server);
        let relay = Relay::new(outbox.clone(), fresh.database.clone(), client)
            .lease(Duration::from_secs(1))
            .shutdown_timeout(Duration::ZERO);
        let (received, wait) = ((*server).clone(), Duration::from_mins(1));
        let accepted = tokio::task::spawn_blocking(move || {
            received.wait_until(wait, |server| server.events().len() == 1)
        });
        let mut in_flight = None;
        relay
            .run_until(async {
                assert!(accepted.await.unwrap());
                in_flight = Some(outbox.status(fresh.database.clone()).await.unwrap());
            })
            .await
            .unwrap();
        let in_flight = in_flight.unwrap();
        assert_eq!((in_flight.pending, in_flight.in_flight), (0, 1));
        assert!(in_flight.oldest >= before.oldest);
        // The relay released its request.
        let after = outbox.status(fresh.database.clone()).await.unwrap();
        assert_eq!((after.pending, after.in_flight), (1, 0));
        let client = single_attempt_client(&server);
        fresh
            .drain(&Relay::new(outbox.clone(), fresh.database.clone(), client))
            .await;
        let end = outbox.status(fresh.database.clone()).await.unwrap();
        assert!(end.is_empty() && end.oldest.is_none());
        assert!(end.rate_since(&before).unwrap() > 0.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_name_missing_tables() {
    for fresh in databases().await {
        let other = Outbox::new().table("other");
        let database = || fresh.database.clone();
        let errors = [
            other.status(database()).await.unwrap_err(),
            other.is_empty(database()).await.unwrap_err(),
            other.failed(database()).list().await.unwrap_err(),
            other.uncertain(database()).discard().await.unwrap_err(),
            other
                .failed(database())
                .retry(RetryIds::New)
                .await
                .unwrap_err(),
            other.prune(database(), Duration::ZERO).await.unwrap_err(),
        ];
        for error in errors {
            assert!(
                matches!(&error, OutboxError::NoTable { table } if table == "other"),
                "{error}"
            );
        }
    }
}
