//! Defines `Payload`: one event with overrides.

use crate::error::PayloadError;
use crate::event::session::{SessionField, SessionOverride, set_session};
use crate::event::timestamp::Timestamp;

/// One event to send, with overrides of its id, time, user and sessions.
///
/// Create it with [`Event::payload`](crate::Event::payload), or with [`Payload::new`] to move the
/// event into it.
///
/// ```
/// use inngest_core::{Batch, Event};
/// use schemars::JsonSchema;
/// use serde::Serialize;
/// use std::time::SystemTime;
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "account/signup.completed")]
/// struct SignupCompleted {
///     plan: String,
/// }
///
/// let signup = SignupCompleted { plan: "team".into() };
/// let payload = signup
///     .payload()
///     .id("signup-completed-ada")
///     .at(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_743_130_137))
///     .user(&serde_json::json!({ "external_id": "ada" }))
///     .session("visit", 42);
///
/// let mut batch = Batch::new();
/// batch.push(payload)?;
/// assert_eq!(
///     batch.events().next(),
///     Some(concat!(
///         r#"{"name":"account/signup.completed","id":"signup-completed-ada","#,
///         r#""ts":1743130137000,"data":{"plan":"team"},"user":{"external_id":"ada"},"#,
///         r#""meta":{"sessions":{"visit":42}}}"#,
///     )),
/// );
/// # Ok::<(), inngest_core::PayloadError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a payload does nothing until it is sent"]
pub struct Payload<E> {
    event: E,
    millis: i64,
    overrides: Option<Box<Overrides>>,
}

#[derive(Clone, Debug, Default)]
struct Overrides {
    id: Option<String>,
    user: Option<Result<Vec<u8>, PayloadError>>,
    sessions: Vec<SessionOverride>,
}

impl<E> Payload<E> {
    /// Creates a payload whose event occurred at this time.
    pub(crate) fn at_millis(event: E, millis: i64) -> Self {
        Self {
            event,
            millis,
            overrides: None,
        }
    }

    /// Sets the user's attributes, as JSON or as the error of encoding them.
    pub(crate) fn with_user(mut self, user: Result<Vec<u8>, PayloadError>) -> Self {
        self.overrides().user = Some(user);
        self
    }

    /// Sets the deduplication id. It replaces the id from the type's template.
    ///
    /// Ids are global across event types: if any event had the same id within the last 24 hours,
    /// the server runs nothing for this one.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.overrides().id = Some(id.into());
        self
    }

    /// Sets when the event occurred. With a time in the future, runs start at that time. An absent
    /// time has no effect.
    pub fn at(mut self, time: impl Timestamp) -> Self {
        if let Some(millis) = time.timestamp_millis() {
            self.millis = millis;
        }
        self
    }

    /// Adds a session, or replaces the one with the same key. An absent value has no effect.
    pub fn session(mut self, key: impl Into<String>, value: impl SessionField) -> Self {
        if let Some(value) = value.session_value() {
            set_session(&mut self.overrides().sessions, key.into(), Some(value));
        }
        self
    }

    /// Clears a session: runs of this event do not inherit it from the run that sent the event.
    /// This also replaces a session with the same key, including one from a field.
    ///
    /// The session is sent as `null`, which does not count towards
    /// [`MAX_SESSIONS`](crate::MAX_SESSIONS). The server accepts any key here (measured). A key
    /// that no session can have, such as an empty one, has no effect.
    pub fn session_cleared(mut self, key: impl Into<String>) -> Self {
        set_session(&mut self.overrides().sessions, key.into(), None);
        self
    }

    /// The event.
    pub fn event(&self) -> &E {
        &self.event
    }

    fn overrides(&mut self) -> &mut Overrides {
        self.overrides.get_or_insert_default()
    }

    pub(crate) fn as_input(&self) -> EventInput<'_, E> {
        EventInput {
            event: &self.event,
            millis: self.millis,
            overrides: self.overrides.as_deref(),
        }
    }
}

/// The encoder's input: a payload, or a borrowed event. Moving an event into a payload first would
/// take a good part of the encoding time.
#[derive(Debug)]
#[doc(hidden)]
pub struct EventInput<'a, E> {
    pub(crate) event: &'a E,
    pub(crate) millis: i64,
    overrides: Option<&'a Overrides>,
}

impl<'a, E> EventInput<'a, E> {
    /// An event without overrides that occurred at this time.
    #[inline]
    pub(crate) fn of(event: &'a E, millis: i64) -> Self {
        Self {
            event,
            millis,
            overrides: None,
        }
    }

    pub(crate) fn id_override(&self) -> Option<&'a str> {
        self.overrides?.id.as_deref()
    }

    pub(crate) fn user_override(&self) -> Option<&'a Result<Vec<u8>, PayloadError>> {
        self.overrides?.user.as_ref()
    }

    pub(crate) fn session_overrides(&self) -> &'a [SessionOverride] {
        self.overrides.map_or(&[], |o| &o.sessions)
    }
}
