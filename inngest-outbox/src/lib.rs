#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Return errors for bad input instead of panicking.
#![cfg_attr(
    not(test),
    warn(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]
// Without relays, or with only one database, some code that the adapters share is unused.
#![cfg_attr(not(all(feature = "postgres", feature = "sqlite")), allow(dead_code))]

mod add;
#[cfg(feature = "_relay")]
mod admin;
mod error;
#[cfg(feature = "postgres")]
mod notify;
mod outbox;
#[cfg(feature = "_relay")]
mod relay;
#[cfg(feature = "_relay")]
mod resend;
mod rows;
mod schema;
mod settings;
#[cfg(feature = "_relay")]
mod status;
#[cfg(feature = "_relay")]
mod store;
mod table;

pub use crate::add::{Adding, Connection};
#[cfg(feature = "_relay")]
pub use crate::admin::{Changed, Selection, SetAsideEvent};
pub use crate::error::OutboxError;
pub use crate::outbox::Outbox;
#[cfg(feature = "_relay")]
pub use crate::relay::{Relay, RelayCounts};
#[cfg(feature = "_relay")]
pub use crate::resend::RetryIds;
#[cfg(feature = "_relay")]
pub use crate::status::Status;
#[cfg(feature = "_relay")]
pub use crate::store::Database;
