//! Cases that only Postgres has: transactions that commit late, and settings of the server.
#![cfg(postgres)]

use std::time::Duration;

use inngest_core::testing::EventServer;
use inngest_outbox::Outbox;
use outbox_tests::{Cluster, eventually};
use sqlx::{AssertSqlSafe, Executor as _, PgPool, Postgres, Row as _, Transaction};
use support::{Pool, Running, TestOutbox, assert_ran_once, client, event, events};

mod support;

fn pool(test: &TestOutbox) -> &PgPool {
    match &test.pool {
        Pool::Postgres(pool, _) => pool,
        Pool::Sqlite(..) => unreachable!("the test is on Postgres"),
    }
}

async fn begin(pool: &PgPool, level: &str) -> Transaction<'static, Postgres> {
    let begin = format!("BEGIN ISOLATION LEVEL {level}");
    pool.begin_with(AssertSqlSafe(begin)).await.unwrap()
}

#[tokio::test]
async fn events_of_transactions_that_commit_late_are_sent() {
    let test = TestOutbox::postgres().await;
    let server = EventServer::start().unwrap();
    let relay = Running::new(&test.relay(client(&server)));
    let mut open = Vec::new();
    for (index, level) in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]
        .into_iter()
        .enumerate()
    {
        let mut tx = begin(pool(&test), level).await;
        test.outbox.add(&mut *tx, event(index)).await.unwrap();
        open.push(tx);
        // A relay passes the open transaction.
        let started = std::time::Instant::now();
        test.add(&[event(index + 10)]).await;
        eventually("the later event is sent", async || {
            server.counts().events == index * 3 + 1
        })
        .await;
        let mut first = open.remove(0);
        // A savepoint does not change the transaction id in the row.
        for (number, end) in [(20, "ROLLBACK TO s"), (30, "RELEASE s")] {
            first.execute("SAVEPOINT s").await.unwrap();
            let event = event(index + number);
            test.outbox.add(&mut *first, event).await.unwrap();
            first.execute(end).await.unwrap();
        }
        first.commit().await.unwrap();
        eventually("the earlier events are sent", async || {
            server.counts().events == index * 3 + 3
        })
        .await;
        // Too soon for the sweep, which comes every 15 seconds.
        assert!(started.elapsed() < Duration::from_secs(10));
    }
    relay.stop().await;
    test.wait_until_drained().await;
    assert_ran_once(&server, [0, 1, 2, 10, 11, 12, 30, 31, 32]);
}

#[tokio::test]
async fn a_long_transaction_delays_no_event() {
    let test = TestOutbox::postgres().await;
    let server = EventServer::start().unwrap();
    let mut long = begin(pool(&test), "REPEATABLE READ").await;
    long.execute("SELECT pg_current_xact_id()").await.unwrap();
    let relay = Running::new(&test.relay(client(&server)));
    for round in 0..10 {
        test.add(&events(round * 10..round * 10 + 10)).await;
        test.wait_until_drained().await;
    }
    test.outbox.add(&mut *long, event(100)).await.unwrap();
    long.commit().await.unwrap();
    eventually("the last event is sent", async || {
        server.counts().events == 101
    })
    .await;
    relay.stop().await;
    assert_ran_once(&server, 0..101);
}

#[tokio::test]
#[cfg_attr(not(cluster), ignore = "initdb is not available")]
async fn events_of_prepared_transactions_are_sent_when_they_commit() {
    // The test changes a setting of the server.
    let mut cluster = Cluster::start().expect("the build found initdb");
    let pool = PgPool::connect(&cluster.url()).await.unwrap();
    let set = "ALTER SYSTEM SET max_prepared_transactions = 5";
    pool.execute(set).await.unwrap();
    pool.close().await;
    cluster.stop();
    cluster.restart();
    let pool = PgPool::connect(&cluster.url()).await.unwrap();
    let outbox = Outbox::new();
    outbox.migrate(&pool).await.unwrap();
    let server = EventServer::start().unwrap();
    let relay = inngest_outbox::Relay::new(outbox.clone(), &pool, client(&server));
    let relay = Running::new(&relay);
    let mut connection = pool.acquire().await.unwrap();
    for n in 0..2 {
        connection.execute("BEGIN").await.unwrap();
        outbox.add(&mut *connection, event(n)).await.unwrap();
        let prepare = format!("PREPARE TRANSACTION 'late {n}'");
        connection.execute(AssertSqlSafe(prepare)).await.unwrap();
    }
    outbox.add(&mut *connection, event(2)).await.unwrap();
    eventually("the relay passed the prepared transactions", async || {
        server.counts().events == 1
    })
    .await;
    connection
        .execute("COMMIT PREPARED 'late 0'")
        .await
        .unwrap();
    connection
        .execute("ROLLBACK PREPARED 'late 1'")
        .await
        .unwrap();
    eventually(
        "the event of the prepared transaction is sent",
        async || server.counts().events == 2,
    )
    .await;
    relay.stop().await;
    assert_ran_once(&server, [0, 2]);
}

