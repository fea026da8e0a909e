//! One event with what its sender sets beside its fields.

use crate::error::PayloadError;
use crate::event::session::{SessionField, SessionOverride, set_session};
use crate::event::timestamp::Timestamp;

/// One event on its way out, with overrides of its id, time, user and sessions.
///
/// Made with [`Event::payload`](crate::Event::payload), or with [`Payload::new`] where the event itself is to be kept
/// inside.
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
    /// The payload of an event that occurred at this time.
    pub(crate) fn at_millis(event: E, millis: i64) -> Self {
        Self {
            event,
            millis,
            overrides: None,
        }
    }

    /// Sets the attributes of the user, as JSON or why it cannot be written.
    pub(crate) fn with_user(mut self, user: Result<Vec<u8>, PayloadError>) -> Self {
        self.overrides().user = Some(user);
        self
    }

    /// Sets the deduplication id, in place of the one that the type's template gives.
    ///
    /// Ids are global across event types: an id that another event had within 24 hours, whatever
    /// its name, makes the server run nothing for this one.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.overrides().id = Some(id.into());
        self
    }

    /// Sets when the event occurred. In the future, runs start then. An absent time changes
    /// nothing.
    pub fn at(mut self, time: impl Timestamp) -> Self {
        if let Some(millis) = time.timestamp_millis() {
            self.millis = millis;
        }
        self
    }

    /// Adds a session, or replaces the one of the same key. An absent value adds nothing.
    pub fn session(mut self, key: impl Into<String>, value: impl SessionField) -> Self {
        if let Some(value) = value.session_value() {
            set_session(&mut self.overrides().sessions, key.into(), Some(value));
        }
        self
    }

    /// Clears a session: the runs of this event do not inherit it from the run that sent it. Replaces a
    /// session of the same key, also that of a field.
    ///
    /// It is sent as `null`, which does not count towards [`MAX_SESSIONS`](crate::MAX_SESSIONS). The
    /// server takes any key here (measured); one that no session can have, such as an empty one, clears
    /// nothing.
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

/// What is written of an event: a payload, or what one would have. An event is not moved into one
/// for that, which takes a good part of the time that writing it does.
#[derive(Debug)]
#[doc(hidden)]
pub struct EventInput<'a, E> {
    pub(crate) event: &'a E,
    pub(crate) millis: i64,
    overrides: Option<&'a Overrides>,
}

impl<'a, E> EventInput<'a, E> {
    /// An event without overrides, which occurred at this time.
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
