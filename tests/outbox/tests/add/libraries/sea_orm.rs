//! Runs scripts with SeaORM on both databases.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use inngest_outbox::{Outbox, OutboxError};
use sea_orm::{ConnectOptions, ConnectionTrait as _, DatabaseTransaction, TransactionTrait as _};

use crate::steps::{End, Script, Step, expect_refused};

async fn connect(url: &str) -> sea_orm::DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1);
    sea_orm::Database::connect(options).await.unwrap()
}

pub(crate) async fn run(script: Script) -> Result<(), OutboxError> {
    let transaction = connect(&script.url).await.begin().await.unwrap();
    steps(&script.outbox, &transaction, &script.steps).await?;
    match script.end {
        End::Commit => transaction.commit().await.unwrap(),
        End::Rollback => transaction.rollback().await.unwrap(),
    }
    Ok(())
}

/// Adds without a transaction.
pub(crate) async fn run_alone(script: Script) -> Result<(), OutboxError> {
    let connection = connect(&script.url).await;
    for step in &script.steps {
        let Step::Add(add) = step else {
            panic!("{step:?}")
        };
        add.run(&script.outbox, &connection).await?;
    }
    Ok(())
}

fn steps<'a>(
    outbox: &'a Outbox,
    transaction: &'a DatabaseTransaction,
    script: &'a [Step],
) -> BoxFuture<'a, Result<(), OutboxError>> {
    async move {
        for step in script {
            match step {
                Step::Sql(sql) => drop(transaction.execute_unprepared(sql).await.unwrap()),
                Step::Fails(sql) => drop(transaction.execute_unprepared(sql).await.unwrap_err()),
                Step::Add(add) => add.run(outbox, transaction).await?,
                Step::Refused(add) => expect_refused(&add.run(outbox, transaction).await),
                Step::Savepoint(script, end) => {
                    let savepoint = transaction.begin().await.unwrap();
                    steps(outbox, &savepoint, script).await?;
                    match end {
                        End::Commit => savepoint.commit().await.unwrap(),
                        End::Rollback => savepoint.rollback().await.unwrap(),
                    }
                }
            }
        }
        Ok(())
    }
    .boxed()
}
