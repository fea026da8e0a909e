//! Defines `EventParts`: an event whose name and version are known and whose data is not yet decoded.

use std::borrow::Cow;
use std::fmt;

use serde::de::DeserializeOwned;

use crate::data::{self, Json};
use crate::error::DecodeError;
use crate::kinds::Kinds;
use crate::scan::Scanner;

/// An event whose name and version are known, and whose data is still JSON.
#[derive(Clone, Default)]
pub struct EventParts<'a> {
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) version: Option<Cow<'a, str>>,
    pub(crate) data: Option<&'a str>,
    pub(crate) id: Option<Cow<'a, str>>,
    pub(crate) ts: Option<&'a str>,
    pub(crate) user: Option<&'a str>,
    pub(crate) meta: Option<&'a str>,
    /// The number of events that enclose this one.
    pub(crate) nested: u8,
}

/// Shows the name and version. The data may be personal, so it is not shown.
impl fmt::Debug for EventParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventParts")
            .field("name", &self.name())
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

/// Checks that bytes are UTF-8, as JSON must be.
pub(crate) fn text(json: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(json).map_err(|error| {
        let message = format!("this is not UTF-8 from byte {} on", error.valid_up_to());
        DecodeError::syntax("", message)
    })
}

impl<'a> EventParts<'a> {
    /// Reads the event at the scanner's position into empty parts. The inner error is about this event;
    /// after an outer error, the position of the next event is unknown.
    // It fills the parts in place, because moving them takes much of the time.
    pub(crate) fn read(
        &mut self,
        scanner: &mut Scanner<'a>,
    ) -> Result<Result<(), DecodeError>, DecodeError> {
        if scanner.peek() != Some(b'{') {
            let value = scanner.value()?;
            return Ok(data::validate(value, "").and(Err(DecodeError::shape(
                "",
                "the event is not an object; pass one event with its name and data",
            ))));
        }
        let mut read = Ok(());
        scanner.members(|scanner, key| {
            let value = scanner.value()?;
            if let Err(error) = self.add(key, value) {
                read = std::mem::replace(&mut read, Ok(())).and(Err(error));
            }
            Ok(())
        })?;
        let is_named = self.name.is_some();
        Ok(match read {
            Err(error) if is_named => Err(self.name_event_in(error)),
            Ok(()) if !is_named => Err(DecodeError::shape(
                "name",
                "the event has no name; pass the event as it was received",
            )),
            read => read,
        })
    }

    /// Adds a member. The key includes its quotes.
    fn add(&mut self, key: Json<'_>, value: Json<'a>) -> Result<(), DecodeError> {
        let is_first = match key.text {
            // Deserializing the data validates it.
            r#""data""# => set(&mut self.data, given(value).map(|data| data.text)),
            r#""id""# => set(&mut self.id, text_of(value, "id")?),
            r#""name""# => set(&mut self.name, text_of(value, "name")?),
            r#""v""# => set(&mut self.version, text_of(value, "v")?),
            r#""ts""# => set(&mut self.ts, valid(value, "ts")?),
            r#""user""# => set(&mut self.user, valid(value, "user")?),
            r#""meta""# => set(&mut self.meta, valid(value, "meta")?),
            _ => {
                let name = key.string()?;
                if !key.is_valid && KEYS.contains(&&*name) {
                    let text = &format!("\"{name}\"");
                    return self.add(Json { text, ..key }, value);
                }
                return data::validate(value, &name);
            }
        };
        if is_first {
            return Ok(());
        }
        let key = key.text.trim_matches('"');
        Err(DecodeError::shape(
            key,
            "the key appears twice; send it once",
        ))
    }

    /// The event name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// The version of the event, if it has one.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version
            .as_deref()
            .filter(|version| !version.is_empty())
    }

    /// The data as JSON. It has been scanned, but not validated.
    #[must_use]
    pub fn data(&self) -> &'a str {
        self.data.unwrap_or("{}")
    }

    /// Deserializes the data.
    ///
    /// # Errors
    ///
    /// The data is not an object, or does not fit the type.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        data::object(self.data(), "data").map_err(|error| self.name_event_in(error))
    }

    /// The position of the kind that takes this event.
    pub(crate) fn find(&self, kinds: &Kinds) -> Option<usize> {
        kinds.find(self.name(), self.version())
    }

    /// The error for an event that no kind takes.
    pub(crate) fn unknown(&self, kinds: &Kinds) -> DecodeError {
        self.name_event_in(DecodeError::new(kinds.why_not(self.name()), ""))
    }

    /// Adds the event's name and version to an error.
    pub(crate) fn name_event_in(&self, error: DecodeError) -> DecodeError {
        error.of_event(self.name(), self.version())
    }
}

/// The members of an event that are read.
const KEYS: [&str; 7] = ["data", "id", "name", "ts", "user", "v", "meta"];

/// Sets a member. Returns whether it was not set before.
fn set<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let is_first = slot.is_none();
    if is_first {
        *slot = value;
    }
    is_first
}

/// A member that is `null` is absent.
fn given(member: Json<'_>) -> Option<Json<'_>> {
    (member.text != "null").then_some(member)
}

fn valid<'a>(member: Json<'a>, key: &str) -> Result<Option<&'a str>, DecodeError> {
    data::validate(member, key)?;
    Ok(given(member).map(|member| member.text))
}

fn text_of<'a>(member: Json<'a>, key: &str) -> Result<Option<Cow<'a, str>>, DecodeError> {
    if member.text.starts_with('"') {
        return member.string().map(Some).map_err(|error| error.within(key));
    }
    match valid(member, key)? {
        None => Ok(None),
        Some(_) => Err(DecodeError::shape(
            key,
            "this is not a string; pass the event as it was received",
        )),
    }
}
