//! One event in the hands of a middleware.

use std::cell::OnceCell;
use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::batch::{Entry, Shape};
use crate::error::{PayloadError, PayloadErrorKind};
use crate::event::Event;
use crate::session::{SessionField, SessionOverride, SessionValue, SessionWriter};
use crate::timestamp::{MAX_MILLIS, MIN_MILLIS, Timestamp};
use crate::wire::{self, json};

/// An event that is about to be sent. What is not changed stays byte for byte what it was.
pub struct OutgoingEvent {
    shape: &'static Shape,
    /// Its place in the batch; `None` when a middleware added it.
    origin: Option<usize>,
    discarded: Option<String>,
    json: Bytes,
    /// Where its deduplication id stands in `json`, without the quotes.
    id: Option<Range<usize>>,
    /// The members, once they were asked for.
    members: OnceCell<Members>,
    is_changed: bool,
}

/// An event in its parts, each in its own bytes.
struct Members {
    event: Object,
    data: Object,
}

impl OutgoingEvent {
    pub(super) fn new(origin: Option<usize>, entry: &Entry, json: Bytes) -> Self {
        let before = entry.json().start;
        let id = entry.id();
        Self {
            shape: entry.shape,
            origin,
            discarded: None,
            json,
            id: id.map(|id| id.start - before..id.end - before),
            members: OnceCell::new(),
            is_changed: false,
        }
    }

    pub(super) fn origin(&self) -> Option<usize> {
        self.origin
    }

    pub(super) fn is_kept(&self) -> bool {
        self.discarded.is_none()
    }

    pub(super) fn take_discarded(&mut self) -> Option<String> {
        self.discarded.take()
    }

