//! Stores received events and decides which would run functions.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Map, Value, json};

use super::api::{BodyError, Incoming};
use super::event::{Counts, ReceivedEvent, ReceivedRequest, WouldRun};
use super::fault::Faults;
use crate::delivery::event_id::EventId;
use crate::delivery::seed::{self, Seed};
use crate::event::timestamp::now;
use crate::transport::contract::Answer;

/// How long plain functions ignore another event with the same id (documented).
const PLAIN_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// How long functions with `batchEvents` ignore another event with the same event id (measured: ignored
/// after 10 minutes, run again after 31).
const BATCHED_WINDOW: Duration = Duration::from_secs(30 * 60);

/// The default number of kept events.
const KEPT_EVENTS: usize = 100_000;

/// The number of kept requests.
const KEPT_REQUESTS: usize = 10_000;

/// The number of kept failures. Each can have 16 KiB of a body.
const KEPT_FAILURES: usize = 200;

pub(super) struct State {
    keys: Vec<String>,
    keep: usize,
    events: VecDeque<KeptEvent>,
    /// The number of events dropped so far, which is also the number of the oldest kept event.
    dropped: usize,
    /// Events that would have run plain functions, including dropped ones.
    runs: usize,
    /// Events that would have run functions with `batchEvents`, including dropped ones.
    batched_runs: usize,
    /// Maps an id to the number of the last event that ran plain functions under it.
    ran: HashMap<String, usize>,
    /// Maps an event id to the number of the last event that ran batched functions under it.
    ran_batched: HashMap<EventId, usize>,
    /// Maps an event id to the number of the stored event.
    stored: HashMap<EventId, usize>,
    pub(super) requests: VecDeque<ReceivedRequest>,
    failures: VecDeque<Failure>,
    /// The number of the last event or failure.
    last_entry: usize,
    /// Tells the page whether the server was restarted.
    pub(super) started: i64,
    /// How many requests were answered, including requests that are no longer kept.
    pub(super) answered: usize,
    pub(super) clock_ahead: Duration,
    pub(super) faults: Faults,
    pub(super) rejecter: Option<Rejecter>,
}

/// A test's rule to reject events: returns the error message for a rejected event.
pub(super) type Rejecter = Arc<RejectFn>;

type RejectFn = dyn Fn(&ReceivedEvent) -> Option<String> + Send + Sync;

/// The result of a request with events.
pub(super) struct Ingested {
    pub(super) answer: Answer,
    /// The accepted events, which are not recorded yet.
    pub(super) accepted: Vec<ReceivedEvent>,
    pub(super) error: Option<String>,
    /// The beginning of the event with the error.
    pub(super) refused: Option<String>,
}

impl Ingested {
    /// The result of a request whose events are accepted up to an error.
    pub(super) fn new(
        accepted: Vec<ReceivedEvent>,
        error: Option<BodyError>,
        refused: Option<String>,
    ) -> Self {
        let listed = error.as_ref().map_or(accepted.len(), |error| error.listed);
        let ids = accepted.iter().take(listed);
        let mut ids: Vec<_> = ids.map(|event| event.event_id.to_string()).collect();
        if ids.is_empty() {
            ids.push(String::new());
        }
        let error = error.map(|error| error.message);
        let answer = match &error {
            None => answer(200, &json!({ "ids": ids, "status": 200 })),
            Some(error) => answer(400, &json!({ "ids": ids, "status": 400, "error": error })),
        };
        Self {
            answer,
            accepted,
            error,
            refused,
        }
    }

    /// The result of a request without accepted events.
    pub(super) fn failed(answer: Answer, error: String) -> Self {
        Self {
            answer,
            accepted: Vec::new(),
            error: Some(error),
            refused: None,
        }
    }
}

#[derive(Clone)]
pub(super) struct KeptEvent {
    /// Counts events and failures in order of receipt, starting with 1.
    pub(super) entry: usize,
    pub(super) event: ReceivedEvent,
    /// The earlier event with the same id, if plain functions ignore this one.
    pub(super) duplicate_of: Option<Box<ReceivedEvent>>,
}

