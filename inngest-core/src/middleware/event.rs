//! An event that middleware can read and change.

use std::cell::OnceCell;
use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::encode::buffer::{EncodedEvent, EventBuffer, EventMeta};
use crate::encode::{json, member};
use crate::error::{PayloadError, PayloadErrorKind};
use crate::event::Event;
use crate::event::session::{
    SessionField, SessionOverride, SessionValue, SessionWriter, set_session,
};
use crate::event::timestamp::{MAX_MILLIS, MIN_MILLIS, Timestamp};

/// An event before it is sent. Parts that middleware does not change keep their exact bytes.
pub struct OutgoingEvent {
    pub(crate) meta: EventMeta,
    /// Its index in the batch; `None` if a middleware added the event.
    pub(crate) origin: Option<usize>,
    /// Why a middleware discarded the event.
    pub(crate) discarded: Option<String>,
    json: Bytes,
    /// The position of the deduplication id in `json`, without the quotes.
    id: Option<Range<usize>>,
    /// The parsed JSON, filled on first use. Replaces `json` if it is changed.
    parsed: OnceCell<ParsedEvent>,
    is_changed: bool,
}

/// An event split into members, each with its original bytes.
struct ParsedEvent {
    /// The members of the event, including the original `data`.
    event: Object,
    /// The members of `data`.
    data: Object,
}

impl OutgoingEvent {
    pub(crate) fn new(origin: Option<usize>, event: &EncodedEvent, json: Bytes) -> Self {
        let before = event.json().start;
        let id = event.id();
        Self {
            meta: event.meta.clone(),
            origin,
            discarded: None,
            json,
            id: id.map(|id| id.start - before..id.end - before),
            parsed: OnceCell::new(),
            is_changed: false,
        }
    }