    /// The event name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.shape.name
    }

    /// The version of the event's shape.
    #[must_use]
    pub fn version(&self) -> Option<&'static str> {
        self.shape.version
    }

    /// Whether it is an event of this type: of its name and version.
    #[must_use]
    pub fn is<E: Event>(&self) -> bool {
        self.name() == E::NAME && self.version() == E::VERSION
    }

    /// The event as a value of its type; `None` when it is of another.
    ///
    /// # Errors
    ///
    /// The type does not read what it wrote, or a middleware changed the data.
    pub fn read<E: Event + DeserializeOwned>(&self) -> Option<Result<E, serde_json::Error>> {
        self.is::<E>().then(|| self.data())
    }

    /// The event's data as any type that reads it, such as `serde_json::Value`.
    ///
    /// # Errors
    ///
    /// The type does not read it.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.members()?.data.to_json())
    }

    /// A field of the event's data, by the name that it has in JSON; `None` when there is none.
    ///
    /// # Errors
    ///
    /// The type does not read it.
    pub fn field<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, serde_json::Error> {
        let value = self.members()?.data.get(name);
        value
            .map(|value| serde_json::from_str(value.get()))
            .transpose()
    }

    /// The deduplication id.
    #[must_use]
    pub fn dedup_id(&self) -> Option<String> {
        let id = self.members().ok()?.event.get("id")?;
        serde_json::from_str(id.get()).ok()
    }

    /// Sets a field of the event's data, by the name that it has in JSON, or adds it.
    ///
    /// # Errors
    ///
    /// The server would refuse or change the value; the event stays what it was.
    pub fn set_field<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        value: &T,
    ) -> Result<(), PayloadError> {
        let mut written = Vec::new();
        wire::write_field(self.name(), &mut written, name, value)?;
        let value = self.raw(written)?;
        self.change()?.data.set(name, value);
        Ok(())
    }

    /// Takes a field out of the event's data; whether it was there.
    ///
    /// # Errors
    ///
    /// The event's JSON cannot be read again, which is a mistake in its `Serialize`.
    pub fn remove_field(&mut self, name: &str) -> Result<bool, PayloadError> {
        Ok(self.change()?.data.remove(name))
    }

    /// Sets the deduplication id, see [`Payload::id`](crate::Payload::id).
    ///
    /// # Errors
    ///
    /// The id is empty; the event stays what it was.
    pub fn set_id(&mut self, id: &str) -> Result<(), PayloadError> {
        if id.is_empty() {
            return Err(self.error("id", PayloadErrorKind::EmptyId));
        }
        self.set_member("id", |out| json::string(out, id))
    }

    /// Sets when the event occurred, see [`Payload::at`](crate::Payload::at).
    ///
    /// # Errors
    ///
    /// The server refuses the time; the event stays what it was.
    pub fn set_time(&mut self, time: impl Timestamp) -> Result<(), PayloadError> {
        let Some(millis) = time.timestamp_millis() else {
            return Ok(());
        };
        if !(MIN_MILLIS..=MAX_MILLIS).contains(&millis) {
            return Err(self.error("ts", PayloadErrorKind::TimestampOutOfRange { millis }));
        }
        self.set_member("ts", |out| json::integer(out, millis.into()))
    }

    /// Sets the user's attributes, see [`Payload::user`](crate::Payload::user).
    ///
    /// # Errors
    ///
    /// `user` is no object, or the server would change it; the event stays what it was.
    pub fn set_user<U: Serialize + ?Sized>(&mut self, user: &U) -> Result<(), PayloadError> {
        let mut written = Vec::new();
        wire::write_user(self.name(), &mut written, user)?;
        match written.strip_prefix(b",\"user\":") {
            Some(value) => self.set_member("user", |out| out.extend_from_slice(value)),
            None => {
                self.change()?.event.remove("user");
                Ok(())
            }
        }
    }

    /// Sets a session, see [`Payload::session`](crate::Payload::session).
    ///
    /// # Errors
    ///
    /// The server refuses the key, the value, or one session more; the event stays what it was.
    pub fn set_session(&mut self, key: &str, value: impl SessionField) -> Result<(), PayloadError> {
        let Some(value) = value.session_value() else {
            return Ok(());
        };
        let mut sessions = self.sessions()?;
        sessions.retain(|session| session.key != key);
        sessions.push(SessionOverride {
            key: key.to_owned(),
            value: value.into_owned(),
        });
        let mut written = Vec::new();
        SessionWriter::new(self.name(), &mut written, &sessions).finish()?;
        let meta = written.strip_prefix(b",\"meta\":").unwrap_or(b"{}");
        self.set_member("meta", |out| out.extend_from_slice(meta))
    }

    /// Keeps the event back. Its sender gets [`SendError::Discarded`](crate::SendError::Discarded)
    /// with this reason, and later middleware does not see it.
    pub fn discard(&mut self, reason: impl Into<String>) {
        self.discarded = Some(reason.into());
    }

    fn sessions(&self) -> Result<Vec<SessionOverride>, PayloadError> {
        #[derive(Deserialize)]
        struct Meta {
            sessions: Object,
        }

        let members = self.members().map_err(|error| self.unreadable(&error))?;
        let Some(meta) = members.event.get("meta") else {
            return Ok(Vec::new());
        };
        let meta: Meta =
            serde_json::from_str(meta.get()).map_err(|error| self.unreadable(&error))?;
        let sessions = meta.sessions.0.into_iter().map(|(key, value)| {
            let value = match serde_json::from_str(value.get()) {
                Ok(integer) => SessionValue::Integer(integer),
                Err(_) => SessionValue::Text(serde_json::from_str::<String>(value.get())?.into()),
            };
            Ok(SessionOverride { key, value })
        });
        let sessions: Result<_, serde_json::Error> = sessions.collect();
        sessions.map_err(|error| self.unreadable(&error))
    }

    fn members(&self) -> Result<&Members, serde_json::Error> {
        if let Some(members) = self.members.get() {
            return Ok(members);
        }
        let event: Object = serde_json::from_slice(&self.json)?;
        let data = event.get("data").map_or("{}", RawValue::get);
        let data = serde_json::from_str(data)?;
        Ok(self.members.get_or_init(|| Members { event, data }))
    }

    fn change(&mut self) -> Result<&mut Members, PayloadError> {
        if let Err(error) = self.members() {
            return Err(self.unreadable(&error));
        }
        self.is_changed = true;
        let missing = PayloadError::new(self.name(), "data", PayloadErrorKind::DataNotAnObject);
        self.members.get_mut().ok_or(missing)
    }

    fn set_member(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), PayloadError> {
        let mut written = Vec::new();
        write(&mut written);
        let value = self.raw(written)?;
        self.change()?.event.set(name, value);
        Ok(())
    }

    fn raw(&self, written: Vec<u8>) -> Result<Box<RawValue>, PayloadError> {
        let raw = String::from_utf8(written)
            .map_err(serde::ser::Error::custom)
            .and_then(RawValue::from_string);
        raw.map_err(|error| self.unreadable(&error))
    }

    fn error(&self, path: &str, kind: PayloadErrorKind) -> PayloadError {
        PayloadError::new(self.name(), path, kind)
    }

    fn unreadable(&self, error: &serde_json::Error) -> PayloadError {
        let message = error.to_string();
        self.error("data", PayloadErrorKind::Serialize { message })
    }

    pub(super) fn into_written(self) -> Written {
        let mut json = self.json;
        let mut id = self.id;
        if self.is_changed
            && let Some(Members { event, data }) = self.members.into_inner()
        {
            let mut out = Vec::with_capacity(json.len() + 64);
            id = event.write_as_event(&mut out, &data.to_json());
            json = out.into();
        }
        Written {
            shape: self.shape,
            json,
            id,
        }
    }
}

