//! What all clones of a client share.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;

use super::chunk::Limits;
use super::config::Endpoint;
use super::error::SendError;
use super::middleware::Chain;
use super::process::Process;
use super::request;
use super::retry::RetryPolicy;
use crate::timer::{Clock, Timer, Timers};
use crate::transport::Transport;

pub(crate) struct Inner {
    pub(super) endpoint: Endpoint,
    pub(super) url: Arc<str>,
    pub(super) headers: HeaderMap,
    pub(super) bounds: Bounds,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) middleware: Chain,
    timers: Timers,
    pub(super) process: Process,
}

/// What a client allows its requests.
pub(super) struct Bounds {
    pub(super) limits: Limits,
    pub(super) concurrency: usize,
    pub(super) timeout: Duration,
    /// By which clock that time passes.
    pub(super) clock: Clock,
    pub(super) retry: RetryPolicy,
}

impl Inner {
    pub(super) fn new(
        endpoint: Endpoint,
        bounds: Bounds,
        transport: Arc<dyn Transport>,
        middleware: Chain,
    ) -> Self {
        Self {
            url: endpoint.base().into(),
            headers: request::headers(&endpoint),
            endpoint,
            bounds,
            transport,
            middleware,
            timers: Timers::of_this_process(),
            process: Process::this(),
        }
    }

    /// What keeps the times of requests and pauses.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub(super) fn timer(&self) -> Result<&Timer, SendError> {
        let timer = self.timers.get();
        timer.map_err(|error| SendError::NoThread(error.to_string()))
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.bounds.limits
    }

    pub(super) fn concurrency(&self) -> usize {
        self.bounds.concurrency
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn is_dev(&self) -> bool {
        self.endpoint.is_dev()
    }
}