    /// The event name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.meta.name()
    }

    /// The version of the event type.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.meta.version()
    }

    /// Whether the event has the name and version of this type.
    #[must_use]
    pub fn is<E: Event>(&self) -> bool {
        self.name() == E::NAME && self.version() == E::VERSION
    }

    /// Deserializes the event as its type. Returns `None` if it has another type.
    ///
    /// # Errors
    ///
    /// The type cannot deserialize its own output, or a middleware changed the data.
    pub fn read<E: Event + DeserializeOwned>(&self) -> Option<Result<E, serde_json::Error>> {
        self.is::<E>().then(|| self.data())
    }

    /// Deserializes the event's data as any type, such as `serde_json::Value`.
    ///
    /// # Errors
    ///
    /// The type cannot deserialize the data.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.parsed()?.data.to_json())
    }

    /// Deserializes a field of the event's data by its JSON name. Returns `None` if the field is
    /// missing.
    ///
    /// # Errors
    ///
    /// The type cannot deserialize the field.
    pub fn field<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, serde_json::Error> {
        let value = self.parsed()?.data.get(name);
        value
            .map(|value| serde_json::from_str(value.get()))
            .transpose()
    }

    /// The deduplication id.
    #[must_use]
    pub fn dedup_id(&self) -> Option<String> {
        let id = self.parsed().ok()?.event.get("id")?;
        serde_json::from_str(id.get()).ok()
    }

    /// Sets or adds a field of the event's data by its JSON name.
    ///
    /// # Errors
    ///
    /// The server would refuse or change the value. The event stays unchanged.
    pub fn set_field<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        value: &T,
    ) -> Result<(), PayloadError> {
        let mut written = Vec::new();
        member::write_field(self.name(), &mut written, name, value)?;
        let value = self.raw("data", written)?;
        self.change()?.data.set(name, value);
        Ok(())
    }

    /// Removes a field of the event's data. Returns whether it existed.
    ///
    /// # Errors
    ///
    /// The event's JSON cannot be parsed, because its `Serialize` is faulty.
    pub fn remove_field(&mut self, name: &str) -> Result<bool, PayloadError> {
        Ok(self.change()?.data.remove(name))
    }

    /// Sets the deduplication id; see [`Payload::id`](crate::Payload::id).
    ///
    /// # Errors
    ///
    /// The id is empty. The event stays unchanged.
    pub fn set_id(&mut self, id: &str) -> Result<(), PayloadError> {
        if id.is_empty() {
            return Err(self.error("id", PayloadErrorKind::EmptyId));
        }
        self.set_member("id", |out| json::string(out, id))
    }

    /// Sets the time at which the event occurred; see [`Payload::at`](crate::Payload::at).
    ///
    /// # Errors
    ///
    /// The server refuses the time. The event stays unchanged.
    pub fn set_time(&mut self, time: impl Timestamp) -> Result<(), PayloadError> {
        let Some(millis) = time.timestamp_millis() else {
            return Ok(());
        };
        if !(MIN_MILLIS..=MAX_MILLIS).contains(&millis) {
            return Err(self.error("ts", PayloadErrorKind::TimestampOutOfRange { millis }));
        }
        self.set_member("ts", |out| json::integer(out, millis.into()))
    }

    /// Sets the user's attributes; see [`Payload::user`](crate::Payload::user).
    ///
    /// # Errors
    ///
    /// `user` is not an object, or the server would change it. The event stays unchanged.
    pub fn set_user<U: Serialize + ?Sized>(&mut self, user: &U) -> Result<(), PayloadError> {
        let mut written = Vec::new();
        member::write_user(self.name(), &mut written, user)?;
        match written.strip_prefix(b",\"user\":") {
            Some(value) => self.set_member("user", |out| out.extend_from_slice(value)),
            None => {
                self.change()?.event.remove("user");
                Ok(())
            }
        }
    }

    /// Sets a session; see [`Payload::session`](crate::Payload::session).
    ///
    /// # Errors
    ///
    /// The server would refuse the key, the value or an additional session. The event stays
    /// unchanged.
    pub fn set_session(&mut self, key: &str, value: impl SessionField) -> Result<(), PayloadError> {
        let Some(value) = value.session_value() else {
            return Ok(());
        };
        self.change_session(key, Some(value))
    }

    /// Clears a session; see [`Payload::session_cleared`](crate::Payload::session_cleared).
    ///
    /// # Errors
    ///
    /// The event's JSON cannot be parsed, because its `Serialize` is faulty.
    pub fn set_session_cleared(&mut self, key: &str) -> Result<(), PayloadError> {
        self.change_session(key, None)
    }

    fn change_session(
        &mut self,
        key: &str,
        value: Option<SessionValue<'_>>,
    ) -> Result<(), PayloadError> {
        let meta = self
            .meta_and_sessions()
            .map_err(|error| self.unreadable("meta", &error));
        let (mut meta, mut sessions) = meta?;
        set_session(&mut sessions, key.to_owned(), value);
        let mut written = Vec::new();
        SessionWriter::new(self.name(), &mut written, &sessions).finish()?;
        let sessions = written.strip_prefix(b",\"meta\":{\"sessions\":");
        let sessions = sessions.and_then(|sessions| sessions.strip_suffix(b"}"));
        let sessions = self.raw("meta", sessions.unwrap_or(b"{}").to_vec())?;
        meta.set("sessions", sessions);
        self.set_member("meta", |out| {
            write_object(out, meta.members());
        })
    }

    /// Discards the event. The caller gets [`SendError::Discarded`](crate::SendError::Discarded)
    /// with this reason, and later middleware does not see the event.
    pub fn discard(&mut self, reason: impl Into<String>) {
        self.discarded = Some(reason.into());
    }

    /// The members of `meta`, and the sessions among them. Another program may have added members, or
    /// written no sessions.
    fn meta_and_sessions(&self) -> Result<(Object, Vec<SessionOverride>), serde_json::Error> {
        let meta = self.parsed()?.event.get("meta");
        let meta = meta.map_or(Ok(None), |meta| serde_json::from_str(meta.get()))?;
        let meta: Object = meta.unwrap_or_default();
        let sessions = meta.get("sessions");
        let sessions = sessions.map_or(Ok(None), |all| serde_json::from_str(all.get()))?;
        let sessions: Object = sessions.unwrap_or_default();
        let sessions = sessions.0.into_iter().map(|(key, value)| {
            let integer = serde_json::from_str::<Option<i128>>(value.get());
            let value = match integer {
                Ok(integer) => integer.map(SessionValue::Integer),
                Err(_) => Some(SessionValue::Text(
                    serde_json::from_str::<String>(value.get())?.into(),
                )),
            };
            Ok(SessionOverride { key, value })
        });
        let sessions = sessions.collect::<Result<_, serde_json::Error>>()?;
        Ok((meta, sessions))
    }

    fn parsed(&self) -> Result<&ParsedEvent, serde_json::Error> {
        if let Some(parsed) = self.parsed.get() {
            return Ok(parsed);
        }
        let event: Object = serde_json::from_slice(&self.json)?;
        let data = event.get("data").map_or("{}", RawValue::get);
        let data = serde_json::from_str(data)?;
        Ok(self.parsed.get_or_init(|| ParsedEvent { event, data }))
    }

    fn change(&mut self) -> Result<&mut ParsedEvent, PayloadError> {
        if let Err(error) = self.parsed() {
            return Err(self.unreadable("data", &error));
        }
        self.is_changed = true;
        let missing = PayloadError::new(self.name(), "data", PayloadErrorKind::DataNotAnObject);
        self.parsed.get_mut().ok_or(missing)
    }

    fn set_member(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), PayloadError> {
        let mut written = Vec::new();
        write(&mut written);
        let value = self.raw(name, written)?;
        self.change()?.event.set(name, value);
        Ok(())
    }

    fn raw(&self, path: &str, written: Vec<u8>) -> Result<Box<RawValue>, PayloadError> {
        let raw = String::from_utf8(written)
            .map_err(serde::ser::Error::custom)
            .and_then(RawValue::from_string);
        raw.map_err(|error| self.unreadable(path, &error))
    }

    fn error(&self, path: &str, kind: PayloadErrorKind) -> PayloadError {
        PayloadError::new(self.name(), path, kind)
    }

    fn unreadable(&self, path: &str, error: &serde_json::Error) -> PayloadError {
        let message = error.to_string();
        self.error(path, PayloadErrorKind::Serialize { message })
    }

    /// Appends the event to a buffer and marks it as prepared.
    pub(crate) fn write_to(self, buffer: &mut EventBuffer) {
        if self.is_changed
            && let Some(parsed) = self.parsed.into_inner()
        {
            let mut json = Vec::with_capacity(self.json.len() + 64);
            let id = parsed.write(&mut json);
            buffer.push_json(self.meta, &json, id, true);
        } else {
            buffer.push_json(self.meta, &self.json, self.id, true);
        }
    }
}

