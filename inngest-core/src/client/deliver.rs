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
use tokio::time::Instant;

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

/// What became of a request, after all its tries.
enum Sent {
    /// All events were taken, under these ids.
    Taken(Vec<EventId>),
    Failed {
        /// How many of the first were taken for certain.
        taken: usize,
        error: SendError,
        /// Whether any of the tries can have brought events to the server.
        may_have_been_taken: bool,
    },
}

/// What became of the events of a chunk.
#[derive(Default)]
pub(super) struct Delivered {
    /// For each event that was open, in order.
    pub(super) outcomes: Vec<Outcome>,
    /// What can be sent again.
    pub(super) unsent: Vec<Chunk>,
}

impl Delivered {
    fn accept(&mut self, chunk: &Chunk, index: usize, event_id: EventId) {
        let receipt = chunk.receipt(index, event_id);
        self.outcomes.push(Outcome::Accepted(receipt));
    }

    fn reject(&mut self, events: usize, error: SendError) {
        let error = Arc::new(error);
        self.outcomes
            .extend((0..events).map(|_| Outcome::Rejected(Arc::clone(&error))));
    }

    /// Receipts for all events, or what became of each.
    fn into_result(self) -> Result<Vec<Receipt>, BatchError> {
        let all_accepted = self
            .outcomes
            .iter()
            .all(|outcome| outcome.error().is_none());
        if all_accepted {
            let receipts = self
                .outcomes
                .into_iter()
                .filter_map(|outcome| match outcome {
                    Outcome::Accepted(receipt) => Some(receipt),
                    _ => None,
                });
            return Ok(receipts.collect());
        }
        let unsent = Batch {
            pinned: self.unsent,
            ..Batch::default()
        };
        Err(BatchError::new(self.outcomes, unsent))
    }

