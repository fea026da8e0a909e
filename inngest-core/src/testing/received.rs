//! Defines `Received`, through which tests read what a server received.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, Method, header};
use serde::de::DeserializeOwned;

use super::api::{self, BodyError, ParsedRequest};
use super::event::{Counts, Duplicate, ReceivedEvent, ReceivedRequest};
use super::fault::{Fault, Faults};
use super::schemas::{FindSchema, Schemas};
use super::state::{Ingested, KeptEvent, State, deduplication_key};
use crate::delivery::event_id::EventId;
use crate::event::Event;
use crate::transport::contract::Answer;

/// The events and requests that a server or a [`Recorder`](super::Recorder) has received.
///
/// It keeps the last 100,000 events, or as many as
/// [`keep_events`](super::EventServerBuilder::keep_events) sets, and forgets the ids of older
/// events.
#[derive(Clone)]
pub struct Received(Arc<Shared>);

/// Shows counts, not the known event keys.
impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts();
        f.debug_struct("Received")
            .field("events", &counts.events)
            .field("runs", &counts.runs)
            .field("batched_runs", &counts.batched_runs)
            .finish_non_exhaustive()
    }
}

struct Shared {
    state: Mutex<State>,
    /// Locked while a request with events is processed: one request at a time, because an event decides
    /// whether later ones are duplicates. The functions of a test run under this lock, but not under the lock
    /// of the state, so they can call the server's methods.
    processing: Mutex<()>,
    changed: Condvar,
    schemas: Schemas,
    observer: Option<Observer>,
}

/// Called after each request, with its accepted events.
pub(super) type Observer = Arc<dyn Fn(&ReceivedRequest, &[ReceivedEvent]) + Send + Sync>;

/// How to respond to a request.
pub(super) enum Handled {
    Answer(Answer),
    /// The fault delays, replaces, cuts off or suppresses the response.
    Fault(Fault, Answer),
}

impl Default for Received {
    fn default() -> Self {
        Self::new(Vec::new(), None, None, None)
    }
}

