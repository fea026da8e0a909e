//! Errors of events that the server would refuse or change.

#[cfg(feature = "client")]
pub(crate) mod config;

use std::borrow::Cow;
use std::fmt;

use inngest_grammar::limits::{
    MAX_MILLIS, MAX_SESSION_KEY_BYTES, MAX_SESSION_VALUE_BYTES, MAX_SESSIONS, MIN_MILLIS,
};
use inngest_grammar::proof::Language;

/// An event that the server would refuse or change. The client did not send it.
///
/// The message contains the event name, the field, and the event's index in its batch.
#[derive(Clone, PartialEq, Eq)]
pub struct PayloadError(Box<Details>);

#[derive(Clone, Debug, Eq)]
struct Details {
    /// `None` for a single event.
    index: Option<usize>,
    event: Box<str>,
    path: String,
    kind: PayloadErrorKind,
}

/// Treats a single event as index 0, like [`PayloadError::index`].
impl PartialEq for Details {
    fn eq(&self, other: &Self) -> bool {
        self.index.unwrap_or(0) == other.index.unwrap_or(0)
            && (&self.event, &self.path, &self.kind) == (&other.event, &other.path, &other.kind)
    }
}

/// What is wrong with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayloadErrorKind {
    /// An integer beyond ±(2^53−1). The server stores numbers as doubles and would change the value
    /// without an error (measured).
    IntegerOutOfRange {
        /// The integer in decimal.
        value: String,
    },
    /// A number in raw JSON, such as a `RawValue`, that no double represents exactly. The server
    /// would store the nearest double (measured).
    InexactNumber {
        /// The number as written.
        value: String,
    },
    /// NaN or an infinity. JSON has no such values, so the server would receive `null`.
    NotFinite,
    /// The key `_inngest` in `data`, which the server deletes (measured).
    ReservedKey,
    /// A key that occurs twice in an object. Like Go's JSON decoder, the server keeps only the last
    /// value.
    KeyTwice,
    /// Half of a surrogate pair in raw JSON. Like Go's JSON decoder, the server replaces it with
    /// U+FFFD.
    UnpairedSurrogate,
    /// The name of a [`RawEvent`](crate::RawEvent) breaks a rule for event names.
    InvalidName {
        /// Which rule, and what to write instead.
        reason: String,
    },
    /// The version of a [`RawEvent`](crate::RawEvent) breaks the convention `YYYY-MM-DD.N`.
    InvalidVersion {
        /// What is wrong, and what to write instead.
        reason: String,
    },
    /// A time outside 1980-01-01 to 2100-01-01 (measured), in milliseconds since the Unix epoch.
    TimestampOutOfRange {
        /// The time in milliseconds since the Unix epoch.
        millis: i64,
    },
    /// An id placeholder printed nothing, so different events would share the id.
    EmptyIdPart,
    /// The `Display` implementation of an id placeholder failed. The id would be cut off, and
    /// different events would share it.
    IdPartDisplayFailed,
    /// The year of a calendar date in an id is not between 0 and 9999, so the date does not have the
    /// ten characters `YYYY-MM-DD`.
    IdPartYearOutOfRange,
    /// An id placeholder printed text outside the [`LANGUAGE`](crate::IdPart::LANGUAGE) of its
    /// type. The proof that different events have different ids relies on that language.
    IdPartNotOfLanguage {
        /// The language that the type declares.
        language: Language,
    },
    /// An id set with [`Payload::id`](crate::Payload::id) is empty. The server would treat it as
    /// missing.
    EmptyId,
    /// `data` is not a JSON object, so the server refuses it (measured).
    DataNotAnObject,
    /// `user` is not a JSON object, so the server refuses it.
    UserNotAnObject,
    /// More than five sessions (measured limit).
    TooManySessions {
        /// The number of sessions.
        count: usize,
    },
    /// A session key that is empty or over 128 bytes (measured limit).
    SessionKeyLength {
        /// The key's length in bytes.
        bytes: usize,
    },
    /// A session value that is empty or over 512 bytes (measured limit).
    SessionValueLength {
        /// The value's length in bytes.
        bytes: usize,
    },
    /// The event is larger than [`max_event_bytes`](crate::ClientBuilder::max_event_bytes).
    TooLarge {
        /// The event's size as JSON in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The event is nested deeper than [`MAX_DEPTH`](crate::MAX_DEPTH). The server would return an
    /// event id and lose the event (measured).
    TooDeep {
        /// The maximum number of levels. The event itself is the first level.
        limit: usize,
    },
    /// The type's `Serialize` implementation failed.
    Serialize {
        /// The error message of the implementation.
        message: String,
    },
}

