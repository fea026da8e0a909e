//! Errors of events that the server would refuse or change.

#[cfg(feature = "client")]
pub(crate) mod config;

use std::borrow::Cow;
use std::fmt;

use inngest_grammar::limits::{
    MAX_MILLIS, MAX_SESSION_KEY_BYTES, MAX_SESSION_VALUE_BYTES, MIN_MILLIS,
};
use inngest_grammar::proof::Language;

/// An event that the server would refuse or change. The client did not send it.
///
/// The message contains the event's index in the batch, the event name and the field.
#[derive(Clone, PartialEq, Eq)]
pub struct PayloadError(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    index: usize,
    event: Box<str>,
    path: String,
    kind: PayloadErrorKind,
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
        Self(Box::new(Inner {
            index: 0,
            event: event.into(),
            path: readable(&path.into()).into_owned(),
            kind,
        }))
    }

    pub(crate) fn at(mut self, index: usize) -> Self {
        self.0.index = index;
        self
    }

    /// The event's index in the batch, counting from 0; 0 for a single event.
    #[must_use]
    pub fn index(&self) -> usize {
        self.0.index
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

/// The longest path or number that is shown in full, in bytes.
const LONGEST_PATH: usize = 160;

/// How many bytes of each end of a longer text are shown.
const PATH_END: usize = 60;

/// Shortens a long path or number to its two ends.
fn readable(path: &str) -> Cow<'_, str> {
    if path.len() <= LONGEST_PATH {
        return Cow::Borrowed(path);
    }
    let begins_part = |at: &usize| matches!(path.as_bytes().get(*at), Some(b'.' | b'['));
    // Cut between two path segments if possible, otherwise between characters.
    let begins_char = |at: &usize| path.is_char_boundary(*at);
    let mut heads = (1..=PATH_END).rev();
    let mut tails = path.len() - PATH_END..path.len();
    let head = heads
        .clone()
        .find(begins_part)
        .or_else(|| heads.find(begins_char));
    let tail = tails
        .clone()
        .find(begins_part)
        .or_else(|| tails.find(begins_char));
    let head = head.and_then(|at| path.get(..at)).unwrap_or_default();
    let tail = tail.and_then(|at| path.get(at..)).unwrap_or_default();
    Cow::Owned(format!("{head}…{tail}"))
}