#[tokio::test]
async fn events_that_a_dead_session_locked_are_sent() {
    let test = TestOutbox::postgres().await;
    let server = EventServer::start().unwrap();
    test.add(&events(0..3)).await;
    // The locks of a claim, whose relay then stops.
    let mut stopped = pool(&test).begin().await.unwrap();
    stopped
        .execute("SET LOCAL idle_in_transaction_session_timeout = '1s'; SELECT * FROM inngest_outbox FOR UPDATE")
        .await
        .unwrap();
    let relay = Running::new(&test.relay(client(&server)));
    test.wait_until_drained().await;
    relay.stop().await;
    assert_ran_once(&server, 0..3);
}

#[tokio::test]
async fn a_relay_commits_to_disk_whatever_the_default() {
    let test = TestOutbox::postgres().await;
    let Pool::Postgres(pool, database) = &test.pool else {
        unreachable!("the test is on Postgres");
    };
    let set = format!(
        "ALTER DATABASE {} SET synchronous_commit = off",
        database.name()
    );
    pool.execute(AssertSqlSafe(set)).await.unwrap();
    // The trigger sees the setting in the transaction of a claim.
    pool.execute(
        "CREATE TABLE seen (setting text);
         CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO seen VALUES (current_setting('synchronous_commit') || ' ' ||
                 current_setting('idle_in_transaction_session_timeout') || ' ' ||
                 current_setting('statement_timeout') || ' ' || current_setting('tcp_keepalives_idle'));
             RETURN NEW; END $$;
         CREATE TRIGGER look BEFORE INSERT ON inngest_outbox_requests FOR EACH ROW EXECUTE FUNCTION look()",
    )
    .await
    .unwrap();
    let server = EventServer::start().unwrap();
    let fresh = PgPool::connect(&database.url()).await.unwrap();
    let relay = inngest_outbox::Relay::new(test.outbox.clone(), fresh, client(&server));
    let relay = Running::new(&relay);
    test.add(&events(0..1)).await;
    test.wait_until_drained().await;
    relay.stop().await;
    let seen = sqlx::query("SELECT setting FROM seen")
        .fetch_all(pool)
        .await
        .unwrap();
    let seen: Vec<String> = seen.iter().map(|row| row.get(0)).collect();
    assert_eq!(seen, ["on 10s 20s 5"]);
}

/// The query in the README and in the guide reads the data of failed events, whatever else failed.
#[tokio::test]
async fn the_documented_query_reads_every_body_that_it_can() {
    let test = TestOutbox::postgres().await;
    for (id, body) in [
        ("'a'", r#"{"name":"a","data":{"sku":"MUG-BLUE"}}"#),
        (
            "'b'",
            r#"{"name":"a","data":{"sku":"MUG","note":"\u0000"}}"#,
        ),
        ("NULL", "not JSON"),
    ] {
        let columns = "added_at, name, event_id, body, error";
        let values = format!("now(), 'a', {id}, '{body}', ''");
        test.execute(&format!(
            "INSERT INTO inngest_outbox_failed ({columns}) VALUES ({values})"
        ))
        .await;
    }
    for page in [
        include_str!("../../../inngest-outbox/README.md"),
        include_str!("../../../docs/outbox.md"),
    ] {
        let (_, query) = page.split_once("```sql\nSELECT body::jsonb").unwrap();
        let (query, _) = query.split_once("```").unwrap();
        let found = test.texts(&format!("SELECT body::jsonb{query}")).await;
        assert_eq!(found, ["MUG-BLUE"]);
    }
}