impl PayloadError {
    pub(crate) fn new(event: &str, path: impl Into<String>, kind: PayloadErrorKind) -> Self {
        Self(Box::new(Details {
            index: None,
            event: event.into(),
            path: shortened(&path.into()).into_owned(),
            kind,
        }))
    }

    pub(crate) fn at(mut self, index: usize) -> Self {
        self.0.index = Some(index);
        self
    }

    /// The error without the event's index, for places that already show the index.
    #[cfg(feature = "client")]
    pub(crate) fn without_index(&self) -> Self {
        let mut error = self.clone();
        error.0.index = None;
        error
    }

    /// The event's index in the batch, counting from 0; 0 for a single event.
    #[must_use]
    pub fn index(&self) -> usize {
        self.0.index.unwrap_or(0)
    }

    /// The event name.
    #[must_use]
    pub fn event_name(&self) -> &str {
        &self.0.event
    }

    /// The path in the event, for example `data.order.lines[3].total`; empty for the whole event. A
    /// long path is shortened in the middle: `data.tree[0][0]…[0][0]`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &PayloadErrorKind {
        &self.0.kind
    }
}

/// The longest path or number that a message quotes in full, in bytes.
const LONGEST_QUOTE: usize = 160;

/// How much of each end of a longer text a message quotes, in bytes.
const QUOTED_END: usize = 60;

/// Cuts the middle out of a long path or number, between two path segments if possible.
fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_QUOTE {
        return Cow::Borrowed(text);
    }
    let begins_segment = |at: &usize| matches!(text.as_bytes().get(*at), Some(b'.' | b'['));
    let begins_char = |at: &usize| text.is_char_boundary(*at);
    let mut heads = (1..=QUOTED_END).rev();
    let mut tails = text.len() - QUOTED_END..text.len();
    let head = heads.clone().find(begins_segment);
    let tail = tails.clone().find(begins_segment);
    let head = head.or_else(|| heads.find(begins_char));
    let tail = tail.or_else(|| tails.find(begins_char));
    let head = head.and_then(|at| text.get(..at)).unwrap_or_default();
    let tail = tail.and_then(|at| text.get(at..)).unwrap_or_default();
    Cow::Owned(format!("{head}…{tail}"))
}

/// Describes the text that a language allows, for an error message.
fn description(language: Language) -> &'static str {
    match language {
        Language::Bool => "`true` or `false`",
        Language::Unsigned => "digits",
        Language::Signed => "digits, with an optional `-` before them",
        _ => "letters, digits and `_`",
    }
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = self.event_name();
        match self.0.index {
            Some(index) => write!(f, "event {index} (`{event}`): ")?,
            None => write!(f, "event `{event}`: ")?,
        }
        self.write_problem(f)
    }
}

