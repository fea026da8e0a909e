//! Runs scripts with tokio-postgres.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use inngest_outbox::{Outbox, OutboxError};
use tokio_postgres::{NoTls, Transaction};

use crate::steps::{End, Script, Step, expect_refused};

pub(crate) async fn run(script: Script) -> Result<(), OutboxError> {
    let (mut client, connection) = tokio_postgres::connect(&script.url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let mut transaction = client.transaction().await.unwrap();
    steps(&script.outbox, &mut transaction, &script.steps).await?;
    match script.end {
        End::Commit => transaction.commit().await.unwrap(),
        End::Rollback => transaction.rollback().await.unwrap(),
    }
    Ok(())
}

/// Adds without a transaction.
pub(crate) async fn run_alone(script: Script) -> Result<(), OutboxError> {
    let (client, connection) = tokio_postgres::connect(&script.url, NoTls).await.unwrap();
    tokio::spawn(connection);
    for step in &script.steps {
        let Step::Add(add) = step else {
            panic!("{step:?}")
        };
        add.run(&script.outbox, &client).await?;
    }
    Ok(())
}

fn steps<'a>(
    outbox: &'a Outbox,
    transaction: &'a mut Transaction<'_>,
    script: &'a [Step],
) -> BoxFuture<'a, Result<(), OutboxError>> {
    async move {
        for step in script {
            match step {
                Step::Sql(sql) => transaction.batch_execute(sql).await.unwrap(),
                Step::Fails(sql) => drop(transaction.batch_execute(sql).await.unwrap_err()),
                Step::Add(add) => add.run(outbox, &*transaction).await?,
                Step::Refused(add) => expect_refused(&add.run(outbox, &*transaction).await),
                Step::Savepoint(script, end) => {
                    let mut savepoint = transaction.transaction().await.unwrap();
                    steps(outbox, &mut savepoint, script).await?;
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
