//! Requests under way, and what became of each event.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};

use super::answer::{self, Meaning};
use super::chunk::{self, Chunk, Limits};
use super::config::Endpoint;
use super::error::{BatchError, Outcome, SendError};
use super::receipt::{EventId, Receipt};
use super::retry::{self, RetryPolicy};
use super::seed;
use crate::batch::{Batch, Entry};
use crate::error::PayloadError;
use crate::transport::{Request, Transport, TransportError};

/// `{name}:v{semver}`, as the SDK specification has it.
const SDK: &str = concat!("inngest-core:v", env!("CARGO_PKG_VERSION"));

pub(crate) struct Inner {
    endpoint: Endpoint,
    url: Arc<str>,
    headers: HeaderMap,
    bounds: Bounds,
    transport: Arc<dyn Transport>,
}

/// What a client allows its requests.
pub(super) struct Bounds {
    pub(super) limits: Limits,
    pub(super) concurrency: usize,
    pub(super) timeout: Duration,
    pub(super) retry: RetryPolicy,
}

/// What became of a request.
struct Sent {
    chunk: Chunk,
    taken: Vec<EventId>,
    error: Option<SendError>,
    /// Whether any of its tries can have brought events to the server.
    may_have_been_taken: bool,
}

impl Sent {
    fn all(chunk: Chunk, taken: Vec<EventId>) -> Self {
        Self {
            chunk,
            taken,
            error: None,
            may_have_been_taken: true,
        }
    }
}

impl Inner {
    pub(super) fn new(endpoint: Endpoint, bounds: Bounds, transport: Arc<dyn Transport>) -> Self {
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
        Self {
            url: endpoint.base().into(),
            endpoint,
            headers,
            bounds,
            transport,
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.bounds.limits
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn is_dev(&self) -> bool {
        self.endpoint.is_dev()
    }

    /// Sends the event that stands in a buffer.
    pub(super) async fn deliver_one(
        &self,
        buffer: Vec<u8>,
        entry: Entry,
    ) -> Result<Receipt, SendError> {
        if let Some(error) = chunk::too_large(&entry, &self.bounds.limits) {
            return Err(error.into());
        }
        let chunk = Chunk::single(buffer, entry).map_err(no_randomness)?;
        let Sent {
            chunk,
            taken,
            error,
            ..
        } = self.request(chunk).await;
        match error {
            Some(error) => Err(error),
            // All are taken, so there is one; it is the one of the seed.
            None => {
                let event_id = taken.into_iter().next();
                Ok(chunk.receipt(0, event_id.unwrap_or_else(|| chunk.event_id(0))))
            }
        }
    }

    /// Sends a batch. `refused` are the events that are not in it, with their places in the whole.
    pub(super) async fn deliver(
        &self,
        batch: Batch,
        refused: Vec<PayloadError>,
    ) -> Result<Vec<Receipt>, BatchError> {
        let total = batch.len() + refused.len();
        let cut = match chunk::cut(batch, &self.bounds.limits) {
            Ok(cut) => cut,
            Err((batch, error)) => {
                return Err(BatchError::nothing_sent(no_randomness(error), total, batch));
            }
        };
        let sent: Vec<Sent> = futures_util::stream::iter(cut.chunks)
            .map(|chunk| self.request(chunk))
            .buffered(self.bounds.concurrency)
            .collect()
            .await;
        account(total, refused, cut.too_large, sent)
    }

    /// Makes the request of a chunk until it is answered for good.
    async fn request(&self, chunk: Chunk) -> Sent {
        let url = &*self.url;
        let (events, bytes) = (chunk.len(), chunk.body().len());
        let mut may_have_been_taken = false;
        let mut tried = 0_u32;
        loop {
            tried = tried.saturating_add(1);
            let (meaning, asked) = self.try_once(&chunk).await;
            let (taken, error) = match meaning {
                Meaning::Taken(taken) => {
                    tracing::debug!(url, events, bytes, tried, "events sent");
                    return Sent::all(chunk, taken);
                }
                Meaning::Failed { taken, error } => (taken, error),
            };
            may_have_been_taken |= error.may_have_been_taken();
            let delay = error
                .may_pass()
                .then(|| self.bounds.retry.delay(tried, asked, random()));
            let Some(delay) = delay.flatten() else {
                tracing::warn!(url, events, bytes, tried, %error, "events not sent");
                return Sent {
                    chunk,
                    taken,
                    error: Some(error),
                    may_have_been_taken,
                };
            };
            tracing::debug!(url, events, bytes, tried, %error, ?delay, "sending again");
            tokio::time::sleep(delay).await;
        }
    }

    /// One try: what the answer means, and when the server wants to be asked again.
    async fn try_once(&self, chunk: &Chunk) -> (Meaning, Option<Duration>) {
        let body = chunk.body();
        let bytes = body.len();
        let mut headers = self.headers.clone();
        headers.insert(HeaderName::from_static(seed::HEADER), chunk.seed().header());
        let request = Request {
            uri: self.endpoint.uri().clone(),
            base: Arc::clone(&self.url),
            headers,
            body,
        };
        let failed = |error| Meaning::Failed {
            taken: Vec::new(),
            error,
        };
        let timeout = self.bounds.timeout;
        match tokio::time::timeout(timeout, self.transport.post(request)).await {
            Ok(Ok(answer)) => {
                let asked = retry::asked_for(&answer.headers, SystemTime::now());
                (answer::read(&answer, chunk.len(), bytes, &self.url), asked)
            }
            Ok(Err(source)) => (failed(self.unreachable(source)), None),
            Err(_) => {
                let url = self.url.as_ref().to_owned();
                (failed(SendError::Timeout { url, timeout }), None)
            }
        }
    }

    fn unreachable(&self, source: TransportError) -> SendError {
        let hint = if source.is_connect() && self.is_dev() {
            "; is the dev server running? Start it with `npx inngest-cli dev`"
        } else if source.is_connect() {
            "; check the base URL, the network and the proxy"
        } else {
            "; the connection broke, the server may have taken the events"
        };
        SendError::Transport {
            url: self.url.as_ref().to_owned(),
            hint,
            source,
        }
    }
}

/// Any number. Without random numbers all clients wait the longest time, which is no harm.
fn random() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX)
}

