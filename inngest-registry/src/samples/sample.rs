//! A sent event of any type.

use std::fmt;

use serde_json::{Map, Value};

/// A sent event. `Debug` prints no values, because they may be personal data.
#[derive(Clone, PartialEq)]
pub struct Sample {
    /// An object with `name` and `data`. The data is empty if the event was sent without any.
    event: Value,
    origin: Origin,
    kind: SourceKind,
}

/// What a source provides of its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SourceKind {
    /// All members as they were sent.
    Sent,
    /// What a server lists.
    List,
    /// Name, version and data.
    Insights,
}

/// Where a sample comes from, for reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Origin {
    /// A line of a file, counted from 1.
    Line(usize),
    /// A place in a document or in the answer of a server, counted from 1.
    Item(usize),
    /// The id that the server gave to the event.
    EventId(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Item(item) => write!(f, "event {item}"),
            Self::EventId(id) => write!(f, "event {id}"),
        }
    }
}

/// The members of a listed event that are part of the event as it was sent.
const SENT: [&str; 7] = ["name", "id", "ts", "v", "data", "user", "meta"];

impl Sample {
    /// Reads an event in the form that was sent or in the form that a server lists. The error names the
    /// problem, without values of the event.
    pub(crate) fn new(event: Value, origin: Origin) -> Result<Self, String> {
        let Value::Object(mut event) = event else {
            return Err("an event is an object".to_owned());
        };
        // A member that is `null` is the same as one that is absent.
        event.retain(|_, value| !value.is_null());
        match event.get("name") {
            None => return Err("it has no `name`".to_owned()),
            Some(Value::String(name)) if !name.is_empty() => {}
            Some(_) => return Err("its `name` is empty or not a string".to_owned()),
        }
        let is_listed = event.contains_key("internal_id");
        if is_listed {
            // The server lists its own id for an event that was sent without one.
            if event.get("id") == event.get("internal_id") {
                event.remove("id");
            }
            event.retain(|key, _| SENT.contains(&key.as_str()));
        }
        event.entry("data").or_insert_with(|| Map::new().into());
        for (key, is_valid, what) in [
            ("data", Value::is_object as fn(&Value) -> bool, "an object"),
            ("user", Value::is_object, "an object"),
            ("id", Value::is_string, "a string"),
            ("v", Value::is_string, "a string"),
        ] {
            if event.get(key).is_some_and(|value| !is_valid(value)) {
                return Err(format!("its `{key}` is not {what}"));
            }
        }
        let kind = if is_listed {
            SourceKind::List
        } else {
            SourceKind::Sent
        };
        Ok(Self {
            event: event.into(),
            origin,
            kind,
        })
    }

    /// Reads an event whose source provides only its name, version and data.
    #[cfg(feature = "http")]
    pub(crate) fn of_insights(event: Value, origin: Origin) -> Result<Self, String> {
        Ok(Self {
            kind: SourceKind::Insights,
            ..Self::new(event, origin)?
        })
    }

    /// The event name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text("name").unwrap_or_default()
    }

    /// The deduplication id. `None` if the event was sent without one, or if the source does
    /// [not provide ids](Self::has_known_id).
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.text("id")
    }

    /// The version of the event's shape: its member `v`.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.text("v")
    }

    /// The data, an object. It is empty if the event was sent without data.
    #[must_use]
    pub fn data(&self) -> &Value {
        self.event.get("data").unwrap_or(&Value::Null)
    }

    /// The attributes of the user, an object.
    #[must_use]
    pub fn user(&self) -> Option<&Value> {
        self.event.get("user")
    }

    /// The time of the event, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn ts(&self) -> Option<i64> {
        self.event.get("ts")?.as_i64()
    }

    /// The whole event: its members as they were sent, and always `data`.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.event
    }

    /// The whole event; see [`as_value`](Self::as_value).
    #[must_use]
    pub fn into_value(self) -> Value {
        self.event
    }

    /// Where the sample comes from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether the event comes from a server, which does not provide all members. Listed events have no
    /// `meta` and always a `ts`; events in Insights have only their name, version and data.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.kind != SourceKind::Sent
    }

    /// Whether the source provides the deduplication id of an event that has one. Insights does not.
    #[must_use]
    pub fn has_known_id(&self) -> bool {
        self.kind != SourceKind::Insights
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.event.get(key)?.as_str()
    }
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample")
            .field("name", &self.name())
            .field("version", &self.version())
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}
