//! Delivers encoded events and determines the outcome of each.

pub(crate) mod batch_error;
pub(crate) mod bisect;
pub(crate) mod dedup_id;
pub(crate) mod endpoint;
pub(crate) mod error;
pub(crate) mod event_counts;
pub(crate) mod event_id;
pub(crate) mod http;
pub(crate) mod outcome;
pub(crate) mod process;
pub(crate) mod progress;
pub(crate) mod receipt;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod seed;
pub(crate) mod split;
pub(crate) mod stored;
pub(crate) mod stored_request;
pub(crate) mod trace;
pub(crate) mod traceparent;
pub(crate) mod uncertainty;
