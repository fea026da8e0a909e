//! Tests every library on Postgres, behind PgBouncer in transaction mode.

use std::error::Error as _;

use inngest_outbox::Outbox;
use outbox_tests::PgBouncer;

use crate::database::Database;
use crate::events::order;
use crate::libraries;
use crate::scenarios::{self, Run, Setting};
use crate::steps::End;

async fn start(database: &Database) -> PgBouncer {
    let Database::Postgres(_, postgres) = database else {
        panic!("not Postgres")
    };
    PgBouncer::start(postgres).await.unwrap()
}

/// Runs scenarios on several connections to PgBouncer, which share two connections to the server.
async fn run(run: impl Run, outbox: Outbox) {
    let database = Database::postgres().await;
    let bouncer = start(&database).await;
    let setting = Setting {
        url: bouncer.url().to_owned(),
        outbox,
        first: &[],
    };
    for _ in 0..2 {
        scenarios::many(&database, &setting, &run).await;
        clear(&database).await;
        scenarios::savepoint(&database, &setting, &run).await;
        clear(&database).await;
        scenarios::unsent_batch(&database, &setting, &run).await;
        clear(&database).await;
        scenarios::rollback(&database, &setting, &run).await;
        scenarios::kinds(&database, &setting, &run).await;
        clear(&database).await;
    }
}

async fn clear(database: &Database) {
    database
        .run("TRUNCATE inngest_outbox, inngest_outbox_requests, orders")
        .await;
}

#[tokio::test]
#[cfg_attr(not(pgbouncer), ignore = "PgBouncer is not available")]
async fn sqlx_without_prepared_statements() {
    run(
        libraries::sqlx::postgres::run,
        Outbox::new().prepared_statements(false),
    )
    .await;
}

/// Runs a library that uses named prepared statements.
async fn run_prepared(run_script: impl Run) {
    let database = Database::postgres().await;
    let bouncer = start(&database).await;
    if bouncer.keeps_prepared_statements() {
        return run(run_script, Outbox::new()).await;
    }
    let mut setting = Setting::of(&database);
    bouncer.url().clone_into(&mut setting.url);
    let mut errors = Vec::new();
    for _ in 0..4 {
        let script = setting.script([scenarios::add(order(1))], End::Commit);
        errors.extend(run_script(script).await.err());
    }
    // Older versions confuse the prepared statements of different clients.
    let error = errors.first().unwrap().source().unwrap().to_string();
    assert!(error.contains("prepared statement"), "{error}");
}

#[tokio::test]
#[cfg_attr(not(pgbouncer), ignore = "PgBouncer is not available")]
async fn sqlx_with_prepared_statements() {
    run_prepared(libraries::sqlx::postgres::run).await;
}

/// SeaORM has no other mode.
#[tokio::test]
#[cfg_attr(not(pgbouncer), ignore = "PgBouncer is not available")]
async fn sea_orm_with_prepared_statements() {
    run_prepared(libraries::sea_orm::run).await;
}

#[tokio::test]
#[cfg_attr(not(pgbouncer), ignore = "PgBouncer is not available")]
async fn tokio_postgres() {
    run(libraries::tokio_postgres::run, Outbox::new()).await;
}

#[tokio::test]
#[cfg_attr(not(pgbouncer), ignore = "PgBouncer is not available")]
async fn diesel() {
    run(libraries::diesel::postgres::run, Outbox::new()).await;
}
