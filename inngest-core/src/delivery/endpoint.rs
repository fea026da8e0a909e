//! Where a client sends its requests.

use std::fmt;
use std::sync::Arc;

use http::{HeaderValue, Uri};

/// The event API of a client.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// The URL up to the event key, for messages.
    pub(crate) base: Arc<str>,
    /// The full URL, including the event key. Never show it.
    pub(crate) uri: Uri,
    pub(crate) env: Option<HeaderValue>,
    pub(crate) is_dev: bool,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("base", &self.base)
            .field("env", &self.env)
            .field("is_dev", &self.is_dev)
            .finish_non_exhaustive()
    }
}
