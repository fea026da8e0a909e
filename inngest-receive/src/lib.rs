#![doc = include_str!("../README.md")]
// Bad input returns an error and never panics. A library prints nothing.
#![cfg_attr(
    not(test),
    warn(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::print_stderr,
        clippy::print_stdout,
        clippy::unwrap_used
    )
)]

mod call;
mod check;
mod data;
#[doc(hidden)]
pub mod derive_support;
mod error;
mod events;
mod from_event;
mod kinds;
mod members;
mod parts;
mod received;
mod redact;
mod scan;
mod signature;
pub mod system;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod trigger;
mod upgrade;

pub use crate::call::{CallContext, CallStack, EventsError, FunctionCall, NotInBody};
pub use crate::check::{CheckError, check};
pub use crate::error::{DecodeError, DecodeErrorKind};
pub use crate::events::{Events, decode, decode_all, reader};
pub use crate::from_event::FromEvent;
pub use crate::parts::EventParts;
pub use crate::received::{RawReceived, Received};
pub use crate::signature::{
    Headers, MAX_AGE, SIGNATURE_HEADER, SignatureError, SigningKeyError, SigningKeys, verify,
};
pub use crate::trigger::trigger_matches;
/// Implements [`trait@Events`].
pub use inngest_macros::Events;
