//! Sends one request and retries until the result is final.

use std::error::Error as _;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Uri};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::delivery::endpoint::Endpoint;
use crate::delivery::error::SendError;
use crate::delivery::process::Process;
use crate::delivery::request::EventRequest;
use crate::delivery::response::{self, AcceptedIds, Response};
use crate::delivery::retry::{self, RetryPolicy};
use crate::delivery::uncertainty::Observation;
use crate::delivery::{seed, trace};
use crate::timer::{Clock, Timer, Timers};
use crate::transport::contract::{Answer, Request, Transport};
use crate::transport::error::TransportError;

/// Thirty years, used instead of a delay that overflows the clock.
pub(crate) const FAR_FUTURE: Duration = Duration::from_secs(30 * 365 * 24 * 3_600);

/// `{name}:v{semver}`, the format of the SDK specification.
const SDK: &str = concat!("inngest-core:v", env!("CARGO_PKG_VERSION"));

/// The final result of a request.
pub(crate) enum RequestResult {
    /// The server accepted all events.
    Accepted(AcceptedIds),
    Failed {
        /// The accepted events.
        accepted: AcceptedIds,
        error: Arc<SendError>,
        /// The request with its current uncertainty.
        request: EventRequest,
    },
}

/// Sends requests to the client's event API.
pub(crate) struct RequestSender {
    pub(crate) endpoint: Endpoint,
    headers: HeaderMap,
    /// The timeout of an attempt.
    timeout: Duration,
    /// The clock of the timeout.
    pub(crate) clock: Clock,
    retry: RetryPolicy,
    transport: Arc<dyn Transport>,
    timers: Timers,
    /// The process that created the client.
    pub(crate) process: Process,
}

/// The headers of every request.
fn headers(endpoint: &Endpoint) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(SDK));
    headers.insert(
        HeaderName::from_static("x-inngest-sdk"),
        HeaderValue::from_static(SDK),
    );
    if let Some(env) = &endpoint.env {
        headers.insert(HeaderName::from_static("x-inngest-env"), env.clone());
    }
    // Set the host once, so that the HTTP library does not create it for each request.
    if let Some(host) = host(&endpoint.uri) {
        headers.insert(HOST, host);
    }
    // hyper adds this header to each request. Removing this placeholder leaves room for it.
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    // A placeholder for the seed. It is the last header, so that its position is known.
    headers.insert(
        HeaderName::from_static(seed::HEADER),
        HeaderValue::from_static(""),
    );
    headers
}

/// The `Host` header for a URL, without the default port of the scheme.
fn host(uri: &Uri) -> Option<HeaderValue> {
    let host = uri.host()?;
    let default_port = match uri.scheme_str() {
        Some("https") => 443,
        _ => 80,
    };
    match uri.port_u16() {
        Some(port) if port != default_port => HeaderValue::try_from(format!("{host}:{port}")).ok(),
        _ => HeaderValue::from_str(host).ok(),
    }
}

impl RequestSender {
    pub(crate) fn new(
        endpoint: Endpoint,
        timeout: Duration,
        clock: Clock,
        retry: RetryPolicy,
        transport: Arc<dyn Transport>,
    ) -> Self {
        Self {
            headers: headers(&endpoint),
            endpoint,
            timeout,
            clock,
            retry,
            transport,
            timers: Timers::of_this_process(),
            process: Process::this(),
        }
    }

    /// The URL without the event key.
    pub(crate) fn url(&self) -> &str {
        &self.endpoint.base
    }

    /// The timer for timeouts and delays.
    ///
    /// # Errors
    ///
    /// The operating system cannot start a thread.
    pub(crate) fn timer(&self) -> Result<&Timer, SendError> {
        let timer = self.timers.get();
        timer.map_err(|error| {
            SendError::System(format!("could not start the thread for timeouts: {error}"))
        })
    }