impl Received {
    pub(super) fn new(
        keys: Vec<String>,
        keep: Option<usize>,
        schemas: Option<FindSchema>,
        observer: Option<Observer>,
    ) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State::new(keys, keep)),
            processing: Mutex::default(),
            changed: Condvar::new(),
            schemas: Schemas::new(schemas),
            observer,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is consistent after each statement, even if a test panicked.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Clones the kept events that match, oldest first.
    fn filtered(&self, matches: impl Fn(&KeptEvent) -> bool) -> Vec<ReceivedEvent> {
        let state = self.state();
        let kept = state.kept().filter(|kept| matches(kept));
        kept.map(|kept| kept.event.clone()).collect()
    }

    /// All events in order of receipt, including duplicates.
    #[must_use]
    pub fn events(&self) -> Vec<ReceivedEvent> {
        self.filtered(|_| true)
    }

    /// The events that would run plain functions: the first event with each `id` within 24 hours,
    /// whatever its name. The event id stands in for a missing `id`.
    ///
    /// An `id` does not deduplicate events for functions with `batchEvents`; see
    /// [`batched_runs`](Self::batched_runs).
    #[must_use]
    pub fn runs(&self) -> Vec<ReceivedEvent> {
        self.filtered(|kept| kept.event.would_run.plain)
    }

    /// The events that would join a batch of functions with `batchEvents`: the first event with each
    /// event id within 30 minutes.
    ///
    /// The request's seed and the event's position determine the event id, so only a resend of the same
    /// request is ignored.
    #[must_use]
    pub fn batched_runs(&self) -> Vec<ReceivedEvent> {
        self.filtered(|kept| kept.event.would_run.batched)
    }

    /// How many events were received, and how many would have run functions, including events that
    /// are no longer kept.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state().counts()
    }

    /// The events that plain functions ignore, each with the earlier event of the same id.
    #[must_use]
    pub fn duplicates(&self) -> Vec<Duplicate> {
        self.filtered_duplicates(|_| true)
    }

    /// The [`duplicates`](Self::duplicates) that functions with `batchEvents` run anyway, because they
    /// were sent again under another event id or after 30 minutes.
    #[must_use]
    pub fn batched_duplicates(&self) -> Vec<Duplicate> {
        self.filtered_duplicates(|event| event.would_run.batched)
    }

    fn filtered_duplicates(&self, matches: impl Fn(&ReceivedEvent) -> bool) -> Vec<Duplicate> {
        let state = self.state();
        let kept = state.kept().filter(|kept| matches(&kept.event));
        let duplicates = kept.filter_map(|kept| {
            Some(Duplicate {
                event: kept.event.clone(),
                first: kept.duplicate_of.as_deref()?.clone(),
            })
        });
        duplicates.collect()
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state())
    }

    pub(super) fn schemas(&self) -> &Schemas {
        &self.0.schemas
    }

    /// The stored event with this event id.
    pub(super) fn stored(&self, id: &EventId) -> Option<ReceivedEvent> {
        self.state().stored(id).cloned()
    }

    /// Up to `limit` stored events that match, ordered by descending event id.
    pub(super) fn list(
        &self,
        limit: usize,
        matches: impl Fn(&ReceivedEvent) -> bool,
    ) -> Vec<ReceivedEvent> {
        let state = self.state();
        let stored = state.kept().map(|kept| &kept.event);
        // Ids within one millisecond are random, so the order of receipt breaks ties.
        let mut stored: Vec<_> = stored.rev().filter(|e| e.stored && matches(e)).collect();
        stored.sort_by_key(|event| std::cmp::Reverse(event.event_id.millis()));
        stored.into_iter().take(limit).cloned().collect()
    }

    /// The data of all events with the name of type `E`, in order of receipt.
    ///
    /// # Errors
    ///
    /// Fails if the data of an event does not fit the type.
    pub fn sent<E: Event + DeserializeOwned>(&self) -> Result<Vec<E>, serde_json::Error> {
        let state = self.state();
        let events = state.kept().filter(|kept| kept.event.name == E::NAME);
        events
            .map(|kept| E::deserialize(&kept.event.data))
            .collect()
    }

    /// The last 10,000 requests, in the order of their responses.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state().requests.iter().cloned().collect()
    }

    /// Advances the server's clock. Plain functions ignore duplicates for 24 hours, functions with
    /// `batchEvents` for 30 minutes.
    pub fn advance(&self, time: Duration) {
        self.state().clock_ahead += time;
    }

    /// Waits until the condition holds, for up to `timeout`. Returns whether it holds. The
    /// condition is checked after each request. This blocks the thread; in async code, call it on
    /// another thread.
    #[must_use]
    pub fn wait_until(&self, timeout: Duration, matches: impl Fn(&Self) -> bool) -> bool {
        let deadline = std::time::Instant::now() + timeout;
        let mut seen = None;
        loop {
            // The condition runs without the lock, so it can read everything.
            if matches(self) {
                return true;
            }
            let state = self.state();
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                return false;
            }
            let now_seen = Some(state.answered);
            if seen == now_seen {
                let waited = self.0.changed.wait_timeout(state, left);
                drop(waited.unwrap_or_else(PoisonError::into_inner));
            }
            seen = now_seen;
        }
    }

    /// Rejects events with status 400 and this error message, as the real server does for
    /// account-specific reasons. Events before a rejected one are accepted; events after it are not
    /// processed.
    ///
    /// The function may call methods of the server, which do not have the events of its request yet. It must
    /// not wait for another request: the server processes one at a time.
    pub fn refuse(&self, why: impl Fn(&ReceivedEvent) -> Option<String> + Send + Sync + 'static) {
        self.state().rejecter = Some(Arc::new(why));
    }

    pub(super) fn faults<T>(&self, change: impl FnOnce(&mut Faults) -> T) -> T {
        change(&mut self.state().faults)
    }

    /// Processes the events of a request by the real server's rules, or as a fault demands.
    pub(super) fn ingest(&self, key: &str, headers: &HeaderMap, body: &[u8]) -> Handled {
        let processing = &self.0.processing;
        let _turn = processing.lock().unwrap_or_else(PoisonError::into_inner);
        let candidates = self.faults(Faults::begin);
        let choice = candidates.choose(headers, body);
        let fault = self.faults(|faults| faults.take(choice));
        let Ingested {
            answer,
            accepted,
            error,
            refused,
        } = match &fault {
            Some(fault) if !fault.accepts_events => {
                Ingested::failed(Answer::new(500, ""), String::new())
            }
            _ => self.process(key, headers, body),
        };
        let (outcome, status, error) = match fault {
            None => {
                let status = answer.status;
                (Handled::Answer(answer), Some(status), error)
            }
            Some(fault) => {
                let status = fault.status_of(&answer);
                let error = fault.error().map(str::to_owned).or(error);
                (Handled::Fault(fault, answer), status, error)
            }
        };
        let request = ReceivedRequest {
            method: Method::POST,
            path: "/e/".into(),
            headers: headers.clone(),
            bytes: body.len(),
            events: accepted.len(),
            status,
            error,
        };
        let text = match refused {
            Some(refused) => refused,
            None if request.error.is_some() => api::beginning(body),
            None => String::new(),
        };
        self.finish(request, accepted, text);
        outcome
    }

    /// Decides which events of a request are accepted, without recording them.
    fn process(&self, key: &str, headers: &HeaderMap, body: &[u8]) -> Ingested {
        let admitted = self.state().admit(key, headers);
        let seed = match admitted {
            Ok(seed) => seed,
            Err(refusal) => return *refusal,
        };
        let content_type = headers.get(header::CONTENT_TYPE);
        let ParsedRequest {
            accepted: parsed,
            mut error,
            mut refused,
        } = api::read(content_type.and_then(|value| value.to_str().ok()), body);
        let rejecter = self.state().rejecter.clone();
        let mut accepted = Vec::with_capacity(parsed.len());
        let mut ran = HashSet::new();
        for (index, event) in parsed.into_iter().enumerate() {
            let event = self.state().received(event, seed.event_id(index), &ran);
            if let Some(message) = rejecter.as_ref().and_then(|rejecter| rejecter(&event)) {
                let listed = accepted.len();
                error = Some(BodyError { message, listed });
                refused = Some(api::beginning(event.json_text().as_bytes()));
                break;
            }
            if event.would_run.plain {
                ran.insert(deduplication_key(&event));
            }
            accepted.push(event);
        }
        Ingested::new(accepted, error, refused)
    }

    /// Records a request without events.
    pub(super) fn record_request(&self, request: ReceivedRequest) {
        self.finish(request, Vec::new(), String::new());
    }

    /// Records a request and its accepted events, wakes waiting threads and calls the observer.
    fn finish(&self, request: ReceivedRequest, accepted: Vec<ReceivedEvent>, text: String) {
        let seen = self.0.observer.is_some();
        let seen = seen.then(|| (request.clone(), accepted.clone()));
        let mut state = self.state();
        for event in accepted {
            state.record_event(event);
        }
        state.drop_surplus();
        state.record_request(request, text);
        self.0.changed.notify_all();
        drop(state);
        if let (Some(observer), Some((request, events))) = (&self.0.observer, seen) {
            observer(&request, &events);
        }
    }
}
