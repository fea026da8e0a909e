//! Runs scripts with sqlx on both databases.

macro_rules! library {
    ($database:ident, $connection:ident) => {
        use futures_util::FutureExt as _;
        use futures_util::future::BoxFuture;
        use inngest_outbox::{Outbox, OutboxError};
        use sqlx::{Connection as _, Transaction, raw_sql, $connection, $database};

        use crate::steps::{End, Script, Step, expect_refused};

        pub(crate) async fn run(script: Script) -> Result<(), OutboxError> {
            let mut connection = $connection::connect(&script.url).await.unwrap();
            let mut transaction = connection.begin().await.unwrap();
            steps(&script.outbox, &mut transaction, &script.steps).await?;
            match script.end {
                End::Commit => transaction.commit().await.unwrap(),
                End::Rollback => transaction.rollback().await.unwrap(),
            }
            connection.close().await.unwrap();
            Ok(())
        }

        /// Adds without a transaction.
        pub(crate) async fn run_alone(script: Script) -> Result<(), OutboxError> {
            let mut connection = $connection::connect(&script.url).await.unwrap();
            for step in &script.steps {
                let Step::Add(add) = step else {
                    panic!("{step:?}")
                };
                add.run(&script.outbox, &mut connection).await?;
            }
            Ok(())
        }

        fn steps<'a>(
            outbox: &'a Outbox,
            transaction: &'a mut Transaction<'_, $database>,
            script: &'a [Step],
        ) -> BoxFuture<'a, Result<(), OutboxError>> {
            async move {
                for step in script {
                    let connection = &mut **transaction;
                    match step {
                        Step::Sql(sql) => drop(raw_sql(*sql).execute(connection).await.unwrap()),
                        Step::Fails(sql) => {
                            drop(raw_sql(*sql).execute(connection).await.unwrap_err());
                        }
                        Step::Add(add) => add.run(outbox, connection).await?,
                        Step::Refused(add) => expect_refused(&add.run(outbox, connection).await),
                        Step::Savepoint(script, end) => {
                            let mut savepoint = transaction.begin().await.unwrap();
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
    };
}

pub(crate) mod postgres {
    library!(Postgres, PgConnection);
}

pub(crate) mod sqlite {
    library!(Sqlite, SqliteConnection);
}
