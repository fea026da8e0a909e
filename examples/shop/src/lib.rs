//! The events of a small shop, each in two versions.
//!
//! [`v2`] is what the shop sends now. [`v1`] stays for as long as events of these versions are
//! stored, so that functions can still read them.

pub mod v1;
pub mod v2;
