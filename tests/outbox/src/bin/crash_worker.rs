//! A process of the crash test, which runs until it is killed.
//!
//! - `write URL NUMBER SEED` commits orders in transactions, each with an event in the outbox, and numbers them
//!   from `NUMBER`. It rolls some transactions back.
//! - `relay URL SERVER` runs a relay that sends to the event server.

use std::time::Duration;

use inngest_core::{Client, RawEvent, RetryPolicy};
use inngest_outbox::{Outbox, Relay};
use outbox_tests::Random;
use serde_json::json;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{PgPool, SqlitePool};

type Error = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(|argument| &**argument).collect();
    match arguments[..] {
        ["write", url, number, seed] => write(url, number.parse()?, seed.parse()?).await,
        ["relay", url, server] => relay(url, server).await,
        _ => Err("wrong arguments".into()),
    }
}

async fn relay(url: &str, server: &str) -> Result<(), Error> {
    let retry = RetryPolicy::default()
        .attempts(2)
        .base(Duration::from_millis(5));
    let client = Client::builder().dev(true).base_url(server).retry(retry);
    let client = client
        .max_request_events(40)
        .timeout(Duration::from_secs(5))
        .build()?;
    // Connect lazily, because the database may be down now.
    let relay = if url.starts_with("postgres") {
        let pool = PgPoolOptions::new().max_connections(2).connect_lazy(url)?;
        Relay::new(Outbox::new(), pool, client)
    } else {
        let pool = SqlitePoolOptions::new()
            .max_connections(2)
            .connect_lazy(url)?;
        Relay::new(Outbox::new(), pool, client)
    };
    let relay = relay.lease(Duration::from_secs(1));
    Ok(relay.run_until(std::future::pending()).await?)
}

async fn write(url: &str, mut number: i64, seed: u64) -> Result<(), Error> {
    let mut random = Random::new(seed);
    if url.starts_with("postgres") {
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy(url)?;
        loop {
            let orders = number..number + 1 + i64::try_from(random.below(20))?;
            number = orders.end;
            // Transactions fail when the database is killed, and when serializable ones conflict.
            let _ = write_to_postgres(&pool, orders, &mut random).await;
        }
    } else {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_lazy(url)?;
        loop {
            let orders = number..number + 1 + i64::try_from(random.below(20))?;
            number = orders.end;
            let _ = write_to_sqlite(&pool, orders, &mut random).await;
        }
    }
}

type Orders = std::ops::Range<i64>;

fn events(orders: Orders) -> Vec<RawEvent> {
    orders
        .map(|n| RawEvent::new("shop/order.placed", json!({ "n": n })))
        .collect()
}

async fn write_to_postgres(
    pool: &PgPool,
    orders: Orders,
    random: &mut Random,
) -> Result<(), Error> {
    let level = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]
        .into_iter()
        .nth(usize::try_from(random.below(3))?)
        .unwrap_or_default();
    let begin = sqlx::AssertSqlSafe(format!("BEGIN ISOLATION LEVEL {level}"));
    let mut tx = pool.begin_with(begin).await?;
    let numbers: Vec<i64> = orders.clone().collect();
    sqlx::query("INSERT INTO orders SELECT * FROM unnest($1)")
        .bind(numbers)
        .execute(&mut *tx)
        .await?;
    Outbox::new().add_many(&mut *tx, events(orders)).await?;
    if random.percent(3) {
        // Give relays time to pass the transaction while it is open.
        sqlx::query("SELECT pg_sleep(0.2)")
            .execute(&mut *tx)
            .await?;
    }
    if random.percent(20) {
        tx.rollback().await?;
    } else {
        tx.commit().await?;
    }
    Ok(())
}

async fn write_to_sqlite(
    pool: &SqlitePool,
    orders: Orders,
    random: &mut Random,
) -> Result<(), Error> {
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    for number in orders.clone() {
        sqlx::query("INSERT INTO orders VALUES (?1)")
            .bind(number)
            .execute(&mut *tx)
            .await?;
    }
    Outbox::new().add_many(&mut *tx, events(orders)).await?;
    if random.percent(20) {
        tx.rollback().await?;
    } else {
        tx.commit().await?;
    }
    Ok(())
}
