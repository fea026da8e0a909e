//! Defines `Received` and `RawReceived`: events with their id, time, version, user and sessions.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::data;
use crate::error::DecodeError;
use crate::events::Events;
use crate::from_event::{Decodable, Decode, FromEvent, ReceivedEvent};
use crate::kinds::{Kind, Kinds, Table};
use crate::parts::EventParts;

/// The members of an event other than its name, version and data.
#[derive(Clone)]
pub(crate) struct Envelope {
    pub(crate) id: String,
    pub(crate) ts: i64,
    pub(crate) user: Option<Box<RawValue>>,
    pub(crate) sessions: BTreeMap<String, String>,
}

impl Envelope {
    pub(crate) fn read(parts: &EventParts<'_>) -> Result<Self, DecodeError> {
        let read = || {
            let ts: Option<i64> = optional(parts.ts, "ts")?;
            let user = parts.user.filter(|user| *user != "{}");
            Ok(Self {
                id: parts.id.as_deref().unwrap_or_default().to_owned(),
                ts: ts.unwrap_or_default(),
                user: optional(user, "user")?,
                sessions: sessions(parts.meta)?,
            })
        };
        read().map_err(|error| parts.name_event_in(error))
    }
}

fn optional<T: DeserializeOwned>(json: Option<&str>, key: &str) -> Result<Option<T>, DecodeError> {
    json.map(|json| data::member(json, key)).transpose()
}

/// The sessions that have a value. The server writes numbers as text.
fn sessions(meta: Option<&str>) -> Result<BTreeMap<String, String>, DecodeError> {
    #[derive(serde::Deserialize)]
    struct Meta {
        #[serde(default)]
        sessions: Option<BTreeMap<String, Value>>,
    }
    let meta: Option<Meta> = optional(meta, "meta")?;
    let sessions = meta.and_then(|meta| meta.sessions).unwrap_or_default();
    let sessions = sessions.into_iter().filter_map(|(key, value)| match value {
        Value::String(text) => Some((key, text)),
        Value::Number(number) => Some((key, number.to_string())),
        _ => None,
    });
    Ok(sessions.collect())
}

/// An event with its data, id, time, version, user and sessions.
///
/// Use it in a variant of `#[derive(Events)]`, or alone, where you expect one event type.
#[derive(Clone)]
#[non_exhaustive]
pub struct Received<T> {
    /// The event's data, decoded.
    pub data: T,
    /// The sender's deduplication id, or else the event id. Empty if it is missing, which can happen in
    /// events that are nested in system events.
    pub id: String,
    /// The event name.
    pub name: &'static str,
    /// The version of the received event. It differs from the version of `T` if an older one was
    /// converted, or with `#[events(any_version)]`.
    pub version: Option<String>,
    /// When the event occurred, in milliseconds since the Unix epoch.
    pub ts: i64,
    /// The user's attributes, if any.
    pub user: Option<Box<RawValue>>,
    /// The sessions that have a value, by key.
    pub sessions: BTreeMap<String, String>,
}

impl<T> Received<T> {
    /// When the event occurred.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        time(self.ts)
    }

    pub(crate) fn new<V: FromEvent>(data: T, parts: &EventParts<'_>) -> Result<Self, DecodeError> {
        let Envelope {
            id,
            ts,
            user,
            sessions,
        } = Envelope::read(parts)?;
        Ok(Self {
            data,
            id,
            name: V::NAME,
            version: parts.version().map(str::to_owned),
            ts,
            user,
            sessions,
        })
    }
}

fn time(ts: i64) -> SystemTime {
    let distance = Duration::from_millis(ts.unsigned_abs());
    let time = if ts < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Compares users by their JSON text.
impl<T: PartialEq> PartialEq for Received<T> {
    fn eq(&self, other: &Self) -> bool {
        let user = |received: &Self| received.user.as_ref().map(|user| user.get().to_owned());
        self.data == other.data
            && self.id == other.id
            && self.name == other.name
            && self.version == other.version
            && self.ts == other.ts
            && self.sessions == other.sessions
            && user(self) == user(other)
    }
}

/// Shows the data as its type does. The user's attributes and sessions may be personal, so they are
/// not shown.
impl<T: fmt::Debug> fmt::Debug for Received<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("data", &self.data)
            .field("id", &self.id)
            .field("name", &self.name)
            .field("version", &self.version)
            .field("ts", &self.ts)
            .finish_non_exhaustive()
    }
}

impl<T> Decodable for Received<T> {
    type Decoder = ReceivedEvent;
}

impl<T> Decodable for Box<Received<T>> {
    type Decoder = ReceivedEvent;
}

impl<T: FromEvent> Decode<Received<T>> for ReceivedEvent {
    const NAME: &'static str = T::NAME;
    const VERSION: Option<&'static str> = T::VERSION;

    fn decode(parts: &EventParts<'_>) -> Result<Received<T>, DecodeError> {
        Received::new::<T>(T::from_event(parts)?, parts)
    }
}

impl<T: FromEvent> Decode<Box<Received<T>>> for ReceivedEvent {
    const NAME: &'static str = T::NAME;
    const VERSION: Option<&'static str> = T::VERSION;

    fn decode(parts: &EventParts<'_>) -> Result<Box<Received<T>>, DecodeError> {
        Received::from_event(parts).map(Box::new)
    }
}

impl<T: FromEvent> Events for Received<T> {
    const __KINDS: Kinds = {
        let table: &'static Table<1> = &const {
            let mut table = Table::new();
            table.add(Kind::new(T::NAME, T::VERSION, ""));
            table
        };
        table.kinds()
    };

    fn __decode(parts: &EventParts<'_>) -> Result<Self, DecodeError> {
        match parts.find(&Self::__KINDS) {
            Some(_) => Self::from_event(parts),
            None => Err(parts.unknown(&Self::__KINDS)),
        }
    }
}

/// An event of any name, with its data as JSON.
#[derive(Clone)]
#[non_exhaustive]
pub struct RawReceived {
    /// The data, an object.
    pub data: Box<RawValue>,
    /// The sender's deduplication id, or else the event id. Empty if it is missing.
    pub id: String,
    /// The event name.
    pub name: String,
    /// The version of the event, if it has one.
    pub version: Option<String>,
    /// When the event occurred, in milliseconds since the Unix epoch.
    pub ts: i64,
    /// The user's attributes, if any.
    pub user: Option<Box<RawValue>>,
    /// The sessions that have a value, by key.
    pub sessions: BTreeMap<String, String>,
}

impl RawReceived {
    /// When the event occurred.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        time(self.ts)
    }

    /// Deserializes the data.
    ///
    /// # Errors
    ///
    /// The data does not fit the type.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        data::object(self.data.get(), "data")
            .map_err(|error| error.of_event(&self.name, self.version.as_deref()))
    }
}

impl Events for RawReceived {
    const __KINDS: Kinds = Kinds::NONE;

    fn __decode(parts: &EventParts<'_>) -> Result<Self, DecodeError> {
        let Envelope {
            id,
            ts,
            user,
            sessions,
        } = Envelope::read(parts)?;
        Ok(Self {
            data: parts.deserialize()?,
            id,
            name: parts.name().to_owned(),
            version: parts.version().map(str::to_owned),
            ts,
            user,
            sessions,
        })
    }
}

/// Shows the name, version, id and time. The data may be personal, so it is not shown.
impl fmt::Debug for RawReceived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawReceived")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("id", &self.id)
            .field("ts", &self.ts)
            .finish_non_exhaustive()
    }
}
