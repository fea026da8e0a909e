//! Each library runs a script in its own transactions.

pub(crate) mod diesel;
pub(crate) mod rusqlite;
pub(crate) mod sea_orm;
pub(crate) mod sqlx;
pub(crate) mod tokio_postgres;

/// The path in a URL of SQLite, for libraries that take one.
fn path(url: &str) -> &str {
    let path = url.strip_prefix("sqlite://").unwrap();
    path.split('?').next().unwrap()
}
