//! Defines sessions: keys and values by which the server groups the runs of related events.

use std::borrow::Cow;

use crate::encode::json;
use crate::error::{PayloadError, PayloadErrorKind};

use inngest_grammar::limits::{MAX_SESSION_KEY_BYTES, MAX_SESSION_VALUE_BYTES, MAX_SESSIONS};

/// The value of a session: text of 1 to 512 bytes, or an integer within ±(2^53−1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionValue<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// An integer.
    Integer(i128),
}

/// The kind of a session field's value. The schema depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionKind {
    /// [`SessionValue::Text`].
    Text,
    /// [`SessionValue::Integer`].
    Integer,
}

/// A type that can be the value of a session, for `#[event(session)]` and
/// [`Payload::session`](crate::Payload::session).
///
/// Implemented for text, integers, references to them, and `Option` of any of these. `Uuid` and
/// `Ulid` are text, with the features of the same names. `#[derive(SessionField)]` implements it for
/// newtypes of these and for enums of unit variants.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a session",
    label = "this type is neither text nor an integer",
    note = "a session's value is text or an integer, or `Option` of one",
    note = "add `#[derive(SessionField)]` to a newtype of one"
)]
pub trait SessionField {
    /// The kind of value that this type has.
    const KIND: SessionKind;

    /// Whether the value can be absent.
    const OPTIONAL: bool = false;

    /// The value. `None` omits the session.
    fn session_value(&self) -> Option<SessionValue<'_>>;
}

macro_rules! text {
    ($($text:ty),*) => {$(
        impl SessionField for $text {
            const KIND: SessionKind = SessionKind::Text;
            fn session_value(&self) -> Option<SessionValue<'_>> {
                Some(SessionValue::Text(Cow::Borrowed(self)))
            }
        }
    )*};
}

text!(
    str,
    String,
    Box<str>,
    Cow<'_, str>,
    std::rc::Rc<str>,
    std::sync::Arc<str>
);

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl SessionField for $integer {
            const KIND: SessionKind = SessionKind::Integer;
            fn session_value(&self) -> Option<SessionValue<'_>> {
                // A value that does not fit in `i128` fails the range check of the encoder.
                Some(SessionValue::Integer(i128::try_from(*self).unwrap_or(i128::MAX)))
            }
        }
    )*};
}

integers!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize
);

#[cfg(feature = "uuid")]
impl SessionField for uuid::Uuid {
    const KIND: SessionKind = SessionKind::Text;
    fn session_value(&self) -> Option<SessionValue<'_>> {
        Some(SessionValue::Text(self.to_string().into()))
    }
}

#[cfg(feature = "ulid")]
impl SessionField for ulid::Ulid {
    const KIND: SessionKind = SessionKind::Text;
    fn session_value(&self) -> Option<SessionValue<'_>> {
        Some(SessionValue::Text(self.to_string().into()))
    }
}

impl<T: SessionField> SessionField for Option<T> {
    const KIND: SessionKind = T::KIND;
    const OPTIONAL: bool = true;
    fn session_value(&self) -> Option<SessionValue<'_>> {
        self.as_ref().and_then(T::session_value)
    }
}

impl<T: SessionField + ?Sized> SessionField for &T {
    const KIND: SessionKind = T::KIND;
    const OPTIONAL: bool = T::OPTIONAL;
    fn session_value(&self) -> Option<SessionValue<'_>> {
        (**self).session_value()
    }
}

/// A session field that may be absent, for `#[event(session, clear_if_none)]`.
///
/// Implemented for `Option` of a [`trait@SessionField`] and for references to one. For a newtype of an
/// `Option`, derive `SessionField` and write `impl OptionalSessionField for … {}`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an `Option` of a session's value, so `clear_if_none` has no effect",
    label = "this session is never `None`",
    note = "make it an `Option`, or remove `clear_if_none`"
)]
pub trait OptionalSessionField: SessionField {}

impl<T: SessionField> OptionalSessionField for Option<T> {}
impl<T: OptionalSessionField + ?Sized> OptionalSessionField for &T {}