    /// Sends a request and retries until the result is final.
    pub(crate) async fn send(&self, request: &EventRequest) -> RequestResult {
        let timer = match self.process.check().and_then(|()| self.timer()) {
            Ok(timer) => timer,
            Err(error) => {
                return RequestResult::Failed {
                    accepted: AcceptedIds::OfSeed(0),
                    error: Arc::new(error),
                    request: request.clone(),
                };
            }
        };
        let (events, bytes) = (request.len(), request.body_bytes());
        let started = Instant::now();
        // The state after failed attempts; `None` if nothing has changed. Boxed, to keep this future
        // small.
        let mut uncertain: Option<Box<EventRequest>> = None;
        let mut tried = 0_u32;
        let mut is_dev_server_missing = true;
        loop {
            tried = tried.saturating_add(1);
            let span = trace::request_span(&self.endpoint, request, tried);
            let (response, requested) =
                self.try_once(request, timer).instrument(span.clone()).await;
            trace::record_response(&span, &response);
            let (accepted, error) = match response {
                Response::Accepted(ids) => {
                    tracing::debug!(url = self.url(), events, bytes, tried, "events sent");
                    return RequestResult::Accepted(ids);
                }
                Response::Failed { accepted, error } => (accepted, Arc::new(error)),
            };
            if error.may_have_been_accepted() {
                let known = uncertain.map_or_else(|| request.clone(), |known| *known);
                uncertain = Some(known.after(Observation::NoAnswer(Some(&error))).into());
            }
            is_dev_server_missing &= matches!(*error, SendError::NoDevServer { .. });
            let policy = if is_dev_server_missing {
                &self.retry.for_missing_dev_server()
            } else {
                &self.retry
            };
            let delay = policy.delay(tried, started.elapsed(), requested, random());
            let cause = cause(&error);
            let Some(delay) = delay.filter(|_| error.is_transient()) else {
                if request.is_stored() {
                    tracing::debug!(url = self.url(), events, bytes, tried, %error, cause, "events not sent");
                } else {
                    tracing::warn!(url = self.url(), events, bytes, tried, %error, cause, "events not sent");
                }
                return RequestResult::Failed {
                    accepted,
                    error,
                    request: uncertain.map_or_else(|| request.clone(), |known| *known),
                };
            };
            tracing::debug!(url = self.url(), events, bytes, tried, %error, cause, ?delay, "sending again");
            trace::count_retry(&error);
            timer.pause(delay).await;
        }
    }

    /// Makes one attempt. Returns the response and the delay that the server requests.
    async fn try_once(
        &self,
        request: &EventRequest,
        timer: &Timer,
    ) -> (Response, Option<Duration>) {
        let failed = |error| Response::Failed {
            accepted: AcceptedIds::OfSeed(0),
            error,
        };
        let timeout = self.timeout;
        // Pinned here, because `within` would store the future twice.
        let posting = pin!(self.post(request));
        match timer.within(timeout, self.clock, posting).await {
            Some(Ok(answer)) => {
                let (events, bytes) = (request.len(), request.body_bytes());
                let path = self.endpoint.uri.path();
                let (_, key) = path.rsplit_once('/').unwrap_or_default();
                let seed = request.seed();
                let response = response::read(&answer, events, bytes, seed, self.url(), key);
                let requested = match response {
                    Response::Accepted(_) => None,
                    Response::Failed { .. } => {
                        retry::requested_delay(&answer.headers, SystemTime::now())
                    }
                };
                (response, requested)
            }
            Some(Err(source)) => (failed(self.no_answer(source)), None),
            None => {
                let url = self.url().to_owned();
                (failed(SendError::Timeout { url, timeout }), None)
            }
        }
    }

    /// Sends the request. If a reused connection was closed before any byte was written, sends it
    /// again, which does not count as an attempt.
    async fn post(&self, request: &EventRequest) -> Result<Answer, TransportError> {
        loop {
            match self.transport.post(self.http_request(request)).await {
                Err(error) if error.is_unsent() => {}
                result => return result,
            }
        }
    }

    fn http_request(&self, request: &EventRequest) -> Request {
        let mut headers = self.headers.clone();
        // Access by position, because a lookup by name takes ten times as long.
        if let Some(seed) = headers.values_mut().last() {
            *seed = request.seed().header();
        }
        headers.remove(CONTENT_LENGTH);
        #[cfg(feature = "opentelemetry")]
        crate::delivery::traceparent::insert(&mut headers);
        if let Some(Ok(traceparent)) = request.traceparent().map(HeaderValue::from_str) {
            headers.remove("tracestate");
            headers.insert("traceparent", traceparent);
        }
        Request {
            uri: self.endpoint.uri.clone(),
            base: Arc::clone(&self.endpoint.base),
            headers,
            body: request.body(),
        }
    }

    fn no_answer(&self, source: TransportError) -> SendError {
        let url = self.url().to_owned();
        if source.is_no_runtime() {
            SendError::NoRuntime
        } else if source.is_tls() {
            SendError::Tls { url, source }
        } else if !source.is_connect() {
            SendError::ConnectionBroke { url, source }
        } else if self.endpoint.is_dev && !source.is_out_of_files() {
            SendError::NoDevServer { url, source }
        } else {
            SendError::NoConnection { url, source }
        }
    }
}

/// The root cause of an error.
fn cause(error: &SendError) -> Option<String> {
    let mut deepest = error.source()?;
    while let Some(deeper) = deepest.source() {
        deepest = deeper;
    }
    Some(deepest.to_string())
}

/// A random number. If none is available, all clients use the longest delay, which is harmless.
fn random() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