/// Describes the texts of a language.
fn texts_of(language: Language) -> &'static str {
    match language {
        Language::Bool => "`true` or `false`,",
        Language::Unsigned => "digits,",
        Language::Signed => "digits, perhaps after a `-`,",
        _ => "letters, digits and `_`,",
    }
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use PayloadErrorKind as Kind;
        let Inner {
            index,
            event,
            path,
            kind,
        } = &*self.0;
        write!(f, "event {index} (`{event}`): ")?;
        match kind {
            Kind::IntegerOutOfRange { value } => write!(
                f,
                "`{path}` is {}, which the server would round because it keeps numbers as doubles; \
                 write it as a string, with `#[serde(with = \"inngest_core::AsString\")]`",
                readable(value)
            ),
            Kind::InexactNumber { value } => write!(
                f,
                "`{path}` is {}, which the server would change because it keeps numbers as doubles; \
                 write it as a string, or with fewer digits",
                readable(value)
            ),
            Kind::KeyTwice => write!(
                f,
                "the key `{path}` is written twice, and the server keeps only the last; give one \
                 of the two another name"
            ),
            Kind::UnpairedSurrogate => write!(
                f,
                "`{path}` has half of a surrogate pair, for which the server stores U+FFFD; write \
                 the whole character"
            ),
            Kind::NotFinite => write!(
                f,
                "`{path}` is NaN or infinite, which JSON cannot say; make it an `Option`, or send \
                 the event without it"
            ),
            Kind::ReservedKey => write!(
                f,
                "the server deletes the key `{path}`; give the field another name"
            ),
            Kind::TimestampOutOfRange { millis } => write!(
                f,
                "`{path}` is {millis} ms since 1970, which the server refuses; give a time between \
                 1980-01-01 ({MIN_MILLIS}) and 2100-01-01 ({MAX_MILLIS}) in milliseconds"
            ),
            Kind::EmptyIdPart => write!(
                f,
                "`{path}` is empty and stands in the id, so different events would share one; give \
                 it a value, or take the field out of the id"
            ),
            Kind::IdPartDisplayFailed => write!(
                f,
                "`{path}` stands in the id and its `Display` failed, so different events would \
                 share one; print it in another way, such as a date by a format without the hour"
            ),
            Kind::IdPartNotOfLanguage { language } => write!(
                f,
                "`{path}` stands in the id and printed more than its `Language::{language:?}` has, \
                 so different events could share one; print only {} or make the type's `LANGUAGE` \
                 `Language::Open`",
                texts_of(*language)
            ),
            Kind::EmptyId => f.write_str(
                "the id is empty, which the server takes as none; give it a text or leave it out",
            ),
            Kind::DataNotAnObject => f.write_str(
                "`data` is not a JSON object, which the server refuses; serialize the event as a \
                 struct with named fields",
            ),
            Kind::UserNotAnObject => f.write_str(
                "`user` is not a JSON object, which the server refuses; give a struct or a map",
            ),
            Kind::TooManySessions { count } => {
                write!(f, "it has {count} sessions; the server takes at most 5")
            }
            Kind::SessionKeyLength { bytes } => write!(
                f,
                "the session key `{path}` has {bytes} bytes; the server takes 1 to {MAX_SESSION_KEY_BYTES}"
            ),
            Kind::SessionValueLength { bytes } => write!(
                f,
                "the value of session `{path}` has {bytes} bytes; the server takes 1 to {MAX_SESSION_VALUE_BYTES}"
            ),
            Kind::TooLarge { bytes, limit } => write!(
                f,
                "it is {bytes} bytes of JSON and the limit is {limit}; send less in `data`, such as \
                 a link to where the rest is kept"
            ),
            Kind::TooDeep { limit } => write!(
                f,
                "`{path}` is nested deeper than {limit} levels, and the server would answer with an \
                 event id and lose the event; make it flatter, or send its inner part as text"
            ),
            Kind::Serialize { message } if path.is_empty() => {
                write!(f, "it could not be serialized: {message}")
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
    ($($error:ty),*) => {$(
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    )*};
}

debug_as_display!(PayloadError);
pub(crate) use debug_as_display;

#[cfg(test)]
mod tests {
    use super::{LONGEST_PATH, PATH_END, readable};

    #[test]
    fn long_paths_are_shortened_between_segments() {
        let short = "x".repeat(LONGEST_PATH);
        assert_eq!(readable(&short), short);
        let path = format!("data.x{}", "[0]".repeat(9_990));
        let ends = ("[0]".repeat(18), "[0]".repeat(20));
        assert_eq!(readable(&path), format!("data.x{}…{}", ends.0, ends.1));
        let path = format!("data{}", ".key".repeat(90));
        let ends = (".key".repeat(14), ".key".repeat(15));
        assert_eq!(readable(&path), format!("data{}…{}", ends.0, ends.1));
        // Keys that are longer than the shown ends.
        let path = format!("data.{}.b", "ü".repeat(900));
        assert_eq!(readable(&path), "data….b");
        for letter in ["a", "ü", "€", "😀"] {
            for before in ["", "x", "xy", "xyz"] {
                let text = before.to_owned() + &letter.repeat(900);
                let cut = readable(&text).into_owned();
                assert!(cut.len() <= 2 * PATH_END + "…".len() && cut.len() > PATH_END);
                let (head, tail) = cut.split_once('…').unwrap();
                assert!(text.starts_with(head) && text.ends_with(tail));
            }
        }
    }
}
