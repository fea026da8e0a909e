//! Fresh databases for tests.
//!
//! Postgres is one of these, in this order:
//!
//! 1. the server of the URL in `INNGEST_TEST_POSTGRES`, whose user may create databases;
//! 2. the server on 127.0.0.1:5432, if it accepts `root` or `postgres` without a password;
//! 3. a cluster of its own in a temporary folder, if `initdb` is installed.
//!
//! Where there is none, [`postgres`] says so on stderr and returns `None`. In this package the build script
//! looks too, and a test with
//!
//! ```text
//! #[cfg_attr(not(postgres), ignore = "there is no Postgres")]
//! ```
//!
//! then counts as ignored. `cfg(pgbouncer)` likewise says that PgBouncer is installed.

mod cluster;
mod database;
mod file;
mod pgbouncer;
mod proxy;
mod random;
mod wait;

pub use crate::cluster::Cluster;
pub use crate::database::{TestDatabase, postgres};
pub use crate::file::{TestFile, sqlite};
pub use crate::pgbouncer::PgBouncer;
pub use crate::proxy::{Cut, Proxy};
pub use crate::random::Random;
pub use crate::wait::{eventually, holds_within};

include!("programs.rs");
