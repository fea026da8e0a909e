//! The client, which sends events and returns receipts.

mod buffered;
mod builder;
mod config;
mod cut;
mod pipeline;
pub mod plan;
mod send;
pub(crate) mod source;
mod stream;
mod telemetry;

pub use buffered::{Buffered, BufferedBuilder, Failure, Pending, Report};
pub use builder::ClientBuilder;
pub use cut::Cut;
#[cfg(feature = "blocking")]
pub(crate) use pipeline::nothing_sent;
pub use plan::Plan;
pub use send::{Client, Sending};
pub use source::IntoEvents;
pub use stream::{Progress, Streaming};
