//! An event API inside your process, for tests and examples.
//!
//! [`EventServer`] is a real HTTP server on a free port of 127.0.0.1. [`Recorder`] is a transport
//! without sockets. Both accept events by the real server's rules and keep them in [`Received`].

// | module | what it does |
// |---|---|
// | `json`, `value` | parse and store JSON like the real server |
// | `api`, `sessions` | parse and validate the events of a request |
// | `event` | received events and requests |
// | `state`, `received` | store events and decide which would run functions |
// | `schemas` | check events against the schemas of their types |
// | `assertions` | assertions for tests |
// | `fault` | faults that a test injects |
// | `server`, `http`, `cors` | the HTTP server |
// | `listing` | the received events in the real server's JSON |
// | `page` | the page for browsers, and its data |
// | `recorder` | the transport without sockets |

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
mod schemas;
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
