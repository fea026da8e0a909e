//! The URL and header that all requests of a client share.

use std::fmt;

use http::{HeaderValue, Uri};

/// The event API of a client.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// The URL up to the event key, for messages.
    base: String,
    /// The full URL, including the event key. Never show it.
    uri: Uri,
    env: Option<HeaderValue>,
    dev: bool,
}

impl Endpoint {
    pub(crate) fn new(base: String, uri: Uri, env: Option<HeaderValue>, dev: bool) -> Self {
        Self {
            base,
            uri,
            env,
            dev,
        }
    }

    /// The full URL, including the event key.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The URL without the event key.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn env(&self) -> Option<&HeaderValue> {
        self.env.as_ref()
    }

    pub(crate) fn is_dev(&self) -> bool {
        self.dev
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("base", &self.base)
            .field("env", &self.env)
            .field("dev", &self.dev)
            .finish_non_exhaustive()
    }
}
