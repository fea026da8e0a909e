// The README's examples use the feature `testing`, and doc tests compile and run them.
#![cfg_attr(feature = "testing", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "testing"),
    doc = "Typed Inngest events: a Rust struct is the event. The README has the first steps."
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
    Buffered, BufferedBuilder, Client, ClientBuilder, Failure, IntoEvents, Pending, Plan, Progress,
    Report, Sending, Streaming,
};
#[cfg(feature = "client")]
pub use crate::delivery::{
    batch_error::BatchError, dedup_id::DedupId, error::SendError, event_id::EventId,
    outcome::Outcome, receipt::Receipt, retry::RetryPolicy, stored::BatchBytesError,
};
#[cfg(feature = "client")]
pub use crate::error::config::ConfigError;
pub use crate::error::{PayloadError, PayloadErrorKind};
pub use crate::event::Event;
pub use crate::event::as_string::{AsString, OptionAsString, TextInteger};
pub use crate::event::id::{IdPart, IdWriter};
pub use crate::event::into_payload::IntoPayload;
pub use crate::event::payload::Payload;
pub use crate::event::session::{OptionalSessionField, SessionField, SessionKind, SessionValue};
pub use crate::event::timestamp::Timestamp;
pub use inngest_grammar::limits::{MAX_DEPTH, MAX_MILLIS, MAX_SESSIONS, MIN_MILLIS};
pub use inngest_grammar::proof::Language;
pub use inngest_macros::{Event, IdPart};

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
