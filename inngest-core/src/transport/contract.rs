//! What a transport takes and gives.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Uri};

use crate::transport::error::TransportError;

/// More than any answer of the event API: 5,000 ids take 145 kB.
pub(crate) const MAX_ANSWER_BYTES: usize = 4 << 20;

/// Takes a request to the event API and brings back its answer.
///
/// The client makes the requests, decides what their answers mean, and bounds their time. A
/// transport only carries: it does not retry, does not follow redirects, and returns answers of
/// any status as answers. A dropped future ends the request.
///
/// ```
/// use inngest_core::transport::{Answer, Request, Transport, TransportError, TransportFuture};
///
/// /// Answers as the server would for events that it takes, and takes none.
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
    /// The future's error says that there was no answer. With [`TransportError::connect`] the
    /// request has certainly not reached the server.
    fn post(&self, request: Request) -> TransportFuture<'_>;
}

/// The answer to a request, in time.
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
    /// The URL. Its last part is the event key: keep it out of logs and errors.
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

    /// The request in the form that most HTTP libraries take. Its `Debug` shows the event key.
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

/// An answer of the server, of any status.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// An answer without headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
        }
    }

    /// The same answer with these headers.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }
}