/// A JSON object with parsed keys and raw values.
#[derive(Default)]
struct Object(Vec<(String, Box<RawValue>)>);

impl Object {
    fn members(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, value.get()))
    }

    fn get(&self, key: &str) -> Option<&RawValue> {
        // For duplicate keys, JSON readers use the last value.
        let found = self.0.iter().rev().find(|(known, _)| known == key);
        found.map(|(_, value)| &**value)
    }

    /// Sets a member in place of the first with this key, or at the end.
    fn set(&mut self, key: &str, value: Box<RawValue>) {
        let first = self.0.iter().position(|(known, _)| known == key);
        self.remove(key);
        let index = first.unwrap_or(self.0.len());
        self.0.insert(index, (key.to_owned(), value));
    }

    fn remove(&mut self, key: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|(known, _)| known != key);
        self.0.len() < before
    }

    fn to_json(&self) -> String {
        let mut json = Vec::new();
        write_object(&mut json, self.members());
        // Keys and values are valid UTF-8.
        String::from_utf8(json).unwrap_or_default()
    }
}

/// The event members before `data`.
const BEFORE_DATA: [&str; 4] = ["name", "id", "ts", "v"];

impl ParsedEvent {
    /// Writes the members in the order of the event format. Returns the position of the id, without
    /// its quotes.
    fn write(&self, out: &mut Vec<u8>) -> Option<Range<usize>> {
        let data = self.data.to_json();
        let value = |key| Some((key, self.event.get(key)?.get()));
        let before = BEFORE_DATA.into_iter().filter_map(value);
        let is_after = |key: &str| key != "data" && !BEFORE_DATA.contains(&key);
        let after = self.event.members().filter(|(key, _)| is_after(key));
        write_object(out, before.chain([("data", &*data)]).chain(after))
    }
}

/// Writes an object of raw values. Returns the position of the member `id`, without its quotes.
fn write_object<'a>(
    out: &mut Vec<u8>,
    members: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<Range<usize>> {
    let mut id = None;
    out.push(b'{');
    for (index, (key, value)) in members.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        json::string(out, key);
        out.push(b':');
        // The event of another program may have the id `null`.
        if key == "id" && value.starts_with('"') {
            id = Some(out.len() + 1..out.len() + value.len() - 1);
        }
        out.extend_from_slice(value.as_bytes());
    }
    out.push(b'}');
    id
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
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

        deserializer.deserialize_map(ObjectVisitor)
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
