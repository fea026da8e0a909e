//! The events that came, and which of them would run functions.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::api::{self, Incoming, Mistake, Reading};
use super::fault::{Fault, Faults};
use crate::delivery::event_id::EventId;
use crate::delivery::seed::{self, Seed};
use crate::event::Event;
use crate::event::timestamp::now;
use crate::transport::Answer;

/// For how long an id is remembered (documented).
const DEDUPLICATION: Duration = Duration::from_secs(24 * 60 * 60);

/// How many events are kept unless told otherwise.
const KEPT_EVENTS: usize = 100_000;

/// How many requests are kept.
const KEPT_REQUESTS: usize = 10_000;

/// An event that the server took.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReceivedEvent {
    /// The id under which the server keeps it, a ULID.
    pub event_id: EventId,
    /// The deduplication id that it came with; the server takes the event id where there is none.
    pub id: Option<String>,
    /// The event name.
    pub name: String,
    /// Its data, as the server stores it.
    pub data: Value,
    /// When it occurred, in milliseconds since the Unix epoch; the time of receipt where it did
    /// not say.
    pub ts: i64,
    /// The version of its shape.
    pub v: Option<String>,
    /// Attributes of the user.
    pub user: Option<Value>,
    /// Its sessions.
    pub sessions: Map<String, Value>,
    /// When the server took it, in milliseconds since the Unix epoch.
    pub received_at: i64,
}

impl ReceivedEvent {
    /// The event as its schema describes it: `name`, `id`, `ts`, `v`, `data`, `user`, `meta`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut members = Map::new();
        members.insert("name".into(), self.name.clone().into());
        if let Some(id) = &self.id {
            members.insert("id".into(), id.clone().into());
        }
        members.insert("ts".into(), self.ts.into());
        if let Some(v) = &self.v {
            members.insert("v".into(), v.clone().into());
        }
        members.insert("data".into(), self.data.clone());
        if let Some(user) = &self.user {
            members.insert("user".into(), user.clone());
        }
        if !self.sessions.is_empty() {
            members.insert("meta".into(), json!({ "sessions": self.sessions }));
        }
        members.into()
    }
}

/// An event that runs nothing, because an earlier one had its id.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Duplicate {
    /// The event that was ignored.
    pub event: ReceivedEvent,
    /// The event because of which it was. When its name is another, two types share an id.
    pub first: ReceivedEvent,
}

/// How many events came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// All of them.
    pub events: usize,
    /// Those that would have run functions.
    pub runs: usize,
}

/// A request that came.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// The method.
    pub method: Method,
    /// The path, without the event key.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The size of the body in bytes.
    pub bytes: usize,
    /// How many events were taken.
    pub events: usize,
    /// The status of the answer; `None` when a fault closed the connection without one.
    pub status: Option<u16>,
}

/// What a server or a [`Recorder`](super::Recorder) has received.
///
/// It keeps the last 100,000 events, or as many as
/// [`keep_events`](super::EventServerBuilder::keep_events) says, and forgets the ids of those it
/// no longer keeps.
#[derive(Clone)]
pub struct Received(Arc<Shared>);

/// How much it is; not the event keys that it knows.
impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { events, runs } = self.counts();
        f.debug_struct("Received")
            .field("events", &events)
            .field("runs", &runs)
            .finish_non_exhaustive()
    }
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    keys: Vec<String>,
    keep: usize,
    events: VecDeque<Kept>,
    /// How many events were there before those that are kept.
    dropped: usize,
    /// How many events would have run functions, those that are no longer kept included.
    runs: usize,
    /// For each id the number of the last event with it that would have run functions.
    ran: HashMap<String, usize>,
    requests: VecDeque<ReceivedRequest>,
    /// How many requests were answered in all.
    answered: usize,
    clock_ahead: Duration,
    faults: Faults,
    refuses: Option<Refuses>,
}

/// Why an event is refused, if it is.
#[derive(Clone)]
struct Refuses(Arc<Refusal>);

type Refusal = dyn Fn(&ReceivedEvent) -> Option<String> + Send + Sync;

struct Kept {
    event: ReceivedEvent,
    /// The event because of which it runs nothing.
    duplicate_of: Option<Box<ReceivedEvent>>,
}

/// What becomes of a request.
pub(super) enum Outcome {
    Answer(Answer),
    /// The answer comes late, not at all, or in part.
    Fault(Fault, Answer),
}

impl Default for Received {
    fn default() -> Self {
        Self::new(Vec::new(), None)
    }
}