/// An event that all middleware has seen.
pub(crate) struct Written {
    pub(crate) shape: &'static Shape,
    pub(crate) json: Bytes,
    /// Where its deduplication id stands in `json`, without the quotes.
    pub(crate) id: Option<Range<usize>>,
}

/// A JSON object of which only the keys are read: the values keep their bytes.
struct Object(Vec<(String, Box<RawValue>)>);

/// The members of an event that stand before its data.
const BEFORE_DATA: [&str; 4] = ["name", "id", "ts", "v"];

impl Object {
    fn get(&self, key: &str) -> Option<&RawValue> {
        // Of two values under one key, readers of JSON take the last.
        let found = self.0.iter().rev().find(|(known, _)| known == key);
        found.map(|(_, value)| &**value)
    }

    fn set(&mut self, key: &str, value: Box<RawValue>) {
        match self.0.iter().position(|(known, _)| known == key) {
            Some(first) => {
                let mut index = 0;
                self.0.retain(|(known, _)| {
                    index += 1;
                    index - 1 == first || known != key
                });
                if let Some((_, old)) = self.0.get_mut(first) {
                    *old = value;
                }
            }
            None => self.0.push((key.to_owned(), value)),
        }
    }

    fn remove(&mut self, key: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|(known, _)| known != key);
        self.0.len() < before
    }

    fn to_json(&self) -> String {
        let mut out = vec![b'{'];
        for (key, value) in &self.0 {
            if out.len() > 1 {
                out.push(b',');
            }
            json::string(&mut out, key);
            out.push(b':');
            out.extend_from_slice(value.get().as_bytes());
        }
        out.push(b'}');
        // Keys and values are text.
        String::from_utf8(out).unwrap_or_default()
    }

    /// Writes the members in the order that every event has; returns where the id stands, without
    /// its quotes.
    fn write_as_event(&self, out: &mut Vec<u8>, data: &str) -> Option<Range<usize>> {
        let mut id = None;
        let mut member = |out: &mut Vec<u8>, key: &str, value: &str| {
            out.push(if out.is_empty() { b'{' } else { b',' });
            json::string(out, key);
            out.push(b':');
            let start = out.len();
            out.extend_from_slice(value.as_bytes());
            if key == "id" {
                id = Some(start + 1..out.len() - 1);
            }
        };
        for key in BEFORE_DATA {
            if let Some(value) = self.get(key) {
                member(out, key, value.get());
            }
        }
        member(out, "data", data);
        for (key, value) in &self.0 {
            if key != "data" && !BEFORE_DATA.contains(&key.as_str()) {
                member(out, key, value.get());
            }
        }
        out.push(b'}');
        id
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

impl fmt::Debug for OutgoingEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingEvent")
            .field("name", &self.name())
            .field("dedup_id", &self.dedup_id())
            .field("discarded", &self.discarded)
            .finish_non_exhaustive()
    }
}
