//! Defines the trait `Transport` and its request and response.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Uri};

use crate::transport::error::TransportError;

/// The maximum size of a response. The largest response of the event API, with 5,000 ids, has 145
/// kB.
pub(crate) const MAX_ANSWER_BYTES: usize = 4 << 20;

/// Sends requests to the event API and returns the responses.
///
/// The client builds requests, interprets responses and applies timeouts. A transport only sends:
/// it does not retry, does not follow redirects, and returns responses of any status as `Ok`.
/// Dropping the future cancels the request.
///
/// ```
/// use inngest_core::transport::{Answer, Request, Transport, TransportError, TransportFuture};
///
/// /// Responds as if the server accepted all events, and sends none.
/// struct Nowhere;
///
/// impl Transport for Nowhere {
///     fn post(&self, request: Request) -> TransportFuture<'_> {
///         Box::pin(async move {
///             let events: Vec<serde_json::Value> = serde_json::from_slice(request.body())
///                 .map_err(TransportError::other)?;
///             let ids: Vec<String> = (0..events.len()).map(|i| format!("id-{i}")).collect();
///             let body = serde_json::json!({ "ids": ids, "status": 200 });
///             Ok(Answer::new(200, body.to_string()))
///         })
///     }
/// }
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Sends a request with the method POST.
    ///
    /// # Errors
    ///
    /// The future returns an error if no response arrived. [`TransportError::connect`] means that the
    /// request has certainly not reached the server.
    fn post(&self, request: Request) -> TransportFuture<'_>;
}

/// The future of a response.
pub type TransportFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Answer, TransportError>> + Send + 'a>>;

/// A request to the event API. `Debug` shows the URL without the event key.
#[derive(Clone)]
pub struct Request {
    pub(crate) uri: Uri,
    pub(crate) base: Arc<str>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// The URL. Its last segment is the event key: keep it out of logs and errors.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body, a JSON array of events.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Converts into the request type that most HTTP libraries use. Its `Debug` output shows the
    /// event key.
    #[must_use]
    pub fn into_http(self) -> http::Request<Bytes> {
        let mut request = http::Request::new(self.body);
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.uri;
        *request.headers_mut() = self.headers;
        request
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("url", &self.base)
            .field("headers", &self.headers)
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A response of the server, with any status.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// Creates a response without headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
        }
    }

    /// Sets the headers.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }
}
