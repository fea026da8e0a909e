//! An event API in the process, for tests and examples.
//!
//! [`EventServer`] is a real HTTP server on a free port of 127.0.0.1; [`Recorder`] is a transport
//! without sockets. Both take events as the real server does and keep them as [`Received`].
//!
//! | module | what it does |
//! |---|---|
//! | `api` | which events a request brings, and what is wrong with them |
//! | `received` | the events that came, and which would run functions |
//! | `assertions` | what a test can assert of them |
//! | `fault` | what goes wrong on cue |
//! | `server`, `http` | the same over HTTP |
//! | `page`, `listing` | the events for a reader, and for a program |
//! | `recorder` | the same without HTTP |

mod api;
mod assertions;
mod fault;
mod http;
mod listing;
mod page;
mod received;
mod recorder;
mod server;

pub use assertions::assert_matches_schema;
pub use fault::{Fault, FaultRequest};
pub use received::{Counts, Duplicate, Received, ReceivedEvent, ReceivedRequest};
pub use recorder::Recorder;
pub use server::{EventServer, EventServerBuilder};
