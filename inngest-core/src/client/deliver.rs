//! Requests under way, and what became of each event.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};

use super::answer::{self, Meaning};
use super::chunk::{self, Chunk, Cut, Limits};
use super::config::Endpoint;
use super::error::{BatchError, Outcome, SendError};
use super::receipt::{EventId, Receipt};
use super::seed;
use crate::batch::Batch;
use crate::error::PayloadError;
use crate::transport::{Request, Transport, TransportError};

/// `{name}:v{semver}`, as the SDK specification has it.
const SDK: &str = concat!("inngest-core:v", env!("CARGO_PKG_VERSION"));

pub(crate) struct Inner {
    endpoint: Endpoint,
    url: Arc<str>,
    headers: HeaderMap,
    limits: Limits,
    concurrency: usize,
    timeout: Duration,
    transport: Arc<dyn Transport>,
}

/// What became of a request.
struct Sent {
    chunk: Chunk,
    taken: Vec<EventId>,
    error: Option<SendError>,
}

impl Inner {
    pub(super) fn new(
        endpoint: Endpoint,
        limits: Limits,
        concurrency: usize,
        timeout: Duration,
        transport: Arc<dyn Transport>,
    ) -> Self {
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
            limits,
            concurrency,
            timeout,
            transport,
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn is_dev(&self) -> bool {
        self.endpoint.is_dev()
    }

    /// Sends a batch of one event.
    pub(super) async fn deliver_one(&self, batch: Batch) -> Result<Receipt, SendError> {
        let Cut { chunks, too_large } =
            chunk::cut(batch, &self.limits).map_err(|(_, error)| no_randomness(error))?;
        if let Some(error) = too_large.into_iter().next() {
            return Err(error.into());
        }
        let mut answer = Err(SendError::NoRandomness("no request was made".into()));
        for chunk in chunks {
            let sent = self.request(chunk).await;
            answer = match (sent.error, sent.taken.into_iter().next()) {
                (None, Some(event_id)) => Ok(sent.chunk.receipt(0, event_id)),
                (Some(error), _) => Err(error),
                (None, None) => continue,
            };
        }
        answer
    }

    /// Sends a batch. `refused` are the events that are not in it, with their places in the whole.
    pub(super) async fn deliver(
        &self,
        batch: Batch,
        refused: Vec<PayloadError>,
    ) -> Result<Vec<Receipt>, BatchError> {
        let total = batch.len() + refused.len();
        let cut = match chunk::cut(batch, &self.limits) {
            Ok(cut) => cut,
            Err((batch, error)) => {
                let error = Arc::new(no_randomness(error));
                let outcomes = vec![Outcome::Rejected(error); total];
                return Err(BatchError::new(outcomes, batch));
            }
        };
        let sent: Vec<Sent> = futures_util::stream::iter(cut.chunks)
            .map(|chunk| self.request(chunk))
            .buffered(self.concurrency)
            .collect()
            .await;
        account(total, refused, cut.too_large, sent)
    }

    async fn request(&self, chunk: Chunk) -> Sent {
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
        let answer = tokio::time::timeout(self.timeout, self.transport.post(request)).await;
        let url = &*self.url;
        let meaning = match answer {
            Ok(Ok(answer)) => answer::read(&answer, chunk.len(), bytes, url),
            Ok(Err(source)) => Meaning::Failed {
                taken: Vec::new(),
                error: self.unreachable(source),
            },
            Err(_) => Meaning::Failed {
                taken: Vec::new(),
                error: SendError::Timeout {
                    url: url.to_owned(),
                    timeout: self.timeout,
                },
            },
        };
        match meaning {
            Meaning::Taken(taken) => {
                tracing::debug!(url, events = chunk.len(), bytes, "events sent");
                Sent {
                    chunk,
                    taken,
                    error: None,
                }
            }
            Meaning::Failed { taken, error } => {
                tracing::warn!(url, events = chunk.len(), bytes, %error, "events not sent");
                Sent {
                    chunk,
                    taken,
                    error: Some(error),
                }
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
        for outcome in outcomes(&sent.chunk, sent.taken, sent.error) {
            if let Some(slot) = empty.next() {
                *slot = Some(outcome);
            }
        }
        if failed {
            unsent.pinned.push(sent.chunk);
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
fn outcomes(chunk: &Chunk, taken: Vec<EventId>, error: Option<SendError>) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = taken
        .into_iter()
        .enumerate()
        .map(|(index, event_id)| Outcome::Accepted(chunk.receipt(index, event_id)))
        .collect();
    let Some(error) = error.map(Arc::new) else {
        return outcomes;
    };
    // A refusal names a lower bound of what was taken before it, so of more than one event it is
    // not known which was refused.
    let refused_among_many = matches!(*error, SendError::Refused { .. }) && chunk.len() > 1;
    let unknown = refused_among_many || error.may_have_been_taken();
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
    outcomes
}
