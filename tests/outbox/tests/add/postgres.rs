//! Tests every library on Postgres.

use inngest_outbox::OutboxError;

use crate::database::Database;
use crate::libraries;
use crate::scenarios::{self, Setting};
use crate::steps::Step;

const NO_SPACE: &str = "CREATE FUNCTION pg_temp.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
     RAISE 'could not extend file \"base/1/1\": No space left on device' USING ERRCODE = 'disk_full'; END $$;";

const NO_SPACE_TRIGGER: &str =
    "CREATE TRIGGER fail BEFORE INSERT ON inngest_outbox EXECUTE FUNCTION pg_temp.fail()";

macro_rules! tests {
    ($library:ident, $run:path, $run_alone:path) => {
        mod $library {
            use super::*;

            tests!($run; commit, rollback, savepoint, many, refused_event, kinds);
            tests!($run_alone; alone);
            tests!($run; unsent_batch, no_table, other_table);

            #[tokio::test]
            #[cfg_attr(not(postgres), ignore = "Postgres is not available")]
            async fn missing_schema() {
                let database = Database::postgres().await;
                let mut setting = Setting::of(&database);
                setting.outbox = setting.outbox.table("nowhere.outbox");
                let is_expected =
                    |error: &_| matches!(error, OutboxError::NoTable { table } if table == "nowhere.outbox");
                scenarios::fails(&database, &setting, $run, [], is_expected).await;
            }

            #[tokio::test]
            #[cfg_attr(not(postgres), ignore = "Postgres is not available")]
            async fn aborted_transaction() {
                let database = Database::postgres().await;
                let before = [Step::Fails("SELECT 1 / 0")];
                let is_expected = |error: &_| matches!(error, OutboxError::TransactionAborted);
                scenarios::fails(&database, &Setting::of(&database), $run, before, is_expected).await;
            }

            #[tokio::test]
            #[cfg_attr(not(postgres), ignore = "Postgres is not available")]
            async fn read_only_transaction() {
                let database = Database::postgres().await;
                let before = [Step::Sql("SET TRANSACTION READ ONLY")];
                let is_expected = |error: &_| matches!(error, OutboxError::ReadOnly(_));
                scenarios::fails(&database, &Setting::of(&database), $run, before, is_expected).await;
            }

            #[tokio::test]
            #[cfg_attr(not(postgres), ignore = "Postgres is not available")]
            async fn full_disk() {
                let database = Database::postgres().await;
                let before = [NO_SPACE, NO_SPACE_TRIGGER].map(Step::Sql);
                let is_expected = |error: &_| matches!(error, OutboxError::DiskFull(_));
                scenarios::fails(&database, &Setting::of(&database), $run, before, is_expected).await;
            }

            #[tokio::test]
            #[cfg_attr(not(postgres), ignore = "Postgres is not available")]
            async fn one_insert_for_many() {
                let database = Database::postgres().await;
                scenarios::many(&database, &Setting::of(&database), $run).await;
                // Rows that the same statement inserted have the same command id.
                let statements = "SELECT count(DISTINCT cmin::text) FROM inngest_outbox";
                assert_eq!(database.number(statements).await, 1);
            }

            #[tokio::test]
            #[cfg_attr(not(postgres), ignore = "Postgres is not available")]
            async fn every_isolation_level() {
                for first in [
                    &["SET TRANSACTION ISOLATION LEVEL READ COMMITTED"],
                    &["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"],
                    &["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
                ] {
                    let database = Database::postgres().await;
                    let mut setting = Setting::of(&database);
                    setting.first = first;
                    scenarios::many(&database, &setting, $run).await;
                    database.run("TRUNCATE inngest_outbox").await;
                    scenarios::unsent_batch(&database, &setting, $run).await;
                    database.run("TRUNCATE inngest_outbox").await;
                    scenarios::savepoint(&database, &setting, $run).await;
                }
            }
        }
    };
    ($run:path; $($scenario:ident),*) => {
        $(
            #[tokio::test]
            #[cfg_attr(not(postgres), ignore = "Postgres is not available")]
            async fn $scenario() {
                let database = Database::postgres().await;
                scenarios::$scenario(&database, &Setting::of(&database), $run).await;
            }
        )*
    };
}

tests!(
    sqlx,
    libraries::sqlx::postgres::run,
    libraries::sqlx::postgres::run_alone
);
tests!(
    tokio_postgres,
    libraries::tokio_postgres::run,
    libraries::tokio_postgres::run_alone
);
tests!(
    diesel,
    libraries::diesel::postgres::run,
    libraries::diesel::postgres::run_alone
);
tests!(
    sea_orm,
    libraries::sea_orm::run,
    libraries::sea_orm::run_alone
);