fn no_randomness(error: getrandom::Error) -> SendError {
    SendError::NoRandomness(error.to_string())
}

/// Receipts for all events, or what became of each.
fn account(
    total: usize,
    refused: Vec<PayloadError>,
    too_large: Vec<PayloadError>,
    sent: Vec<Sent>,
) -> Result<Vec<Receipt>, BatchError> {
    let complete = refused.is_empty() && too_large.is_empty();
    if complete && sent.iter().all(|sent| sent.error.is_none()) {
        let mut receipts = Vec::with_capacity(total);
        for Sent { chunk, taken, .. } in sent {
            let taken = taken.into_iter().enumerate();
            receipts.extend(taken.map(|(index, event_id)| chunk.receipt(index, event_id)));
        }
        return Ok(receipts);
    }

    // First those that were never in the batch, then those of the batch that were in no request,
    // by their places among what is left; the requests' events fill the rest in order.
    let mut slots: Vec<Option<Outcome>> = vec![None; total];
    for error in refused {
        let index = error.index();
        fill(slots.get_mut(index), error.into());
    }
    let places: Vec<usize> = (0..total)
        .filter(|place| matches!(slots.get(*place), Some(None)))
        .collect();
    for error in too_large {
        let Some(&place) = places.get(error.index()) else {
            continue;
        };
        fill(slots.get_mut(place), error.at(place).into());
    }
    let mut unsent = Batch::new();
    let mut empty = slots.iter_mut().filter(|slot| slot.is_none());
    for sent in sent {
        let failed = sent.error.is_some();
        let (chunk, outcomes) = outcomes(sent);
        for outcome in outcomes {
            if let Some(slot) = empty.next() {
                *slot = Some(outcome);
            }
        }
        if failed {
            unsent.pinned.push(chunk);
        }
    }
    Err(BatchError::new(
        slots.into_iter().flatten().collect(),
        unsent,
    ))
}

fn fill(slot: Option<&mut Option<Outcome>>, error: SendError) {
    if let Some(slot) = slot {
        *slot = Some(Outcome::Rejected(Arc::new(error)));
    }
}

/// What became of the events of a request, in order.
fn outcomes(sent: Sent) -> (Chunk, Vec<Outcome>) {
    let Sent {
        chunk,
        taken,
        error,
        may_have_been_taken,
    } = sent;
    let mut outcomes: Vec<Outcome> = taken
        .into_iter()
        .enumerate()
        .map(|(index, event_id)| Outcome::Accepted(chunk.receipt(index, event_id)))
        .collect();
    let Some(error) = error.map(Arc::new) else {
        return (chunk, outcomes);
    };
    // A refusal names a lower bound of what was taken before it, so of more than one event it is
    // not known which was refused.
    let unknown = match *error {
        SendError::Refused { .. } => chunk.len() > 1,
        _ => may_have_been_taken,
    };
    for index in outcomes.len()..chunk.len() {
        outcomes.push(if unknown {
            Outcome::Unknown {
                event_id: chunk.event_id(index),
                dedup_id: chunk.dedup_id(index),
                error: Arc::clone(&error),
            }
        } else {
            Outcome::Rejected(Arc::clone(&error))
        });
    }
    (chunk, outcomes)
}
