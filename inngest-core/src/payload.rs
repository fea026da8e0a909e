//! One event with what its sender sets beside its fields.

use serde::Serialize;

use crate::error::PayloadError;
use crate::event::Event;
use crate::session::{SessionField, SessionOverride, set_session};
use crate::timestamp::{Timestamp, now};
use crate::wire::write_user;

/// One event on its way out, with overrides of its id, time, user and sessions.
///
/// Made with [`Event::payload`], or with [`Payload::new`] where the event itself is to be kept
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

impl<E: Event> Payload<E> {
    /// A payload of an event, or of a reference to one.
    ///
    /// Its time is that of the event's `#[event(ts)]` field, or now.
    pub fn new(event: E) -> Self {
        Self {
            millis: event.__timestamp().unwrap_or_else(now),
            event,
            overrides: None,
        }
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

    /// Sets the user's attributes, an object such as `{"external_id": "…", "email": "…"}`, in
    /// place of the type's `#[event(user)]` field. The server keeps them encrypted.
    pub fn user<U: Serialize + ?Sized>(mut self, user: &U) -> Self {
        // Written here, because the payload does not keep a value of another type. What is wrong
        // with it is said when the event is written, where its place in the batch is known.
        let mut json = Vec::new();
        let user = write_user(E::NAME, &mut json, user).map(|()| json);
        self.overrides().user = Some(user);
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

    pub(crate) fn to_write(&self) -> ToWrite<'_, E> {
        ToWrite {
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
pub struct ToWrite<'a, E> {
    pub(crate) event: &'a E,
    pub(crate) millis: i64,
    overrides: Option<&'a Overrides>,
}

impl<'a, E> ToWrite<'a, E> {
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

/// What can be sent: an event, a reference to one, or a [`Payload`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent: it is neither an event nor a payload",
    label = "not an event",
    note = "add `#[derive(Event)]` and `#[event(name = \"…\")]` to the type"
)]
pub trait IntoPayload {
    /// The event's type.
    type Event: Event;

    /// The payload to send.
    fn into_payload(self) -> Payload<Self::Event>;

    /// Hands on what is to be written, of an event that occurred at `now` unless it says otherwise.
    #[doc(hidden)]
    fn __write<R>(
        self,
        _now: impl FnOnce() -> i64,
        write: impl FnOnce(&ToWrite<'_, Self::Event>) -> R,
    ) -> R
    where
        Self: Sized,
    {
        write(&self.into_payload().to_write())
    }
}

impl<E: Event> IntoPayload for E {
    type Event = E;

    fn into_payload(self) -> Payload<E> {
        Payload::new(self)
    }

    #[inline]
    fn __write<R>(self, now: impl FnOnce() -> i64, write: impl FnOnce(&ToWrite<'_, E>) -> R) -> R {
        write(&ToWrite {
            millis: self.__timestamp().unwrap_or_else(now),
            event: &self,
            overrides: None,
        })
    }
}

impl<E: Event> IntoPayload for Payload<E> {
    type Event = E;

    fn into_payload(self) -> Self {
        self
    }
}
