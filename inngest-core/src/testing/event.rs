//! Defines the events and requests that a server has received.

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderMap, Method};
use serde_json::{Map, Value, json};

use super::value;
use crate::delivery::event_id::EventId;

/// An event that the server accepted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReceivedEvent {
    /// The event id that the server assigned, a ULID.
    pub event_id: EventId,
    /// The deduplication id that was sent. If there is none, the server uses the event id.
    pub id: Option<String>,
    /// The event name.
    pub name: String,
    /// The data as the server stores it: numbers are doubles, and the key `_inngest` is removed.
    ///
    /// Values nested deeper than 600 levels are replaced by strings of their JSON text, because
    /// comparing, printing or dropping them would overflow a thread's stack. Use
    /// [`data_json`](Self::data_json) to get the full data.
    pub data: Value,
    /// When the event occurred, in milliseconds since the Unix epoch. Defaults to the time of
    /// receipt.
    pub ts: i64,
    /// The event's version.
    pub v: Option<String>,
    /// The user's attributes. The server drops an empty object. Deep values are replaced as in `data`.
    pub user: Option<Value>,
    /// The sessions as the server stores them: numbers become text, and inherited sessions fill the
    /// remaining places. A session that the event clears is `null`.
    pub sessions: Map<String, Value>,
    /// When the server accepted the event, in milliseconds since the Unix epoch.
    pub received_at: i64,
    /// Which kinds of functions the event would run.
    pub would_run: WouldRun,
    /// Whether the server stores the event. It stores only the first event with a given event id,
    /// and never an event nested 10,000 levels deep, although it responds with an id (measured).
    pub stored: bool,
    pub(super) sent_sessions: Map<String, Value>,
    pub(super) has_data: bool,
    pub(super) full_data: Option<Arc<str>>,
    pub(super) full_user: Option<Arc<str>>,
}

/// Which kinds of functions an event would run.
///
/// | the second event has | a plain function | a function with `batchEvents` |
/// |---|---|---|
/// | the same event id, because the request was sent again | ignores it for 24 hours | ignores it for 30 minutes |
/// | the same `id`, but another event id | ignores it for 24 hours | runs again |
/// | no `id`, and another event id | runs again | runs again |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WouldRun {
    /// Whether plain functions run. They run once for each event.
    pub plain: bool,
    /// Whether functions with `batchEvents` run. They run once for a batch of events.
    pub batched: bool,
}

impl ReceivedEvent {
    /// The event in the form of its schema: `name`, `id`, `ts`, `v`, `data`, `user`, `meta`.
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
        if !self.sent_sessions.is_empty() {
            members.insert("meta".into(), json!({ "sessions": self.sent_sessions }));
        }
        members.into()
    }

    /// Like [`to_json`](Self::to_json), but as text and at any depth.
    pub(super) fn json_text(&self) -> String {
        let event = self.to_json();
        let members = event.as_object().into_iter().flatten().map(|(key, value)| {
            let value = match key.as_str() {
                "data" => self.data_json(),
                "user" => self.user_json().unwrap_or_default(),
                _ => value.to_string().into(),
            };
            format!("\"{key}\":{value}")
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }

    /// Whether `data` and `user` are complete, not truncated because of their depth.
    pub(super) fn is_whole(&self) -> bool {
        self.full_data.is_none() && self.full_user.is_none()
    }

    /// The full data as JSON, at any depth.
    #[must_use]
    pub fn data_json(&self) -> Cow<'_, str> {
        full_json(self.full_data.as_deref(), &self.data)
    }

    /// The full user attributes as JSON.
    pub(super) fn user_json(&self) -> Option<Cow<'_, str>> {
        let user = self.user.as_ref()?;
        Some(full_json(self.full_user.as_deref(), user))
    }
}

fn full_json<'a>(text: Option<&'a str>, value: &Value) -> Cow<'a, str> {
    match text {
        Some(text) => Cow::Borrowed(text),
        None => {
            let mut text = String::new();
            value::write(&mut text, value);
            Cow::Owned(text)
        }
    }
}

/// An event that plain functions ignore because an earlier event had the same id.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Duplicate {
    /// The ignored event. Its [`would_run`](ReceivedEvent::would_run) tells whether functions with
    /// `batchEvents` run it anyway.
    pub event: ReceivedEvent,
    /// The earlier event with the same id. If its name differs, two event types share an id.
    pub first: ReceivedEvent,
}

/// Counts of received events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// All events.
    pub events: usize,
    /// Events that would have run plain functions.
    pub runs: usize,
    /// Events that would have run functions with `batchEvents`.
    pub batched_runs: usize,
}

/// A received request.
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
    /// How many events were accepted.
    pub events: usize,
    /// The status of the response; `None` if a fault closed the connection without one.
    pub status: Option<u16>,
    /// Why the request failed. If the server refused an event, it accepted only the `events` before
    /// it.
    pub error: Option<String>,
}
