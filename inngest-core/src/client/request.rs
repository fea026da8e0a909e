//! One request, made until it is answered for good.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Uri};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::answer::{self, Ids, Meaning, Named};
use super::chunk::Chunk;
use super::config::Endpoint;
use super::error::SendError;
use super::inner::{Bounds, Inner};
use super::{observe, retry, seed};
use crate::timer::Timer;
use crate::transport::{Answer, Request, TransportError};

/// `{name}:v{semver}`, as the SDK specification has it.
const SDK: &str = concat!("inngest-core:v", env!("CARGO_PKG_VERSION"));

/// What became of a request, after all its tries.
pub(super) enum Sent {
    /// All events were taken, under these ids.
    Taken(Ids),
    Failed {
        /// Those that were taken for certain.
        taken: Named,
        error: SendError,
        doubt: Doubt,
    },
}

/// Whether any of its tries can have brought events to the server.
pub(super) enum Doubt {
    None,
    /// One can; how one before the last failed, if it was that.
    Left(Option<Arc<SendError>>),
}

/// What every request says of its sender.
pub(super) fn headers(endpoint: &Endpoint) -> HeaderMap {
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
    // Known here, so that no HTTP library has to make it anew for each request.
    if let Some(host) = host(endpoint.uri()) {
        headers.insert(HOST, host);
    }
    // Each request has one of its own; its place is here, the last, so that there is room for it.
    headers.insert(
        HeaderName::from_static(seed::HEADER),
        HeaderValue::from_static(""),
    );
    headers
}

/// The header `Host` of requests to a URL: without the port that is its scheme's own.
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

impl Inner {
    /// Makes the request of a chunk until it is answered for good.
    pub(super) async fn request(&self, chunk: &Chunk) -> Sent {
        if let Err(error) = self.process.check() {
            return Sent::Failed {
                taken: Named::OfSeed(0),
                error,
                doubt: Doubt::None,
            };
        }
        let url = self.url();
        let (events, bytes) = (chunk.requested(), chunk.body_bytes());
        let timer = match self.timer() {
            Ok(timer) => timer,
            Err(error) => {
                return Sent::Failed {
                    taken: Named::OfSeed(0),
                    error,
                    doubt: Doubt::None,
                };
            }
        };
        let started = Instant::now();
        let mut in_doubt = false;
        let mut earlier = None;
        let mut tried = 0_u32;
        let mut found_somebody = false;
        loop {
            tried = tried.saturating_add(1);
            let span = observe::request_span(&self.endpoint, chunk, tried);
            let (meaning, asked) = self.try_once(chunk, timer).instrument(span.clone()).await;
            observe::answered(&span, &meaning);
            let (taken, error) = match meaning {
                Meaning::Taken(taken) => {
                    tracing::debug!(url, events, bytes, tried, "events sent");
                    return Sent::Taken(taken);
                }
                Meaning::Failed { taken, error } => (taken, error),
            };
            in_doubt |= error.may_have_been_taken();
            found_somebody |= !matches!(error, SendError::NoDevServer { .. });
            let delay = error.may_pass().then(|| {
                let policy = &self.bounds.retry;
                let policy = if found_somebody {
                    policy
                } else {
                    &policy.for_dev_server()
                };
                policy.delay(tried, started.elapsed(), asked, random())
            });
            let Some(delay) = delay.flatten() else {
                let cause = cause(&error);
                tracing::warn!(url, events, bytes, tried, %error, cause, "events not sent");
                let doubt = if in_doubt {
                    Doubt::Left(earlier)
                } else {
                    Doubt::None
                };
                return Sent::Failed {
                    taken,
                    error,
                    doubt,
                };
            };
            let cause = cause(&error);
            tracing::debug!(url, events, bytes, tried, %error, cause, ?delay, "sending again");
            observe::again(&error);
            if error.may_have_been_taken() {
                earlier = Some(Arc::new(error));
            }
            timer.pause(delay).await;
        }
    }

    /// One try, which begins now: what the answer means, and when the server wants to be asked
    /// again.
    async fn try_once(&self, chunk: &Chunk, timer: &Timer) -> (Meaning, Option<Duration>) {
        let failed = |error| Meaning::Failed {
            taken: Named::OfSeed(0),
            error,
        };
        let Bounds { timeout, clock, .. } = self.bounds;
        match timer.within(timeout, clock, self.post(chunk)).await {
            Some(Ok(answer)) => {
                let (events, bytes) = (chunk.requested(), chunk.body_bytes());
                let path = self.endpoint.uri().path();
                let (_, key) = path.rsplit_once('/').unwrap_or_default();
                let meaning = answer::read(&answer, events, bytes, chunk.seed(), &self.url, key);
                let asked = match meaning {
                    Meaning::Taken(_) => None,
                    Meaning::Failed { .. } => retry::asked_for(&answer.headers, SystemTime::now()),
                };
                (meaning, asked)
            }
            Some(Err(source)) => (failed(self.no_answer(source)), None),
            None => {
                let url = self.url().to_owned();
                (failed(SendError::Timeout { url, timeout }), None)
            }
        }
    }

    /// Has the transport make the request, and once more where the connection had been closed before
    /// anything of it was written: that is no try, because nothing was tried.
    async fn post(&self, chunk: &Chunk) -> Result<Answer, TransportError> {
        loop {
            match self.transport.post(self.http_request(chunk)).await {
                Err(error) if error.is_unsent() => {}
                result => return result,
            }
        }
    }

    fn http_request(&self, chunk: &Chunk) -> Request {
        let mut headers = self.headers.clone();
        // Found by its place, because finding it by its name takes ten times as long.
        if let Some(seed) = headers.values_mut().last() {
            *seed = chunk.seed().header();
        }
        #[cfg(feature = "opentelemetry")]
        super::traceparent::insert(&mut headers);
        Request {
            uri: self.endpoint.uri().clone(),
            base: Arc::clone(&self.url),
            headers,
            body: chunk.body(),
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

/// The first cause of all, where there is one.
fn cause(error: &SendError) -> Option<String> {
    let mut deepest = error.source()?;
    while let Some(deeper) = deepest.source() {
        deepest = deeper;
    }
    Some(deepest.to_string())
}

/// Any number. Without random numbers all clients wait the longest time, which is no harm.
fn random() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX)
}
