//! Runs scripts with rusqlite.

use inngest_outbox::{Outbox, OutboxError};
use rusqlite::{Connection, Savepoint, Transaction};

use super::path;
use crate::steps::{End, Script, Step, expect_refused};

/// A transaction or a savepoint.
trait Scope {
    fn steps(&mut self, outbox: &Outbox, script: &[Step]) -> Result<(), OutboxError>;
}

pub(crate) async fn run(script: Script) -> Result<(), OutboxError> {
    let mut connection = Connection::open(path(&script.url)).unwrap();
    let mut transaction = connection.transaction().unwrap();
    transaction.steps(&script.outbox, &script.steps)?;
    match script.end {
        End::Commit => transaction.commit().unwrap(),
        End::Rollback => transaction.rollback().unwrap(),
    }
    Ok(())
}

/// Adds without a transaction.
pub(crate) async fn run_alone(script: Script) -> Result<(), OutboxError> {
    let connection = Connection::open(path(&script.url)).unwrap();
    for step in &script.steps {
        let Step::Add(add) = step else {
            panic!("{step:?}")
        };
        add.run(&script.outbox, &connection)?;
    }
    Ok(())
}

macro_rules! scope {
    ($type:ident) => {
        impl Scope for $type<'_> {
            fn steps(&mut self, outbox: &Outbox, script: &[Step]) -> Result<(), OutboxError> {
                for step in script {
                    match step {
                        Step::Sql(sql) => self.execute_batch(sql).unwrap(),
                        Step::Fails(sql) => drop(self.execute_batch(sql).unwrap_err()),
                        Step::Add(add) => add.run(outbox, &*self)?,
                        Step::Refused(add) => expect_refused(&add.run(outbox, &*self)),
                        Step::Savepoint(script, end) => {
                            let mut savepoint = self.savepoint().unwrap();
                            savepoint.steps(outbox, script)?;
                            if *end == End::Commit {
                                savepoint.commit().unwrap();
                            }
                        }
                    }
                }
                Ok(())
            }
        }
    };
}

scope!(Transaction);
scope!(Savepoint);