/// A failed request.
pub(super) struct Failure {
    /// Counts events and failures in order of receipt, starting with 1.
    pub(super) entry: usize,
    pub(super) request: ReceivedRequest,
    pub(super) received_at: i64,
    /// The beginning of the refused event, or else of the body.
    pub(super) text: String,
}

impl State {
    pub(super) fn new(keys: Vec<String>, keep: Option<usize>) -> Self {
        Self {
            keys,
            keep: keep.unwrap_or(KEPT_EVENTS),
            events: VecDeque::new(),
            dropped: 0,
            runs: 0,
            batched_runs: 0,
            ran: HashMap::new(),
            ran_batched: HashMap::new(),
            stored: HashMap::new(),
            requests: VecDeque::new(),
            failures: VecDeque::new(),
            last_entry: 0,
            started: now(),
            answered: 0,
            clock_ahead: Duration::ZERO,
            faults: Faults::default(),
            rejecter: None,
        }
    }

    /// The kept events, oldest first.
    pub(super) fn kept(&self) -> impl DoubleEndedIterator<Item = &KeptEvent> + ExactSizeIterator {
        self.events.iter()
    }

    pub(super) fn stored(&self, id: &EventId) -> Option<&ReceivedEvent> {
        self.event(*self.stored.get(id)?)
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            events: self.dropped + self.events.len(),
            runs: self.runs,
            batched_runs: self.batched_runs,
        }
    }

    /// The failed requests after this entry, oldest first.
    pub(super) fn failures_after(&self, entry: usize) -> impl Iterator<Item = &Failure> {
        let start = self
            .failures
            .partition_point(|failure| failure.entry <= entry);
        self.failures.range(start..)
    }

    /// The kept events after this entry, oldest first.
    pub(super) fn events_after(&self, entry: usize) -> impl Iterator<Item = &KeptEvent> {
        let start = self.events.partition_point(|kept| kept.entry <= entry);
        self.events.range(start..)
    }

    fn next_entry(&mut self) -> usize {
        self.last_entry += 1;
        self.last_entry
    }

    /// Records a request. `text` shows what failed, if anything did.
    pub(super) fn record_request(&mut self, mut request: ReceivedRequest, text: String) {
        request.headers = detached(&request.headers);
        if request.error.is_some() {
            if self.failures.len() == KEPT_FAILURES {
                self.failures.pop_front();
            }
            let failure = Failure {
                entry: self.next_entry(),
                request: request.clone(),
                received_at: self.now(),
                text,
            };
            self.failures.push_back(failure);
        }
        self.answered += 1;
        if self.requests.len() == KEPT_REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    /// Checks the event key of a request, and returns its seed.
    pub(super) fn admit(&self, key: &str, headers: &HeaderMap) -> Result<Seed, Box<Ingested>> {
        let failed = |answer, error| Err(Box::new(Ingested::failed(answer, error)));
        if !self.keys.is_empty() && !self.keys.iter().any(|known| known == key) {
            let error = "Event key not found";
            let body = json!({ "status": 401, "message": "", "error": error });
            return failed(answer(401, &body), error.into());
        }
        let seed = headers
            .get(seed::HEADER)
            .and_then(|value| Seed::parse(value.to_str().ok()?));
        match seed {
            Some(seed) => Ok(seed),
            None => Seed::at(self.now()).or_else(|error| {
                let error = error.to_string();
                failed(Answer::new(500, error.clone()), error)
            }),
        }
    }

    fn now(&self) -> i64 {
        let ahead = i64::try_from(self.clock_ahead.as_millis()).unwrap_or(i64::MAX);
        now().saturating_add(ahead)
    }

    /// The event as the server accepts it. `ran` has the keys of the earlier events of its request that run
    /// plain functions.
    pub(super) fn received(
        &self,
        incoming: Incoming,
        event_id: EventId,
        ran: &HashSet<String>,
    ) -> ReceivedEvent {
        let received_at = self.now();
        let has_data = incoming.data.is_some();
        let (data, full_data) = match incoming.data {
            Some(data) => data.into_value(),
            None => (Map::new().into(), None),
        };
        let (user, full_user) = match incoming.user {
            Some(user) => {
                let (user, whole) = user.into_value();
                (Some(user), whole)
            }
            None => (None, None),
        };
        let too_deep_to_store = incoming.too_deep_to_store;
        let key = incoming.id.clone().unwrap_or_else(|| event_id.to_string());
        let ran_here = ran.contains(&key);
        let ran = self.ran.get(&key);
        let ran_batched = self.ran_batched.get(&event_id);
        ReceivedEvent {
            would_run: WouldRun {
                plain: !too_deep_to_store
                    && !ran_here
                    && self.suppressing(PLAIN_WINDOW, ran, received_at).is_none(),
                batched: !too_deep_to_store
                    && self
                        .suppressing(BATCHED_WINDOW, ran_batched, received_at)
                        .is_none(),
            },
            stored: !too_deep_to_store && !self.stored.contains_key(&event_id),
            event_id,
            id: incoming.id,
            name: incoming.name,
            data,
            ts: incoming.ts.unwrap_or(received_at),
            v: incoming.v,
            user,
            sessions: incoming.sessions.kept,
            received_at,
            sent_sessions: incoming.sessions.sent,
            has_data,
            full_data,
            full_user,
        }
    }

    /// Records an accepted event, and keeps all others.
    pub(super) fn record_event(&mut self, event: ReceivedEvent) {
        let number = self.dropped + self.events.len();
        let key = deduplication_key(&event);
        let mut duplicate_of = None;
        if event.would_run.plain {
            self.runs += 1;
            self.ran.insert(key, number);
        } else {
            let first = self.suppressing(PLAIN_WINDOW, self.ran.get(&key), event.received_at);
            duplicate_of = first.cloned().map(Box::new);
        }
        if event.would_run.batched {
            self.batched_runs += 1;
            self.ran_batched.insert(event.event_id.clone(), number);
        }
        if event.stored {
            self.stored.insert(event.event_id.clone(), number);
        }
        let entry = self.next_entry();
        self.events.push_back(KeptEvent {
            entry,
            event,
            duplicate_of,
        });
    }

    /// Drops the oldest events beyond the number to keep.
    pub(super) fn drop_surplus(&mut self) {
        while self.events.len() > self.keep {
            self.drop_oldest();
        }
    }

    /// The event with this number, if it suppresses another one received at `received_at`.
    fn suppressing(
        &self,
        window: Duration,
        number: Option<&usize>,
        received_at: i64,
    ) -> Option<&ReceivedEvent> {
        let window = i64::try_from(window.as_millis()).unwrap_or(i64::MAX);
        let first = self.event(*number?)?;
        (received_at - first.received_at < window).then_some(first)
    }

    fn event(&self, number: usize) -> Option<&ReceivedEvent> {
        let place = number.checked_sub(self.dropped)?;
        Some(&self.events.get(place)?.event)
    }

    fn drop_oldest(&mut self) {
        let Some(KeptEvent { event, .. }) = self.events.pop_front() else {
            return;
        };
        let number = self.dropped;
        self.dropped += 1;
        if event.would_run.plain {
            forget(&mut self.ran, &deduplication_key(&event), number);
        }
        if event.would_run.batched {
            forget(&mut self.ran_batched, &event.event_id, number);
        }
        if event.stored {
            forget(&mut self.stored, &event.event_id, number);
        }
    }
}

/// The key by which plain functions recognize duplicates.
pub(super) fn deduplication_key(event: &ReceivedEvent) -> String {
    let id = event.id.clone();
    id.unwrap_or_else(|| event.event_id.to_string())
}

/// Removes a key unless a later event has taken it over.
fn forget<K: Eq + Hash>(numbers: &mut HashMap<K, usize>, key: &K, number: usize) {
    if numbers.get(key) == Some(&number) {
        numbers.remove(key);
    }
}

/// Copies headers into new memory. The originals are slices of the connection's read buffer and
/// would keep all of it alive, including bodies.
fn detached(headers: &HeaderMap) -> HeaderMap {
    let mut all = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        // A valid name and value stay valid.
        if let (Ok(name), Ok(mut own)) = (
            HeaderName::from_bytes(name.as_str().as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            own.set_sensitive(value.is_sensitive());
            all.append(name, own);
        }
    }
    all
}

fn answer(status: u16, body: &Value) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    Answer::new(status, body.to_string()).with_headers(headers)
}
