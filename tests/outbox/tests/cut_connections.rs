//! Breaks the connection between a relay and Postgres at each message. Whatever statement or commit that
//! interrupts, each committed event must run once. By default, connections that close do so at every third
//! message, which saves a minute; `INNGEST_CUT_EVERY=1` tests every message.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use inngest_core::testing::{EventServer, Fault};
use inngest_outbox::{Outbox, Relay};
use outbox_tests::{Cut, Proxy};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool, Row as _};
use support::{Running, assert_ran_once, client_builder, events};

mod support;

/// How many relays run at the same time. Each has up to two connections, and Postgres allows 100 by default.
const TOGETHER: usize = 24;

/// Runs a relay that sends 12 events through a proxy: some are uncertain at first, and one is refused.
///
/// Returns the number of messages, and whether the proxy broke a connection.
async fn send_through(pool: &PgPool, cut: Cut, at: usize) -> (usize, bool) {
    let outbox = Outbox::new().table(&format!("{cut:?}_{at}"));
    outbox.migrate(pool).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    outbox
        .add_many(&mut *connection, events(0..12))
        .await
        .unwrap();
    drop(connection);

    let server = EventServer::start().unwrap();
    server.refuse(|event| (event.data["n"] == 7).then(|| "not seven".to_owned()));
    server.script([
        None,
        Some(Fault::close().after_taking()),
        None,
        Some(Fault::status(503)),
    ]);
    let client = client_builder(&server)
        .max_request_events(4)
        .build()
        .unwrap();
    let options = PgConnectOptions::clone(&pool.connect_options());
    let address = format!("{}:{}", options.get_host(), options.get_port());
    let address = tokio::net::lookup_host(address)
        .await
        .unwrap()
        .next()
        .unwrap();
    let proxy = Proxy::start(address, cut, at).await.unwrap();
    let options = options
        .host("127.0.0.1")
        .port(proxy.address().port())
        .ssl_mode(sqlx::postgres::PgSslMode::Disable);
    let cut_pool = PgPoolOptions::new()
        .max_connections(2)
        .connect_lazy_with(options);
    let relay = Relay::new(outbox, cut_pool, client)
        .lease(Duration::from_secs(1))
        .keep_delivered(Duration::from_mins(10))
        .idle_poll(Duration::from_millis(500));
    let relay = Running::new(&relay);
    let counts = format!(
        "SELECT concat_ws(' ', (SELECT count(*) FROM \"{cut:?}_{at}\"), \
         (SELECT count(*) FROM \"{cut:?}_{at}_requests\"), (SELECT count(*) FROM \"{cut:?}_{at}_failed\"), \
         (SELECT count(*) FROM \"{cut:?}_{at}_uncertain\"), (SELECT count(*) FROM \"{cut:?}_{at}_delivered\"))"
    );
    let mut found = String::new();
    let is_done = outbox_tests::holds_within(Duration::from_secs(90), async || {
        let row = sqlx::query(AssertSqlSafe(counts.clone())).fetch_one(pool);
        found = row.await.unwrap().get(0);
        found == "0 0 1 0 11"
    });
    assert!(is_done.await, "{cut:?} at message {at}: {found}");
    relay.stop().await;
    assert_ran_once(&server, (0..12).filter(|n| *n != 7));
    (proxy.messages(), proxy.has_cut())
}

async fn cut_at_each(cut: Cut, step: usize) {
    let database = outbox_tests::postgres().await.expect("the build found it");
    let pool = PgPoolOptions::new().max_connections(8);
    let pool = pool.connect(&database.url()).await.unwrap();
    let (messages, _) = send_through(&pool, cut, usize::MAX).await;
    assert!(messages > 100, "{messages}");
    // This covers each message until the last outcome is stored, and some of the shutdown.
    let runs = (0..messages)
        .step_by(step)
        .map(|at| send_through(&pool, cut, at));
    let runs = stream::iter(runs).buffer_unordered(TOGETHER);
    let runs: Vec<(usize, bool)> = runs.collect().await;
    let cuts = runs.iter().filter(|(_, has_cut)| *has_cut).count();
    eprintln!("{cut:?}: {messages} messages without a cut, {cuts} cuts");
    assert!(
        cuts * step * 10 > messages * 9 - 10 * step,
        "{cuts} of {messages}"
    );
    drop(pool);
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "Postgres is not available")]
async fn a_connection_that_closes_at_any_message_loses_and_repeats_no_event() {
    let step = std::env::var("INNGEST_CUT_EVERY").map_or(3, |step| step.parse().unwrap());
    cut_at_each(Cut::Close, step).await;
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "Postgres is not available")]
async fn a_connection_that_hangs_at_any_message_loses_and_repeats_no_event() {
    cut_at_each(Cut::Hang, 9).await;
}
