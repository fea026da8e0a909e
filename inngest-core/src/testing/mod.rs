//! An event API in the process, for tests and examples.
//!
//! [`EventServer`] is a real HTTP server on a free port of 127.0.0.1; [`Recorder`] is a transport
//! without sockets. Both take events as the real server does and keep them as [`Received`].
//!
//! | module | what it does |
//! |---|---|
//! | `api` | which events a request brings, and what is wrong with them |
//! | `received` | the events that came, and which would run functions |
//! | `server` | HTTP |
//! | `recorder` | the same without HTTP |

mod api;
mod received;
mod recorder;
mod server;

pub use received::{Duplicate, Received, ReceivedEvent, ReceivedRequest};
pub use recorder::Recorder;
pub use server::{EventServer, EventServerBuilder};
