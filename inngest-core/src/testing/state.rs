//! The events that are kept, and which of them would run functions.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Map, Value, json};

use super::api::{self, Incoming, Mistake, Reading};
use super::event::{Counts, ReceivedEvent, ReceivedRequest, WouldRun};
use super::fault::Faults;
use crate::client::EventId;
use crate::client::seed::{self, Seed};
use crate::timestamp::now;
use crate::transport::Answer;

/// For how long plain functions ignore a second event with an id (documented).
const PLAIN_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// For how long functions with `batchEvents` ignore a second event with an event id (measured: after
/// 10 minutes it was in no batch, after 31 it was).
const BATCHED_WINDOW: Duration = Duration::from_secs(30 * 60);

/// How many events are kept unless told otherwise.
const KEPT_EVENTS: usize = 100_000;

/// How many requests are kept.
const KEPT_REQUESTS: usize = 10_000;

pub(super) struct State {
    keys: Vec<String>,
    keep: usize,
    events: VecDeque<Kept>,
    /// How many events were there before those that are kept.
    dropped: usize,
    /// How many events would have run functions, those that are no longer kept included.
    runs: usize,
    batched_runs: usize,
    /// For each id the number of the last event with it that would have run plain functions.
    ran: HashMap<String, usize>,
    /// For each event id the number of the last event that would have run batched functions.
    ran_batched: HashMap<EventId, usize>,
    /// For each event id the number of the event that is stored.
    stored: HashMap<EventId, usize>,
    pub(super) requests: VecDeque<ReceivedRequest>,
    /// How many requests were answered in all.
    pub(super) answered: usize,
    pub(super) clock_ahead: Duration,
    pub(super) faults: Faults,
    pub(super) refuses: Option<Refuses>,
}

/// Why an event is refused, if it is.
#[derive(Clone)]
pub(super) struct Refuses(pub(super) Arc<Refusal>);

type Refusal = dyn Fn(&ReceivedEvent) -> Option<String> + Send + Sync;

pub(super) struct Kept {
    pub(super) event: ReceivedEvent,
    /// The event because of which plain functions ignore it.
    pub(super) duplicate_of: Option<Box<ReceivedEvent>>,
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
            answered: 0,
            clock_ahead: Duration::ZERO,
            faults: Faults::default(),
            refuses: None,
        }
    }

    /// The events that are kept, in the order in which they came.
    pub(super) fn kept(&self) -> impl DoubleEndedIterator<Item = &Kept> + ExactSizeIterator {
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

    pub(super) fn note(&mut self, mut request: ReceivedRequest) {
        request.headers = copied(&request.headers);
        self.answered += 1;
        if self.requests.len() == KEPT_REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    /// Takes the events of a request; how many they are, and the answer.
    pub(super) fn ingest(
        &mut self,
        key: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> (Answer, usize) {
        if !self.keys.is_empty() && !self.keys.iter().any(|known| known == key) {
            let refused = json!({ "status": 401, "message": "", "error": "Event key not found" });
            return (answer(401, &refused), 0);
        }
        let text = |name| {
            headers
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok())
        };
        let seed = match text(seed::HEADER).and_then(Seed::parse) {
            Some(seed) => seed,
            None => match Seed::at(self.now()) {
                Ok(seed) => seed,
                Err(error) => return (Answer::new(500, error.to_string()), 0),
            },
        };
        let content_type = text(header::CONTENT_TYPE.as_str());
        let Reading { taken, mut mistake } = api::read(content_type, body);
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

    fn now(&self) -> i64 {
        let ahead = i64::try_from(self.clock_ahead.as_millis()).unwrap_or(i64::MAX);
        now().saturating_add(ahead)
    }

    fn received(&self, incoming: Incoming, event_id: EventId) -> ReceivedEvent {
        let received_at = self.now();
        let has_data = incoming.data.is_some();
        let (data, whole_data) = match incoming.data {
            Some(data) => data.settle(),
            None => (Map::new().into(), None),
        };
        let (user, whole_user) = match incoming.user {
            Some(user) => {
                let (user, whole) = user.settle();
                (Some(user), whole)
            }
            None => (None, None),
        };
        let vanishes = incoming.vanishes;
        let key = incoming.id.clone().unwrap_or_else(|| event_id.to_string());
        let ran = self.ran.get(&key);
        let ran_batched = self.ran_batched.get(&event_id);
        ReceivedEvent {
            would_run: WouldRun {
                plain: !vanishes && self.within(PLAIN_WINDOW, ran, received_at).is_none(),
                batched: !vanishes
                    && self
                        .within(BATCHED_WINDOW, ran_batched, received_at)
                        .is_none(),
            },
            stored: !vanishes && !self.stored.contains_key(&event_id),
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
            whole_data,
            whole_user,
        }
    }

    fn take(&mut self, event: ReceivedEvent) {
        let number = self.dropped + self.events.len();
        let key = deduplication_key(&event);
        let mut duplicate_of = None;
        if event.would_run.plain {
            self.runs += 1;
            self.ran.insert(key, number);
        } else {
            let first = self.within(PLAIN_WINDOW, self.ran.get(&key), event.received_at);
            duplicate_of = first.cloned().map(Box::new);
        }
        if event.would_run.batched {
            self.batched_runs += 1;
            self.ran_batched.insert(event.event_id.clone(), number);
        }
        if event.stored {
            self.stored.insert(event.event_id.clone(), number);
        }
        self.events.push_back(Kept {
            event,
            duplicate_of,
        });
        while self.events.len() > self.keep {
            self.drop_oldest();
        }
    }

    /// The event of a number, where a second one is ignored because of it.
    fn within(
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
        let Some(Kept { event, .. }) = self.events.pop_front() else {
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

/// By what plain functions know an event again.
fn deduplication_key(event: &ReceivedEvent) -> String {
    let id = event.id.clone();
    id.unwrap_or_else(|| event.event_id.to_string())
}

/// Removes a key unless a later event has it.
fn forget<K: Eq + Hash>(numbers: &mut HashMap<K, usize>, key: &K, number: usize) {
    if numbers.get(key) == Some(&number) {
        numbers.remove(key);
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
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    Answer::new(status, body.to_string()).with_headers(headers)
}
