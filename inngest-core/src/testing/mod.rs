//! An event API in the process, for tests and examples.
//!
//! [`EventServer`] is a real HTTP server on a free port of 127.0.0.1; [`Recorder`] is a transport
//! without sockets. Both take events as the real server does and keep them as [`Received`].
//!
//! | module | what it does |
//! |---|---|
//! | `json`, `value` | parse and store JSON like the real server |
//! | `api`, `sessions` | read and validate the events of a request |
//! | `event` | received events and requests |
//! | `state`, `received` | store events and decide which would run functions |
//! | `assertions` | what a test can assert of them |
//! | `fault` | what goes wrong on cue |
//! | `server`, `http`, `cors` | the HTTP server |
//! | `page`, `listing` | the received events as HTML and JSON |
//! | `recorder` | the same without HTTP |

mod api;
mod assertions;
mod cors;
mod event;
mod fault;
mod http;
mod json;
mod listing;
mod page;
mod received;
mod recorder;
mod server;
mod sessions;
mod state;
mod value;

pub use assertions::assert_matches_schema;
pub use event::{Counts, Duplicate, ReceivedEvent, ReceivedRequest, WouldRun};
pub use fault::{Fault, FaultRequest};
pub use received::Received;
pub use recorder::Recorder;
pub use server::{EventServer, EventServerBuilder};