impl PayloadError {
    /// Writes what is wrong and what to write instead.
    fn write_problem(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use PayloadErrorKind as Kind;
        let path = self.path();
        match self.kind() {
            Kind::IntegerOutOfRange { value } => write!(
                f,
                "`{path}` is {}, which the server would round because it stores numbers as doubles; \
                 write it as a string, with `#[serde(with = \"inngest_core::AsString\")]`",
                shortened(value)
            ),
            Kind::InexactNumber { value } => write!(
                f,
                "`{path}` is {}, which the server would change because it stores numbers as \
                 doubles; write it as a string, or with fewer digits",
                shortened(value)
            ),
            Kind::KeyTwice => write!(
                f,
                "the object has two members `{path}`, and the server keeps only the last; rename \
                 one of them"
            ),
            Kind::UnpairedSurrogate => write!(
                f,
                "`{path}` has half of a surrogate pair, which the server replaces with U+FFFD; \
                 write the whole character"
            ),
            Kind::NotFinite => write!(
                f,
                "`{path}` is NaN or infinite, which JSON cannot represent; make it an `Option`, or \
                 leave it out"
            ),
            Kind::ReservedKey => write!(f, "the server deletes `{path}`; rename the field"),
            Kind::InvalidName { reason } | Kind::InvalidVersion { reason } => f.write_str(reason),
            Kind::TimestampOutOfRange { millis } => write!(
                f,
                "`{path}` is {millis} ms since 1970, which the server refuses; use a time between \
                 1980-01-01 ({MIN_MILLIS}) and 2100-01-01 ({MAX_MILLIS}) in milliseconds"
            ),
            Kind::EmptyIdPart => write!(
                f,
                "`{path}` is part of the id and is empty, so different events would share an id; \
                 give it a value, or take the field out of the id"
            ),
            Kind::IdPartDisplayFailed => write!(
                f,
                "`{path}` is part of the id and its `Display` failed, so different events would \
                 share an id; print it in another way, such as a date in a format without the hour"
            ),
            Kind::IdPartYearOutOfRange => write!(
                f,
                "`{path}` is part of the id and its year is not between 0 and 9999, so it does not \
                 print as `YYYY-MM-DD`; correct the date"
            ),
            Kind::IdPartNotOfLanguage { language } => write!(
                f,
                "`{path}` is part of the id and printed text outside its \
                 `Language::{language:?}`, so different events could share an id; print only {}, or \
                 set the type's `LANGUAGE` to `Language::Open`",
                description(*language)
            ),
            Kind::EmptyId => f.write_str(
                "the id is empty, which the server treats as missing; set a non-empty id, or none",
            ),
            Kind::DataNotAnObject => f.write_str(
                "`data` is not a JSON object, which the server refuses; use a struct with \
                 named fields or a map",
            ),
            Kind::UserNotAnObject => f.write_str(
                "`user` is not a JSON object, which the server refuses; use a struct or a map",
            ),
            Kind::TooManySessions { count } => write!(
                f,
                "the event has {count} sessions, and the server accepts at most {MAX_SESSIONS}; \
                 remove some"
            ),
            Kind::SessionKeyLength { bytes } => write!(
                f,
                "the session key `{path}` has {bytes} bytes; use 1 to {MAX_SESSION_KEY_BYTES}"
            ),
            Kind::SessionValueLength { bytes } => write!(
                f,
                "the value of session `{path}` has {bytes} bytes; use 1 to \
                 {MAX_SESSION_VALUE_BYTES}"
            ),
            Kind::TooLarge { bytes, limit } => write!(
                f,
                "the event is {bytes} bytes of JSON, and the limit is {limit}; put less into \
                 `data`, such as a link to a large file"
            ),
            Kind::TooDeep { limit } => write!(
                f,
                "`{path}` is nested deeper than {limit} levels, and the server would return an \
                 event id and lose the event; flatten it, or send the inner part as text"
            ),
            Kind::Serialize { message } if path.is_empty() => {
                write!(f, "the event could not be serialized: {message}")
            }
            Kind::Serialize { message } => {
                write!(f, "`{path}` could not be serialized: {message}")
            }
        }
    }
}

impl std::error::Error for PayloadError {}

/// Implements `Debug` as `Display`, so that `unwrap` and a `main` that returns an error print the
/// full message.
macro_rules! debug_as_display {
    ($error:ty) => {
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}

debug_as_display!(PayloadError);
pub(crate) use debug_as_display;

#[cfg(test)]
mod tests {
    use super::{LONGEST_QUOTE, QUOTED_END, shortened};

    #[test]
    fn long_paths_are_shortened_between_segments() {
        let short = "x".repeat(LONGEST_QUOTE);
        assert_eq!(shortened(&short), short);
        let path = format!("data.x{}", "[0]".repeat(9_990));
        let ends = ("[0]".repeat(18), "[0]".repeat(20));
        assert_eq!(shortened(&path), format!("data.x{}…{}", ends.0, ends.1));
        let path = format!("data{}", ".key".repeat(90));
        let ends = (".key".repeat(14), ".key".repeat(15));
        assert_eq!(shortened(&path), format!("data{}…{}", ends.0, ends.1));
        // Keys longer than the quoted ends.
        let path = format!("data.{}.b", "ü".repeat(900));
        assert_eq!(shortened(&path), "data….b");
        for letter in ["a", "ü", "€", "😀"] {
            for before in ["", "x", "xy", "xyz"] {
                let text = before.to_owned() + &letter.repeat(900);
                let cut = shortened(&text).into_owned();
                assert!(cut.len() <= 2 * QUOTED_END + "…".len() && cut.len() > QUOTED_END);
                let (head, tail) = cut.split_once('…').unwrap();
                assert!(text.starts_with(head) && text.ends_with(tail));
            }
        }
    }
}
