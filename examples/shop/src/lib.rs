//! The events of a small shop, each in two versions.
//!
//! The shop sends the events in [`v2`]. [`v1`] stays as long as events of these versions are stored,
//! so that functions can still read them.

pub mod v1;
pub mod v2;
