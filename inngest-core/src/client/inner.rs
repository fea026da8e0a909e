//! What all clones of a client share.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;

use crate::client::config::Endpoint;
use crate::delivery::request::Limits;
use crate::delivery::retry::RetryPolicy;
use crate::middleware::Chain;
use crate::transport::Transport;

pub(crate) struct Inner {
    pub(crate) endpoint: Endpoint,
    pub(crate) url: Arc<str>,
    pub(crate) headers: HeaderMap,
    pub(crate) bounds: Bounds,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) middleware: Chain,
}

/// What a client allows its requests.
pub(crate) struct Bounds {
    pub(crate) limits: Limits,
    pub(crate) concurrency: usize,
    pub(crate) timeout: Duration,
    pub(crate) retry: RetryPolicy,
}

impl Inner {
    pub(crate) fn new(
        endpoint: Endpoint,
        bounds: Bounds,
        transport: Arc<dyn Transport>,
        middleware: Chain,
    ) -> Self {
        Self {
            url: endpoint.base().into(),
            headers: crate::delivery::http::headers(&endpoint),
            endpoint,
            bounds,
            transport,
            middleware,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.bounds.limits
    }

    pub(crate) fn concurrency(&self) -> usize {
        self.bounds.concurrency
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn is_dev(&self) -> bool {
        self.endpoint.is_dev()
    }
}
