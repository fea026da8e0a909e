//! User code that sees every event before it is sent and its outcome after.

pub(crate) mod chain;
pub(crate) mod event;
pub(crate) mod outgoing;

pub use event::OutgoingEvent;
pub use outgoing::{Middleware, Outgoing, SentEvent};
