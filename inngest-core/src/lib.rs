// The README, except in doctests without the client, which its example needs.
#![cfg_attr(any(feature = "client", not(doctest)), doc = include_str!("../README.md"))]
#![doc = include_str!("lib.md")]
// The page links to items of all features, and docs.rs enables all of them.
#![cfg_attr(
    not(all(feature = "blocking", feature = "testing")),
    allow(rustdoc::broken_intra_doc_links)
)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Return errors for bad input instead of panicking, and print nothing.
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

mod batch;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "client")]
pub mod client;
mod const_text;
#[cfg(feature = "client")]
mod delivery;
#[doc(hidden)]
pub mod derive_support;
mod distinct;
mod encode;
mod error;
mod event;
#[cfg(feature = "client")]
pub mod middleware;
pub mod registry;
#[cfg(feature = "client")]
mod runtime;
mod schema;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "client")]
mod timer;
#[cfg(feature = "client")]
pub mod transport;
#[cfg(feature = "client")]
mod url;

pub use crate::batch::Batch;
#[cfg(feature = "client")]
pub use crate::client::{
    Buffered, BufferedBuilder, Client, ClientBuilder, Cut, Failure, IntoEvents, Pending, Plan,
    Progress, Report, Sending, Streaming,
};
#[cfg(feature = "client")]
pub use crate::delivery::{
    batch_error::BatchError,
    dedup_id::DedupId,
    error::SendError,
    event_id::EventId,
    outcome::{Outcome, Rejection},
    receipt::Receipt,
    retry::RetryPolicy,
    stored::BatchBytesError,
    stored_request::StoredRequest,
    traceparent::traceparent,
};
#[cfg(feature = "client")]
pub use crate::error::config::ConfigError;
pub use crate::error::{PayloadError, PayloadErrorKind};
pub use crate::event::as_string::{AsString, OptionAsString, TextInteger};
pub use crate::event::id::{IdPart, IdWriter};
pub use crate::event::into_payload::IntoPayload;
pub use crate::event::non_empty::{EmptyTextError, NonEmpty};
pub use crate::event::raw::RawEvent;
pub use crate::event::session::{OptionalSessionField, SessionField, SessionKind, SessionValue};
pub use crate::event::timestamp::Timestamp;
pub use crate::event::{Event, Payload};
pub use inngest_grammar::limits::{MAX_DEPTH, MAX_MILLIS, MAX_SESSIONS, MIN_MILLIS};
pub use inngest_grammar::proof::Language;
/// Implements [`trait@Event`].
pub use inngest_macros::Event;
/// Implements [`trait@IdPart`].
pub use inngest_macros::IdPart;
/// Implements [`trait@SessionField`].
pub use inngest_macros::SessionField;
