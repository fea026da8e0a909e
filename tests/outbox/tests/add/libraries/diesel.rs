//! Runs scripts with diesel on both databases.

use inngest_outbox::OutboxError;

use crate::steps::End;

/// Why a transaction is rolled back. diesel needs the conversion because `BEGIN` and `COMMIT` can fail.
#[derive(Debug, PartialEq, Eq)]
enum Stop {
    Asked,
    Failed,
    Diesel(String),
}

impl From<diesel::result::Error> for Stop {
    fn from(error: diesel::result::Error) -> Self {
        Self::Diesel(error.to_string())
    }
}

/// Checks the result of a transaction, and returns the error of the outbox in it.
fn check_end(
    result: &Result<(), Stop>,
    end: End,
    failed: Option<OutboxError>,
) -> Result<(), OutboxError> {
    // If the disk is full, SQLite rolls back by itself, and diesel's own rollback fails.
    if let Some(error) = failed {
        return Err(error);
    }
    match end {
        End::Commit => assert_eq!(*result, Ok(())),
        End::Rollback => assert_eq!(*result, Err(Stop::Asked)),
    }
    Ok(())
}

macro_rules! library {
    ($connection:ident, $address:expr) => {
        use diesel::connection::SimpleConnection as _;
        use diesel::{Connection as _, $connection};
        use inngest_outbox::{Outbox, OutboxError};

        use super::{Stop, check_end};
        use crate::steps::{End, Script, Step, expect_refused};

        pub(crate) async fn run(script: Script) -> Result<(), OutboxError> {
            let mut connection = $connection::establish($address(&script.url)).unwrap();
            transaction(&script.outbox, &mut connection, &script.steps, script.end)
        }

        /// Adds without a transaction.
        pub(crate) async fn run_alone(script: Script) -> Result<(), OutboxError> {
            let mut connection = $connection::establish($address(&script.url)).unwrap();
            steps(&script.outbox, &mut connection, &script.steps)
        }

        fn transaction(
            outbox: &Outbox,
            connection: &mut $connection,
            script: &[Step],
            end: End,
        ) -> Result<(), OutboxError> {
            let mut failed = None;
            let result = connection.transaction(|connection| {
                if let Err(error) = steps(outbox, connection, script) {
                    failed = Some(error);
                    return Err(Stop::Failed);
                }
                match end {
                    End::Commit => Ok(()),
                    End::Rollback => Err(Stop::Asked),
                }
            });
            check_end(&result, end, failed)
        }

        fn steps(
            outbox: &Outbox,
            connection: &mut $connection,
            script: &[Step],
        ) -> Result<(), OutboxError> {
            for step in script {
                match step {
                    Step::Sql(sql) => connection.batch_execute(sql).unwrap(),
                    Step::Fails(sql) => drop(connection.batch_execute(sql).unwrap_err()),
                    Step::Add(add) => add.run(outbox, &mut *connection)?,
                    Step::Refused(add) => expect_refused(&add.run(outbox, &mut *connection)),
                    Step::Savepoint(script, end) => transaction(outbox, connection, script, *end)?,
                }
            }
            Ok(())
        }
    };
}

pub(crate) mod postgres {
    library!(PgConnection, String::as_str);
}

pub(crate) mod sqlite {
    library!(SqliteConnection, crate::libraries::path);
}
