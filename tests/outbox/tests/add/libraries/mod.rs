//! Runs a script in a transaction of each library.

pub(crate) mod diesel;
pub(crate) mod rusqlite;
pub(crate) mod sea_orm;
pub(crate) mod sqlx;
pub(crate) mod tokio_postgres;

/// The path in a SQLite URL, for libraries that take a path.
fn path(url: &str) -> &str {
    let path = url.strip_prefix("sqlite://").unwrap();
    path.split('?').next().unwrap()
}