impl Received {
    pub(super) fn new(keys: Vec<String>, keep: Option<usize>) -> Self {
        let state = State {
            keys,
            keep: keep.unwrap_or(KEPT_EVENTS),
            ..State::default()
        };
        Self(Arc::new(Shared {
            state: Mutex::new(state),
            changed: Condvar::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements, also where a test panicked.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All events, in the order in which they came, duplicates among them.
    #[must_use]
    pub fn events(&self) -> Vec<ReceivedEvent> {
        self.state()
            .events
            .iter()
            .map(|kept| kept.event.clone())
            .collect()
    }

    /// The events that would have run functions: the first of each id within 24 hours, whatever
    /// the names.
    #[must_use]
    pub fn runs(&self) -> Vec<ReceivedEvent> {
        let state = self.state();
        let runs = state
            .events
            .iter()
            .filter(|kept| kept.duplicate_of.is_none());
        runs.map(|kept| kept.event.clone()).collect()
    }

    /// How many events came in all, and how many of them would have run functions, those that are no
    /// longer kept included.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let state = self.state();
        Counts {
            events: state.dropped + state.events.len(),
            runs: state.runs,
        }
    }

    /// The events that run nothing, each with the one because of which.
    #[must_use]
    pub fn duplicates(&self) -> Vec<Duplicate> {
        let state = self.state();
        let duplicates = state.events.iter().filter_map(|kept| {
            Some(Duplicate {
                event: kept.event.clone(),
                first: kept.duplicate_of.as_deref()?.clone(),
            })
        });
        duplicates.collect()
    }

    /// The newest events, newest first, each with the one because of which it runs nothing; and how
    /// many are kept in all.
    pub(super) fn newest(
        &self,
        most: usize,
    ) -> (Vec<(ReceivedEvent, Option<ReceivedEvent>)>, usize) {
        let state = self.state();
        let newest = state.events.iter().rev().take(most);
        let newest = newest.map(|kept| (kept.event.clone(), kept.duplicate_of.as_deref().cloned()));
        (newest.collect(), state.events.len())
    }

    /// The data of all events of a type, by name, in the order in which they came.
    ///
    /// # Errors
    ///
    /// Data that is not of the type.
    pub fn sent<E: Event + DeserializeOwned>(&self) -> Result<Vec<E>, serde_json::Error> {
        let state = self.state();
        let events = state
            .events
            .iter()
            .filter(|kept| kept.event.name == E::NAME);
        events
            .map(|kept| E::deserialize(&kept.event.data))
            .collect()
    }

    /// The last 10,000 requests, in the order in which they were answered.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state().requests.iter().cloned().collect()
    }

    /// Moves the clock on; ids are remembered for 24 hours.
    pub fn advance(&self, time: Duration) {
        self.state().clock_ahead += time;
    }

    /// Waits until something is so, for as long as `timeout`; whether it came to be. It is asked
    /// after each request, and blocks the thread: in async code call it on a thread of its own.
    #[must_use]
    pub fn wait_until(&self, timeout: Duration, is_so: impl Fn(&Self) -> bool) -> bool {
        let deadline = std::time::Instant::now() + timeout;
        let mut seen = None;
        loop {
            // Asked without the lock, so that it can look at everything.
            if is_so(self) {
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

    /// Refuses events with 400 and these words, as the real server may for reasons of an account's
    /// own. Events before a refused one are taken, those after it are not looked at.
    pub fn refuse(&self, why: impl Fn(&ReceivedEvent) -> Option<String> + Send + Sync + 'static) {
        self.state().refuses = Some(Refuses(Arc::new(why)));
    }

    pub(super) fn faults<T>(&self, change: impl FnOnce(&mut Faults) -> T) -> T {
        change(&mut self.state().faults)
    }

    /// Takes the events of a request as the real server does, or as a fault has it.
    pub(super) fn ingest(&self, key: &str, headers: &HeaderMap, body: &[u8]) -> Outcome {
        let mut state = self.state();
        let fault = state.faults.next(headers, body);
        let (answer, events) = match &fault {
            Some(fault) if !fault.takes => (Answer::new(500, ""), 0),
            _ => state.ingest(key, headers, body),
        };
        let (outcome, status) = match fault {
            None => {
                let status = answer.status;
                (Outcome::Answer(answer), Some(status))
            }
            Some(fault) => {
                let status = fault.status_of(&answer);
                (Outcome::Fault(fault, answer), status)
            }
        };
        state.note(ReceivedRequest {
            method: Method::POST,
            path: "/e/".into(),
            headers: headers.clone(),
            bytes: body.len(),
            events,
            status,
        });
        self.0.changed.notify_all();
        outcome
    }

    /// Notes a request that brings no events.
    pub(super) fn note(&self, request: ReceivedRequest) {
        self.state().note(request);
        self.0.changed.notify_all();
    }
}

impl State {
    fn note(&mut self, mut request: ReceivedRequest) {
        request.headers = copied(&request.headers);
        self.answered += 1;
        if self.requests.len() == KEPT_REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    fn ingest(&mut self, key: &str, headers: &HeaderMap, body: &[u8]) -> (Answer, usize) {
        if !self.keys.is_empty() && !self.keys.iter().any(|known| known == key) {
            let refused = json!({ "status": 401, "message": "", "error": "Event key not found" });
            return (answer(401, &refused), 0);
        }
        let seed = headers
            .get(seed::HEADER)
            .and_then(|value| value.to_str().ok());
        let seed = match seed.and_then(Seed::parse) {
            Some(seed) => seed,
            None => match Seed::new() {
                Ok(seed) => seed,
                Err(error) => return (Answer::new(500, error.to_string()), 0),
            },
        };
        let Reading { taken, mut mistake } = api::read(body);
        let refuses = self.refuses.clone();
        let mut ids = Vec::with_capacity(taken.len());
        for (index, event) in taken.into_iter().enumerate() {
            let event = self.received(event, seed.event_id(index));
            if let Some(error) = refuses.as_ref().and_then(|refuses| (refuses.0)(&event)) {
                let named = ids.len();
                mistake = Some(Mistake { error, named });
                break;
            }
            ids.push(event.event_id.to_string());
            self.take(event);
        }
        let count = ids.len();
        if let Some(mistake) = &mistake {
            ids.truncate(mistake.named);
        }
        if ids.is_empty() {
            ids.push(String::new());
        }
        let answer = match mistake {
            None => answer(200, &json!({ "ids": ids, "status": 200 })),
            Some(mistake) => answer(
                400,
                &json!({ "ids": ids, "status": 400, "error": mistake.error }),
            ),
        };
        (answer, count)
    }

    fn received(&self, incoming: Incoming, event_id: EventId) -> ReceivedEvent {
        let ahead = i64::try_from(self.clock_ahead.as_millis()).unwrap_or(i64::MAX);
        let received_at = now().saturating_add(ahead);
        ReceivedEvent {
            event_id,
            id: incoming.id,
            name: incoming.name,
            data: incoming.data.into(),
            ts: incoming.ts.unwrap_or(received_at),
            v: incoming.v,
            user: incoming.user.map(Value::from),
            sessions: incoming.sessions,
            received_at,
        }
    }

    fn take(&mut self, event: ReceivedEvent) {
        let key = event
            .id
            .clone()
            .unwrap_or_else(|| event.event_id.to_string());
        let first = self.earlier(&key, event.received_at).cloned().map(Box::new);
        if first.is_none() {
            self.runs += 1;
            self.ran.insert(key, self.dropped + self.events.len());
        }
        self.events.push_back(Kept {
            event,
            duplicate_of: first,
        });
        while self.events.len() > self.keep {
            self.drop_oldest();
        }
    }

    /// The event that would have run functions and whose id is still remembered.
    fn earlier(&self, key: &str, received_at: i64) -> Option<&ReceivedEvent> {
        let window = i64::try_from(DEDUPLICATION.as_millis()).unwrap_or(i64::MAX);
        let place = self.ran.get(key)?.checked_sub(self.dropped)?;
        let first = &self.events.get(place)?.event;
        (received_at - first.received_at < window).then_some(first)
    }

    fn drop_oldest(&mut self) {
        let Some(Kept {
            event,
            duplicate_of,
        }) = self.events.pop_front()
        else {
            return;
        };
        let number = self.dropped;
        self.dropped += 1;
        if duplicate_of.is_none() {
            let key = event.id.unwrap_or_else(|| event.event_id.to_string());
            if self.ran.get(&key) == Some(&number) {
                self.ran.remove(&key);
            }
        }
    }
}

/// The same headers in memory of their own: as they come they are slices of what was read from the
/// connection, and would keep all of it, bodies too.
fn copied(headers: &HeaderMap) -> HeaderMap {
    let mut all = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        // What was a name and a value is one again.
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
        http::header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    Answer::new(status, body.to_string()).with_headers(headers)
}
