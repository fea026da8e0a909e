//! The events that came, and which of them would run functions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::api::{self, Incoming, Reading};
use crate::client::EventId;
use crate::client::seed::{self, Seed};
use crate::event::Event;
use crate::timestamp::now;
use crate::transport::Answer;

/// For how long an id is remembered (documented).
const DEDUPLICATION: Duration = Duration::from_secs(24 * 60 * 60);

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

/// An event that runs nothing, because an earlier one had its id.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Duplicate {
    /// The event that was ignored.
    pub event: ReceivedEvent,
    /// The event because of which it was. When its name is another, two types share an id.
    pub first: ReceivedEvent,
}

/// A request that brought events, or tried to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// The headers.
    pub headers: HeaderMap,
    /// The size of the body in bytes.
    pub bytes: usize,
    /// How many events were taken.
    pub events: usize,
    /// The status of the answer.
    pub status: u16,
}

/// What a server or a [`Recorder`](super::Recorder) has received.
#[derive(Clone, Debug, Default)]
pub struct Received(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    keys: Vec<String>,
    events: Vec<ReceivedEvent>,
    /// For each event the place of the one because of which it runs nothing.
    duplicate_of: Vec<Option<usize>>,
    /// The place of the last event of each id that would have run functions.
    ran: HashMap<String, usize>,
    requests: Vec<ReceivedRequest>,
    clock_ahead: Duration,
}

impl Received {
    pub(super) fn with_keys(keys: Vec<String>) -> Self {
        Self(Arc::new(Mutex::new(State {
            keys,
            ..State::default()
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements, also where a test panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All events, in the order in which they came, duplicates among them.
    #[must_use]
    pub fn events(&self) -> Vec<ReceivedEvent> {
        self.state().events.clone()
    }

    /// The events that would have run functions: the first of each id within 24 hours, whatever
    /// the names.
    #[must_use]
    pub fn runs(&self) -> Vec<ReceivedEvent> {
        let state = self.state();
        let events = state.events.iter().zip(&state.duplicate_of);
        let runs = events.filter(|(_, duplicate_of)| duplicate_of.is_none());
        runs.map(|(event, _)| event.clone()).collect()
    }

    /// The events that run nothing, each with the one because of which.
    #[must_use]
    pub fn duplicates(&self) -> Vec<Duplicate> {
        let state = self.state();
        let events = state.events.iter().zip(&state.duplicate_of);
        let duplicates = events.filter_map(|(event, duplicate_of)| {
            Some(Duplicate {
                event: event.clone(),
                first: state.events.get((*duplicate_of)?)?.clone(),
            })
        });
        duplicates.collect()
    }

    /// The data of all events of a type, by name, in the order in which they came.
    ///
    /// # Errors
    ///
    /// Data that is not of the type.
    pub fn sent<E: Event + DeserializeOwned>(&self) -> Result<Vec<E>, serde_json::Error> {
        let state = self.state();
        let events = state.events.iter().filter(|event| event.name == E::NAME);
        events.map(|event| E::deserialize(&event.data)).collect()
    }

    /// The requests, in the order in which they were answered.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state().requests.clone()
    }

    /// Moves the clock on; ids are remembered for 24 hours.
    pub fn advance(&self, time: Duration) {
        self.state().clock_ahead += time;
    }

    /// Takes the events of a request as the real server does.
    pub(super) fn ingest(&self, key: &str, headers: &HeaderMap, body: &[u8]) -> Answer {
        let mut state = self.state();
        let (answer, events) = state.ingest(key, headers, body);
        state.requests.push(ReceivedRequest {
            headers: headers.clone(),
            bytes: body.len(),
            events,
            status: answer.status,
        });
        answer
    }
}

impl State {
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
        let Reading { taken, mistake } = api::read(body);
        let count = taken.len();
        let mut ids: Vec<String> = taken
            .into_iter()
            .enumerate()
            .map(|(index, event)| self.take(event, seed.event_id(index)))
            .collect();
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

    fn take(&mut self, incoming: Incoming, event_id: EventId) -> String {
        let ahead = i64::try_from(self.clock_ahead.as_millis()).unwrap_or(i64::MAX);
        let received_at = now().saturating_add(ahead);
        let internal_id = event_id.to_string();
        let key = incoming.id.clone().unwrap_or_else(|| internal_id.clone());
        let event = ReceivedEvent {
            event_id,
            id: incoming.id,
            name: incoming.name,
            data: incoming.data.into(),
            ts: incoming.ts.unwrap_or(received_at),
            v: incoming.v,
            user: incoming.user.map(Value::from),
            sessions: incoming.sessions,
            received_at,
        };
        let window = i64::try_from(DEDUPLICATION.as_millis()).unwrap_or(i64::MAX);
        let earlier = self.ran.get(&key).copied().filter(|place| {
            self.events
                .get(*place)
                .is_some_and(|first| received_at - first.received_at < window)
        });
        if earlier.is_none() {
            self.ran.insert(key, self.events.len());
        }
        self.duplicate_of.push(earlier);
        self.events.push(event);
        internal_id
    }
}

fn answer(status: u16, body: &Value) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    );
    Answer::new(status, body.to_string()).with_headers(headers)
}
