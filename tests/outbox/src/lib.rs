//! Fresh databases for tests.
//!
//! The tests on Postgres use the first of these servers that is available:
//!
//! 1. the server at the URL in `INNGEST_TEST_POSTGRES`, whose user must be allowed to create databases;
//! 2. the server on 127.0.0.1:5432, if it accepts `root` or `postgres` without a password;
//! 3. a new cluster in a temporary folder, if `initdb` is installed.
//!
//! If none is available, [`postgres`] prints that and returns `None`. The build script of this package checks
//! this too, so a test with
//!
//! ```text
//! #[cfg_attr(not(postgres), ignore = "Postgres is not available")]
//! ```
//!
//! then counts as ignored. Likewise, `cfg(pgbouncer)` is set if PgBouncer is installed, and `cfg(cluster)` if
//! `initdb` is, for tests that need a server of their own because they kill it or change its settings. The build
//! prints a warning for each of these that is not set.

mod cluster;
mod database;
mod file;
mod pgbouncer;
mod proxy;
mod random;
mod wait;

pub use crate::cluster::Cluster;
pub use crate::database::{TestDatabase, postgres, postgres_with_encoding};
pub use crate::file::{TestFile, sqlite};
pub use crate::pgbouncer::PgBouncer;
pub use crate::proxy::{Cut, Proxy};
pub use crate::random::Random;
pub use crate::wait::{eventually, holds_within};

include!("programs.rs");
