//! Defines the trait `Event`, and `Payload`: one event with overrides.

pub(crate) mod as_string;
pub(crate) mod derived;
pub(crate) mod event_type;
pub(crate) mod id;
pub(crate) mod into_payload;
pub(crate) mod non_empty;
pub(crate) mod raw;
pub(crate) mod session;
pub(crate) mod timestamp;

use std::fmt;

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::encode::member::write_user;
use crate::error::PayloadError;
use crate::event::derived::DerivedEvent;
use crate::event::id::IdWriter;
use crate::event::session::{SessionField, SessionOverride, set_session};
use crate::event::timestamp::Timestamp;
use crate::schema;

/// An Inngest event: a struct whose fields are the event's data.
///
/// Implement it with `#[derive(Event)]`; [the derive](derive@crate::Event) lists all attributes.
/// Manual implementations are not supported, because the derive's checks ensure that the server
/// accepts the event.
///
/// ```
/// use inngest_core::Event;
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
/// struct ItemImported {
///     item_id: String,
/// }
///
/// assert_eq!(ItemImported::NAME, "storefront/item.imported");
/// let item = ItemImported { item_id: "9f08sdh84".into() };
/// assert_eq!(item.dedup_id()?.as_deref(), Some("item-imported-9f08sdh84"));
/// # Ok::<(), inngest_core::PayloadError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "the trait `Event` is not implemented for `{Self}`",
    note = "add `#[derive(Event)]` and `#[event(name = \"…\")]` to `{Self}`",
    note = "to send JSON under a name that is known only at run time, use `RawEvent`"
)]
pub trait Event: DerivedEvent + Serialize + JsonSchema + Sized {
    /// The event name, for example `storefront/item.imported`.
    const NAME: &'static str = Self::__TYPE.name;

    /// The version of the event's shape, by convention `YYYY-MM-DD.N`; sent as `v`.
    const VERSION: Option<&'static str> = Self::__TYPE.version();

    /// The template of the deduplication id as written in the attribute, for example
    /// `item-imported-{item_id}`. Without one the server never deduplicates these events.
    const ID_TEMPLATE: Option<&'static str> = Self::__TYPE.id_template();

    /// The deduplication id of this event, or `None` if the type has no [`ID_TEMPLATE`].
    ///
    /// For 24 hours, the server runs nothing for another event with the same id. Ids are global: the
    /// event name does not matter.
    ///
    /// [`ID_TEMPLATE`]: Event::ID_TEMPLATE
    ///
    /// # Errors
    ///
    /// Fails if a placeholder prints nothing, prints text outside its type's
    /// [`LANGUAGE`](crate::IdPart::LANGUAGE), or has a `Display` that fails. Different events could
    /// share such an id.
    fn dedup_id(&self) -> Result<Option<String>, PayloadError> {
        if Self::ID_TEMPLATE.is_none() {
            return Ok(None);
        }
        // Most ids fit without reallocating.
        let mut text = String::with_capacity(64);
        let mut writer = IdWriter::plain(&mut text);
        self.__write_id(&mut writer);
        writer.finish(Self::NAME)?;
        Ok(Some(text))
    }

    /// The JSON Schema (2020-12) of the event's `data`, in its serialized form.
    #[must_use]
    fn data_schema() -> Schema {
        schema::data(Self::__TYPE)
    }

    /// The JSON Schema (2020-12) of the whole event: name, id, time, version, data, user and
    /// sessions.
    ///
    /// An id set with [`Payload::id`] does not have to match the schema.
    #[must_use]
    fn schema() -> Schema {
        schema::event(Self::__TYPE)
    }

    /// Creates a payload, which can override the id, time, user and sessions.
    ///
    /// The event's time is the current time, unless a field has `#[event(ts)]`.
    fn payload(&self) -> Payload<&Self> {
        Payload::at_millis(self, self.__timestamp().unwrap_or_else(timestamp::now))
    }
}

#[diagnostic::do_not_recommend]
impl<E: Event> Event for &E {}

#[diagnostic::do_not_recommend]
impl<E: Event> Event for Box<E> {}

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
#[derive(Clone)]
#[must_use = "a payload does nothing until it is sent"]
pub struct Payload<E> {
    event: E,
    millis: i64,
    overrides: Option<Box<Overrides>>,
}

#[derive(Clone, Default)]
struct Overrides {
    id: Option<String>,
    user: Option<Result<Vec<u8>, PayloadError>>,
    sessions: Vec<SessionOverride>,
}

impl<E: Event> Payload<E> {
    /// Creates a payload from an event or a reference to one.
    ///
    /// The time comes from the event's `#[event(ts)]` field, or is the current time.
    pub fn new(event: E) -> Self {
        let millis = event.__timestamp().unwrap_or_else(timestamp::now);
        Self::at_millis(event, millis)
    }

    /// Sets the user's attributes, an object such as `{"external_id": "…", "email": "…"}`. They
    /// replace the value of the type's `#[event(user)]` field. The server stores them encrypted.
    pub fn user<U: Serialize + ?Sized>(self, user: &U) -> Self {
        self.with_user(E::NAME, user)
    }
}

impl<E> Payload<E> {
    /// Sets the user's attributes of an event with this name.
    pub(crate) fn with_user<U: Serialize + ?Sized>(mut self, name: &str, user: &U) -> Self {
        // Encode now, because the payload cannot hold a value of another type. An error is returned
        // later, when the event is encoded and its index in the batch is known.
        let mut json = Vec::new();
        self.overrides().user = Some(write_user(name, &mut json, user).map(|()| json));
        self
    }

    /// Creates a payload whose event occurred at this time.
    pub(crate) fn at_millis(event: E, millis: i64) -> Self {
        Self {
            event,
            millis,
            overrides: None,
        }
    }

    /// Sets the deduplication id. It replaces the id from the type's template.
    ///
    /// Ids are global across event types: if any event had the same id within the last 24 hours,
    /// the server runs nothing for this one.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.overrides().id = Some(id.into());
        self
    }

    /// Sets when the event occurred. If the time is in the future, runs start at that time. An absent
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

    pub(crate) fn event_mut(&mut self) -> &mut E {
        &mut self.event
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

/// Shows the event's type, its id override and its time. The data may be personal, so it is not
/// shown.
impl<E> fmt::Debug for Payload<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload")
            .field("event", &format_args!("{}", std::any::type_name::<E>()))
            .field("id", &self.as_input().id_override())
            .field("millis", &self.millis)
            .finish_non_exhaustive()
    }
}

/// The encoder's input: a borrowed payload or event. Moving an event into a payload first would make
/// encoding noticeably slower.
pub(crate) struct EventInput<'a, E> {
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
