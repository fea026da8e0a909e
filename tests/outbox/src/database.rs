//! Fresh databases on a Postgres server.

use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use url::Url;

use crate::cluster::Cluster;
use crate::{POSTGRES_ADDRESS, POSTGRES_URL};

/// A database on a Postgres server. Dropping the value drops the database and ends all its connections.
#[derive(Debug)]
pub struct TestDatabase {
    server: Server,
    name: String,
}

#[derive(Clone, Debug)]
struct Server {
    /// The URL of an existing database.
    url: String,
    /// The cluster of this process, if it has one. It ends with its last database.
    _cluster: Option<Arc<Cluster>>,
}

/// Creates a database. If no server is available, prints that and returns `None`; see the documentation of
/// the crate.
///
/// # Panics
///
/// The database cannot be created, or the server of `INNGEST_TEST_POSTGRES` does not answer.
pub async fn postgres() -> Option<TestDatabase> {
    create("").await
}

/// Like [`postgres`], with this encoding of the database.
///
/// # Panics
///
/// The same as [`postgres`].
pub async fn postgres_with_encoding(encoding: &str) -> Option<TestDatabase> {
    create(&format!(
        "ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
    ))
    .await
}

async fn create(options: &str) -> Option<TestDatabase> {
    static CREATED: AtomicU32 = AtomicU32::new(0);
    let Some(server) = server().await else {
        // Bypass the test runner, which hides the output of passing tests.
        let _ = writeln!(
            std::io::stderr(),
            "*** skipped: a test on Postgres; install PostgreSQL or set {POSTGRES_URL} ***"
        );
        return None;
    };
    let number = CREATED.fetch_add(1, Ordering::Relaxed);
    let name = format!("inngest_test_{}_{number}", std::process::id());
    let mut connection = PgConnection::connect(&server.url)
        .await
        .expect("the server answered before");
    let create = format!("DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name} {options}");
    for sql in create.split("; ") {
        let created = connection.execute(AssertSqlSafe(sql)).await;
        created.expect("the user may create databases");
    }
    Some(TestDatabase { server, name })
}

impl TestDatabase {
    /// The URL of the database.
    #[must_use]
    pub fn url(&self) -> String {
        of_database(&self.server.url, &self.name)
    }

    /// The name of the database.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let url = self.server.url.clone();
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A thread that runs in a runtime cannot start another one.
        let dropped = std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all().build().ok()?.block_on(async {
                let mut connection = PgConnection::connect(&url).await.ok()?;
                connection.execute(AssertSqlSafe(drop)).await.ok()
            })
        });
        if !matches!(dropped.join(), Ok(Some(_))) {
            let _ = writeln!(std::io::stderr(), "cannot drop database {}", self.name);
        }
    }
}

/// Replaces the database in a URL.
fn of_database(url: &str, name: &str) -> String {
    let mut url = Url::parse(url).expect("the URL of a database");
    url.set_path(name);
    url.into()
}

async fn server() -> Option<Server> {
    /// The cluster of this process, while a test uses it.
    static CLUSTER: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
    if let Ok(url) = std::env::var(POSTGRES_URL) {
        // The user chose this server, so the tests fail if it does not answer.
        return Some(Server {
            url,
            _cluster: None,
        });
    }
    for user in ["root", "postgres"] {
        let url = format!("postgres://{user}@{POSTGRES_ADDRESS}/postgres");
        if PgConnection::connect(&url).await.is_ok() {
            return Some(Server {
                url,
                _cluster: None,
            });
        }
    }
    // Tests that start at the same time wait here, and share one cluster.
    let mut running = CLUSTER.lock().unwrap_or_else(PoisonError::into_inner);
    let cluster = match running.upgrade() {
        Some(cluster) => cluster,
        None => Arc::new(Cluster::start()?),
    };
    *running = Arc::downgrade(&cluster);
    Some(Server {
        url: cluster.url(),
        _cluster: Some(cluster),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_another_database() {
        for (url, expected) in [
            ("postgres://a@b:1/c?d=e", "postgres://a@b:1/x?d=e"),
            ("postgres://a@b", "postgres://a@b/x"),
        ] {
            assert_eq!(of_database(url, "x"), expected);
        }
    }

    #[tokio::test]
    #[cfg_attr(not(postgres), ignore = "Postgres is not available")]
    async fn databases_are_fresh_and_dropped() {
        let database = postgres().await.unwrap();
        let (server, name) = (database.server.clone(), database.name.clone());
        // An open connection does not keep the database.
        let mut open = PgConnection::connect(&database.url()).await.unwrap();
        open.execute("CREATE TABLE t ()").await.unwrap();
        drop(database);
        let mut connection = PgConnection::connect(&server.url).await.unwrap();
        let found = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(name);
        assert!(
            found
                .fetch_optional(&mut connection)
                .await
                .unwrap()
                .is_none()
        );
    }
}
