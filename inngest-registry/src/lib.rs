//! Schemas of typed Inngest events: files, compatibility, exporters and a command line.
//!
//! | module | what it does |
//! |---|---|
//! | [`catalogue`] | event types in memory, from the types of a program or from files |
//! | [`json`] | JSON in one order and one layout |
//! | [`compat`] | whether a change of a schema breaks anyone |
//! | [`exporters`] | what other tools read |
// Bad input is an error and never a panic.
#![cfg_attr(
    not(test),
    warn(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

pub mod catalogue;
pub mod compat;
pub mod exporters;
pub mod json;

pub use crate::catalogue::{Catalogue, EventType};
