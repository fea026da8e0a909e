//! Sends one request and retries until the result is final.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
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

/// Thirty years, the delay used if a requested delay overflows the clock.
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
    /// The URL without the event key.
    url: Arc<str>,
    headers: HeaderMap,
    time: Time,
    retry: RetryPolicy,
    transport: Arc<dyn Transport>,
    timers: Timers,
    /// The process that created the client.
    pub(crate) process: Process,
}

/// The timeout of an attempt.
#[derive(Clone, Copy)]
pub(crate) struct Time {
    pub(crate) timeout: Duration,
    /// The clock of the timeout.
    pub(crate) clock: Clock,
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
    if let Some(env) = endpoint.env() {
        headers.insert(HeaderName::from_static("x-inngest-env"), env.clone());
    }
    // Set the host once, so that the HTTP library does not create it for each request.
    if let Some(host) = host(endpoint.uri()) {
        headers.insert(HOST, host);
    }
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
    let own = match uri.scheme_str() {
        Some("https") => 443,
        _ => 80,
    };
    match uri.port_u16() {
        Some(port) if port != own => HeaderValue::try_from(format!("{host}:{port}")).ok(),
        _ => HeaderValue::from_str(host).ok(),
    }
}

impl RequestSender {
    pub(crate) fn new(
        endpoint: Endpoint,
        time: Time,
        retry: RetryPolicy,
        transport: Arc<dyn Transport>,
    ) -> Self {
        Self {
            url: endpoint.base().into(),
            headers: headers(&endpoint),
            endpoint,
            time,
            retry,
            transport,
            timers: Timers::of_this_process(),
            process: Process::this(),
        }
    }

    /// The URL without the event key.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn is_dev(&self) -> bool {
        self.endpoint.is_dev()
    }

    /// The clock of the timeout.
    pub(crate) fn clock(&self) -> Clock {
        self.time.clock
    }

    /// The timer for timeouts and delays.
    ///
    /// # Errors
    ///
    /// The operating system cannot start a thread.
    pub(crate) fn timer(&self) -> Result<&Timer, SendError> {
        let timer = self.timers.get();
        timer.map_err(|error| SendError::NoThread(error.to_string()))
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
        let url = self.url();
        let (events, bytes) = (request.len(), request.body_bytes());
        let started = Instant::now();
        // The state after failed attempts; `None` if nothing has changed.
        let mut uncertain: Option<EventRequest> = None;
        let mut tried = 0_u32;
        let mut found_somebody = false;
        loop {
            tried = tried.saturating_add(1);
            let span = trace::request_span(&self.endpoint, request, tried);
            let (response, asked) = self.try_once(request, timer).instrument(span.clone()).await;
            trace::answered(&span, &response);
            let (accepted, error) = match response {
                Response::Accepted(ids) => {
                    tracing::debug!(url, events, bytes, tried, "events sent");
                    return RequestResult::Accepted(ids);
                }
                Response::Failed { accepted, error } => (accepted, Arc::new(error)),
            };
            if error.may_have_been_accepted() {
                let known = uncertain.unwrap_or_else(|| request.clone());
                uncertain = Some(known.after(Observation::NoAnswer(Some(&error))));
            }
            found_somebody |= !matches!(*error, SendError::NoDevServer { .. });
            let delay = error.is_transient().then(|| {
                let policy = &self.retry;
                let policy = if found_somebody {
                    policy
                } else {
                    &policy.for_dev_server()
                };
                policy.delay(tried, started.elapsed(), asked, random())
            });
            let cause = cause(&error);
            let Some(delay) = delay.flatten() else {
                tracing::warn!(url, events, bytes, tried, %error, cause, "events not sent");
                return RequestResult::Failed {
                    accepted,
                    error,
                    request: uncertain.unwrap_or_else(|| request.clone()),
                };
            };
            tracing::debug!(url, events, bytes, tried, %error, cause, ?delay, "sending again");
            trace::count_retry(&error);
            timer.pause(delay).await;
        }
    }

    /// Makes one attempt. Returns the response and the delay that the server asks for.
    async fn try_once(&self, sent: &EventRequest, timer: &Timer) -> (Response, Option<Duration>) {
        let failed = |error| Response::Failed {
            accepted: AcceptedIds::OfSeed(0),
            error,
        };
        let Time { timeout, clock } = self.time;
        match timer.within(timeout, clock, self.post(sent)).await {
            Some(Ok(answer)) => {
                let (events, bytes) = (sent.len(), sent.body_bytes());
                let path = self.endpoint.uri().path();
                let (_, key) = path.rsplit_once('/').unwrap_or_default();
                let response = response::read(&answer, events, bytes, sent.seed(), &self.url, key);
                let asked = match response {
                    Response::Accepted(_) => None,
                    Response::Failed { .. } => retry::asked_for(&answer.headers, SystemTime::now()),
                };
                (response, asked)
            }
            Some(Err(source)) => (failed(self.no_answer(source)), None),
            None => {
                let url = self.url().to_owned();
                (failed(SendError::Timeout { url, timeout }), None)
            }
        }
    }

    /// Sends the request. If a reused connection was closed before any byte was written, sends it
    /// once more; this does not count as an attempt.
    async fn post(&self, sent: &EventRequest) -> Result<Answer, TransportError> {
        loop {
            match self.transport.post(self.http_request(sent)).await {
                Err(error) if error.is_unsent() => {}
                result => return result,
            }
        }
    }

    fn http_request(&self, sent: &EventRequest) -> Request {
        let mut headers = self.headers.clone();
        // Access by position, because a lookup by name takes ten times as long.
        if let Some(seed) = headers.values_mut().last() {
            *seed = sent.seed().header();
        }
        #[cfg(feature = "opentelemetry")]
        crate::delivery::traceparent::insert(&mut headers);
        Request {
            uri: self.endpoint.uri().clone(),
            base: Arc::clone(&self.url),
            headers,
            body: sent.body(),
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
        } else if self.is_dev() && !source.is_out_of_files() {
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
