// The README's examples use the testing aids, and all of them are compiled and run.
#![cfg_attr(feature = "testing", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "testing"),
    doc = "Typed Inngest events: a Rust struct is the event. The README has the first steps."
)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Bad input is an error and never a panic, and a library prints nothing.
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

mod as_string;
mod batch;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "client")]
pub mod client;
mod const_text;
mod distinct;
mod error;
mod event;
mod id;
mod payload;
pub mod registry;
#[cfg(feature = "client")]
mod runtime;
mod schema;
mod session;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "client")]
mod timer;
mod timestamp;
#[cfg(feature = "client")]
pub mod transport;
mod wire;

pub use crate::as_string::{AsString, OptionAsString, TextInteger};
pub use crate::batch::{Batch, IntoBatch};
#[cfg(feature = "client")]
pub use crate::client::middleware;
#[cfg(feature = "client")]
pub use crate::client::{
    BatchError, Buffered, BufferedBuilder, Client, ClientBuilder, ConfigError, DedupId, EventId,
    Failure, IntoEvents, Outcome, Pending, Plan, Progress, Receipt, Report, RetryPolicy, SendError,
    Sending, Streaming,
};
pub use crate::error::{PayloadError, PayloadErrorKind};
pub use crate::event::Event;
pub use crate::id::{IdPart, IdWriter};
pub use crate::payload::{IntoPayload, Payload};
pub use crate::session::{MAX_SESSIONS, SessionField, SessionKind, SessionValue};
pub use crate::timestamp::{MAX_MILLIS, MIN_MILLIS, Timestamp};
pub use inngest_grammar::proof::Language;
pub use inngest_macros::{Event, IdPart};

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
