//! Defines the events of a small shop, each in two versions.
//!
//! The shop now sends the events in [`v2`]. [`v1`] remains as long as such events are stored, so that
//! functions can still read them.

pub mod v1;
pub mod v2;
