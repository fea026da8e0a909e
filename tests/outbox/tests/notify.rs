//! Notifications between processes, on Postgres.
#![cfg(postgres)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use inngest_core::RawEvent;
use inngest_core::testing::EventServer;
use inngest_outbox::{Outbox, Relay};
use serde_json::json;
use sqlx::postgres::PgListener;
use sqlx::{Connection as _, PgConnection, PgPool};

async fn migrated(url: &str, outbox: &Outbox) -> PgPool {
    let pool = PgPool::connect(url).await.unwrap();
    outbox.migrate(&pool).await.unwrap();
    pool
}

#[tokio::test(flavor = "multi_thread")]
async fn notifications_are_coalesced_and_the_last_one_is_sent() {
    let server = outbox_tests::postgres().await.unwrap();
    let outbox = Outbox::new().table("shop.outbox");
    let pool = migrated(&server.url(), &outbox).await;
    let mut listener = PgListener::connect(&server.url()).await.unwrap();
    listener.listen_all(["shop.outbox", "end"]).await.unwrap();

    let started = Instant::now();
    let mut calls = 0;
    while started.elapsed() < Duration::from_millis(300) {
        // A second handle to the same outbox.
        Outbox::new().table("shop.outbox").notify(&pool);
        calls += 1;
        tokio::task::yield_now().await;
    }
    // The last notification comes 50 milliseconds after the one before.
    outbox.notify(&pool);
    let mut received = 0;
    let mut last = Instant::now();
    let mut ended = false;
    while let Ok(notification) =
        tokio::time::timeout(Duration::from_millis(500), listener.recv()).await
    {
        ended |= notification.unwrap().channel() == "end";
        received += u32::from(!ended);
        last = Instant::now();
    }
    assert!(calls > 100, "{calls}");
    let most = u32::try_from((last - started).as_millis() / 50 + 1).unwrap();
    assert!(
        (2..=most).contains(&received),
        "{received} of at most {most}"
    );
    assert!(last - started >= Duration::from_millis(300));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listening_relay_reconnects_when_its_session_ends() {
    let server = outbox_tests::postgres().await.unwrap();
    let outbox = Outbox::new();
    let pool = migrated(&server.url(), &outbox).await;
    let events = EventServer::start().unwrap();
    let relay = Relay::new(outbox.clone(), &pool, events.client().unwrap()).listen(true);
    let listening = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
        AND state = 'idle' AND query LIKE 'LISTEN \"inngest_outbox\"%'";
    let mut watcher = PgConnection::connect(&server.url()).await.unwrap();
    relay
        .run_until(async {
            let mut seen = 0;
            for _ in 0..2 {
                let pid = loop {
                    let pid: Option<i32> = sqlx::query_scalar(listening)
                        .fetch_optional(&mut watcher)
                        .await
                        .unwrap();
                    match pid {
                        Some(pid) if pid != seen => break pid,
                        _ => {}
                    }
                };
                seen = pid;
                let kill = sqlx::query("SELECT pg_terminate_backend($1)").bind(pid);
                kill.execute(&mut watcher).await.unwrap();
            }
            outbox.add(&mut watcher, event()).await.unwrap();
            outbox.notify(&pool);
            while !outbox.is_empty(&pool).await.unwrap() {}
        })
        .await
        .unwrap();
    assert_eq!(events.runs().len(), 1);
}

fn event() -> RawEvent {
    RawEvent::new("shop/order.placed", json!({}))
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(pgbouncer), ignore = "PgBouncer is not available")]
async fn behind_pgbouncer_a_relay_warns_once_and_polls() {
    // The other tests of this program log too, but with other tables.
    let log = Log::default();
    let writer = {
        let log = log.clone();
        move || log.clone()
    };
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(writer);
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    let server = outbox_tests::postgres().await.unwrap();
    let bouncer = outbox_tests::PgBouncer::start(&server).await.unwrap();
    let outbox = Outbox::new().table("bounced").prepared_statements(false);
    let pool = PgPool::connect(bouncer.url()).await.unwrap();
    outbox.migrate(&pool).await.unwrap();
    let events = EventServer::start().unwrap();
    let relay = Relay::new(outbox.clone(), &pool, events.client().unwrap()).listen(true);
    let warning = "notifications do not arrive";
    let all = relay.run_until(async {
        while !log.text().contains(warning) {
            tokio::task::yield_now().await;
        }
        let mut tx = pool.begin().await.unwrap();
        outbox.add(&mut *tx, event()).await.unwrap();
        tx.commit().await.unwrap();
        outbox.notify(&pool);
        while !outbox.is_empty(&pool).await.unwrap() {}
    });
    let ended = tokio::time::timeout(Duration::from_secs(40), all).await;
    ended.unwrap_or_else(|_| panic!("{}", log.text())).unwrap();
    assert_eq!(events.runs().len(), 1);
    let text = log.text();
    let warnings = text
        .lines()
        .filter(|line| line.contains("WARN") && line.contains("bounced"));
    assert_eq!(warnings.count(), 1, "{text}");
}

/// Collects the log.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