impl SessionValue<'_> {
    pub(crate) fn into_owned(self) -> SessionValue<'static> {
        match self {
            Self::Text(text) => SessionValue::Text(text.into_owned().into()),
            Self::Integer(integer) => SessionValue::Integer(integer),
        }
    }
}

/// What the schema contains about a session field.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct SessionSpec {
    pub(crate) key: &'static str,
    pub(crate) kind: SessionKind,
    pub(crate) optional: bool,
}

/// A session set on the payload.
#[derive(Clone, Debug)]
pub(crate) struct SessionOverride {
    pub(crate) key: String,
    /// `None` clears the session.
    pub(crate) value: Option<SessionValue<'static>>,
}

/// Sets a session, replacing one with the same key.
pub(crate) fn set_session(
    sessions: &mut Vec<SessionOverride>,
    key: String,
    value: Option<SessionValue<'_>>,
) {
    let value = value.map(SessionValue::into_owned);
    sessions.retain(|session| session.key != key);
    sessions.push(SessionOverride { key, value });
}

/// Writes `"meta":{"sessions":{…}}` into an event, or nothing if there are no sessions.
#[derive(Debug)]
#[doc(hidden)]
pub struct SessionWriter<'a> {
    event: &'a str,
    out: &'a mut Vec<u8>,
    overrides: &'a [SessionOverride],
    /// Whether any session was written.
    has_any: bool,
    /// How many sessions have a value.
    count: usize,
    error: Option<PayloadError>,
}

impl<'a> SessionWriter<'a> {
    #[inline]
    pub(crate) fn new(
        event: &'a str,
        out: &'a mut Vec<u8>,
        overrides: &'a [SessionOverride],
    ) -> Self {
        Self {
            event,
            out,
            overrides,
            has_any: false,
            count: 0,
            error: None,
        }
    }

    /// Writes a session from a field, unless the payload has one with the same key. `None` clears
    /// the session.
    pub(crate) fn field(&mut self, key: &'static str, value: Option<&SessionValue<'_>>) {
        if self.overrides.iter().all(|o| o.key != key) {
            self.push(key, value);
        }
    }

    /// Writes the payload's own sessions and ends the member. Takes a reference, because passing the
    /// writer by value would copy it.
    pub(crate) fn finish(&mut self) -> Result<(), PayloadError> {
        for SessionOverride { key, value } in self.overrides {
            self.push(key, value.as_ref());
        }
        if self.count > MAX_SESSIONS {
            self.fail(
                "meta.sessions",
                PayloadErrorKind::TooManySessions { count: self.count },
            );
        }
        if self.has_any {
            self.out.extend_from_slice(b"}}");
        }
        self.error.take().map_or(Ok(()), Err)
    }

    fn push(&mut self, key: &str, value: Option<&SessionValue<'_>>) {
        let is_first = !std::mem::replace(&mut self.has_any, true);
        self.out.extend_from_slice(if is_first {
            b",\"meta\":{\"sessions\":{"
        } else {
            b","
        });
        let Some(value) = value else {
            // The server neither counts it nor checks its key (measured).
            json::string(self.out, key);
            self.out.extend_from_slice(b":null");
            return;
        };
        self.count += 1;
        if !(1..=MAX_SESSION_KEY_BYTES).contains(&key.len()) {
            self.fail(key, PayloadErrorKind::SessionKeyLength { bytes: key.len() });
        }
        json::string(self.out, key);
        self.out.push(b':');
        match value {
            SessionValue::Text(text) => {
                if !(1..=MAX_SESSION_VALUE_BYTES).contains(&text.len()) {
                    self.fail(
                        key,
                        PayloadErrorKind::SessionValueLength { bytes: text.len() },
                    );
                }
                json::string(self.out, text);
            }
            SessionValue::Integer(integer) => {
                if !json::is_exact(*integer) {
                    let value = integer.to_string();
                    let path = format!("meta.sessions.{key}");
                    self.fail(&path, PayloadErrorKind::IntegerOutOfRange { value });
                }
                json::integer(self.out, *integer);
            }
        }
    }

    fn fail(&mut self, path: &str, kind: PayloadErrorKind) {
        let event = self.event;
        self.error
            .get_or_insert_with(|| PayloadError::new(event, path, kind));
    }
}