    /// The open events of a chunk, of which nothing is known but that they can be sent again.
    fn give_up(&mut self, chunk: Chunk, error: SendError, may_have_been_taken: bool) {
        if may_have_been_taken {
            let error = Arc::new(error);
            let unknown = chunk.open().map(|index| Outcome::Unknown {
                event_id: chunk.event_id(index),
                dedup_id: chunk.dedup_id(index),
                error: Arc::clone(&error),
            });
            self.outcomes.extend(unknown);
            self.unsent.push(chunk.put_in_doubt());
        } else {
            self.reject(chunk.open().len(), error);
            self.unsent.push(chunk);
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

    pub(super) fn concurrency(&self) -> usize {
        self.bounds.concurrency
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
        match self.request(&chunk).await {
            Sent::Failed { error, .. } => Err(error),
            // All are taken, so there is one; it is the one of the seed.
            Sent::Taken(ids) => {
                let event_id = ids.into_iter().next();
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
        let mut not_sent = refused;
        for error in cut.too_large {
            // Its place is that in the batch, which those that were refused are not in.
            let place = not_sent.iter().fold(error.index(), |place, refused| {
                place + usize::from(refused.index() <= place)
            });
            not_sent.push(error.at(place));
            not_sent.sort_by_key(PayloadError::index);
        }
        let delivered = self.deliver_all(total, cut.chunks, not_sent).await;
        delivered.into_result()
    }

    /// Sends the events of chunks. `not_sent` are those that are in none, in order, with their
    /// places among all.
    pub(super) async fn deliver_all(
        &self,
        total: usize,
        chunks: Vec<Chunk>,
        not_sent: Vec<PayloadError>,
    ) -> Delivered {
        let each: Vec<Delivered> = futures_util::stream::iter(chunks)
            .map(|chunk| self.deliver_chunk(chunk))
            .buffered(self.bounds.concurrency)
            .collect()
            .await;
        let mut all = Delivered::default();
        for delivered in each {
            all.outcomes.extend(delivered.outcomes);
            all.unsent.extend(delivered.unsent);
        }
        if !not_sent.is_empty() {
            all.outcomes = merge(total, not_sent, all.outcomes);
        }
        all
    }

    /// Sends the events of a chunk, in as many requests as it takes to know of each what became of
    /// it.
    async fn deliver_chunk(&self, chunk: Chunk) -> Delivered {
        let mut delivered = Delivered::default();
        // What is left to send, the next last.
        let mut left = vec![chunk];
        while let Some(chunk) = left.pop() {
            let open = chunk.open();
            let (taken, error, may_have_been_taken) = match self.request(&chunk).await {
                Sent::Taken(ids) => {
                    for (index, event_id) in ids.into_iter().enumerate().skip(open.start) {
                        delivered.accept(&chunk, index, event_id);
                    }
                    continue;
                }
                Sent::Failed {
                    taken,
                    error,
                    may_have_been_taken,
                } => (taken, error, may_have_been_taken),
            };
            let next = match error {
                SendError::Refused { message } => {
                    self.around_refused(chunk, taken, message, &mut delivered)
                        .await
                }
                error @ SendError::RequestTooLarge { .. } if may_have_been_taken => {
                    delivered.give_up(chunk, error, true);
                    None
                }
                error @ SendError::RequestTooLarge { .. } if open.len() <= 1 => {
                    delivered.reject(open.len(), error);
                    None
                }
                // Nothing of it was taken, so its halves can have ids of their own.
                SendError::RequestTooLarge { .. } => {
                    let middle = open.start + open.len() / 2;
                    let halves = chunk.anew(open.start..middle).and_then(|first| {
                        let second = chunk.anew(middle..open.end)?;
                        Ok([second, first])
                    });
                    match halves {
                        Ok([second, first]) => {
                            left.push(second);
                            Some(first)
                        }
                        Err(error) => {
                            delivered.give_up(chunk, no_randomness(error), false);
                            None
                        }
                    }
                }
                error => {
                    delivered.give_up(chunk, error, may_have_been_taken);
                    None
                }
            };
            left.extend(next);
        }
        delivered
    }

    /// Finds the event that the server refused, and returns those after it, which it does not
    /// have, as a request of their own.
    ///
    /// The answer does not say which event it was, and names only some of those that were taken
    /// before it. A prefix of the request has the same event ids, so that sending it again runs
    /// nothing twice: the refused event is the last of the shortest prefix that is refused.
    async fn around_refused(
        &self,
        chunk: Chunk,
        taken: usize,
        mut message: String,
        delivered: &mut Delivered,
    ) -> Option<Chunk> {
        let open = chunk.open();
        let mut taken = taken.max(open.start);
        let mut refused = open.end;
        // Most often the answer names all, and the next event is the one.
        let mut guess = taken + 1;
        while refused - taken > 1 {
            match self.request(&chunk.prefix(guess)).await {
                Sent::Taken(_) => taken = guess,
                Sent::Failed {
                    taken: named,
                    error: SendError::Refused { message: said },
                    ..
                } => {
                    refused = guess;
                    taken = taken.max(named.min(guess - 1));
                    message = said;
                }
                Sent::Failed { error, .. } => {
                    for index in open.start..taken {
                        delivered.accept(&chunk, index, chunk.event_id(index));
                    }
                    delivered.give_up(chunk.with_taken(taken), error, true);
                    return None;
                }
            }
            guess = taken + (refused - taken).div_ceil(2);
        }
        for index in open.start..taken {
            delivered.accept(&chunk, index, chunk.event_id(index));
        }
        delivered.reject(1, SendError::Refused { message });
        if refused == open.end {
            return None;
        }
        match chunk.anew(refused..open.end) {
            Ok(rest) => Some(rest),
            Err(error) => {
                let events = open.end - refused;
                delivered.reject(events, no_randomness(error));
                None
            }
        }
    }

    /// Makes the request of a chunk until it is answered for good.
    async fn request(&self, chunk: &Chunk) -> Sent {
        let url = &*self.url;
        let (events, bytes) = (chunk.requested(), chunk.body().len());
        let started = Instant::now();
        let mut may_have_been_taken = chunk.is_in_doubt();
        let mut tried = 0_u32;
        loop {
            tried = tried.saturating_add(1);
            let (meaning, asked) = self.try_once(chunk).await;
            let (taken, error) = match meaning {
                Meaning::Taken(taken) => {
                    tracing::debug!(url, events, bytes, tried, "events sent");
                    return Sent::Taken(taken);
                }
                Meaning::Failed { taken, error } => (taken, error),
            };
            may_have_been_taken |= error.may_have_been_taken();
            let delay = error.may_pass().then(|| {
                let retry = &self.bounds.retry;
                retry.delay(tried, started.elapsed(), asked, random())
            });
            let Some(delay) = delay.flatten() else {
                tracing::warn!(url, events, bytes, tried, %error, "events not sent");
                return Sent::Failed {
                    taken: taken.len(),
                    error,
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
                (
                    answer::read(&answer, chunk.requested(), bytes, &self.url),
                    asked,
                )
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

/// Puts events that were not sent at their places among what became of the others.
fn merge(total: usize, not_sent: Vec<PayloadError>, others: Vec<Outcome>) -> Vec<Outcome> {
    let mut merged = Vec::with_capacity(total);
    let mut others = others.into_iter();
    for error in not_sent {
        let before = error.index().saturating_sub(merged.len());
        merged.extend(others.by_ref().take(before));
        merged.push(Outcome::Rejected(Arc::new(error.into())));
    }
    merged.extend(others);
    merged
}
