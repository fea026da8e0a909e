//! Tests every library on SQLite.

use inngest_outbox::OutboxError;

use crate::database::Database;
use crate::libraries;
use crate::scenarios::{self, Setting};
use crate::steps::Step;

macro_rules! tests {
    ($library:ident, $run:path, $run_alone:path) => {
        mod $library {
            use super::*;

            tests!($run; commit, rollback, savepoint, many, refused_event, kinds);
            tests!($run_alone; alone);
            tests!($run; unsent_batch, no_table, other_table);

            #[tokio::test]
            async fn read_only_database() {
                let database = Database::sqlite().await;
                let before = [Step::Sql("PRAGMA query_only = 1")];
                let is_expected = |error: &_| matches!(error, OutboxError::ReadOnly(_));
                scenarios::fails(&database, &Setting::of(&database), $run, before, is_expected).await;
            }

            #[tokio::test]
            async fn full_disk() {
                let database = Database::sqlite().await;
                let is_expected = |error: &_| matches!(error, OutboxError::DiskFull(_));
                let before = [Step::Sql("PRAGMA max_page_count = 1")];
                scenarios::fails(&database, &Setting::of(&database), $run, before, is_expected).await;
            }
        }
    };
    ($run:path; $($scenario:ident),*) => {
        $(
            #[tokio::test]
            async fn $scenario() {
                let database = Database::sqlite().await;
                scenarios::$scenario(&database, &Setting::of(&database), $run).await;
            }
        )*
    };
}

tests!(
    sqlx,
    libraries::sqlx::sqlite::run,
    libraries::sqlx::sqlite::run_alone
);
tests!(
    rusqlite,
    libraries::rusqlite::run,
    libraries::rusqlite::run_alone
);
tests!(
    diesel,
    libraries::diesel::sqlite::run,
    libraries::diesel::sqlite::run_alone
);
tests!(
    sea_orm,
    libraries::sea_orm::run,
    libraries::sea_orm::run_alone
);
