//! Functions and types that generated code uses. Not public API.

pub use crate::kinds::{Kind, Kinds, Table, assert_distinct};
pub use crate::trigger::checked_trigger;
pub use crate::upgrade::{NoStep, Step, Wrap, assert_older, next, routes, step};
pub use core::primitive::{str, usize};
pub use core::result::Result;
pub use inngest_core::__once;
pub use inngest_core::derive_support::Link;
pub use inngest_macros::__trigger;

use crate::error::DecodeError;
use crate::events::{Events, reader};
use crate::parts::EventParts;
use crate::received::RawReceived;

/// Adds the enum to the program's registry.
pub extern "C" fn link<E: Events>() {
    inngest_core::registry::link_reader(reader::<E>());
}

/// The position of the kind that takes an event, or `usize::MAX`.
#[must_use]
pub fn find(kinds: &Kinds, parts: &EventParts<'_>) -> usize {
    parts.find(kinds).unwrap_or(usize::MAX)
}

/// Wraps an event in the type that its variant holds.
///
/// # Errors
///
/// A member of the event other than its data is invalid.
pub fn wrap<V: Wrap<T>, T>(event: T, parts: &EventParts<'_>) -> Result<V, DecodeError> {
    V::__wrap(event, parts)
}

/// A type that holds the events that no other variant takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold the events that no other variant takes; use `RawReceived`",
    label = "`#[events(other)]` takes `RawReceived`"
)]
pub trait Other: Events {}

impl Other for RawReceived {}
impl Other for Box<RawReceived> {}

/// Decodes an event that no other variant takes.
///
/// # Errors
///
/// The event is invalid.
pub fn other<E, T: Other>(make: fn(T) -> E, parts: &EventParts<'_>) -> Result<E, DecodeError> {
    T::__decode(parts).map(make)
}

/// The error for an event that no variant takes.
///
/// # Errors
///
/// Always.
pub fn unknown<E>(kinds: &Kinds, parts: &EventParts<'_>) -> Result<E, DecodeError> {
    Err(parts.unknown(kinds))
}
