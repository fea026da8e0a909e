//! Defines the trait `Event`.

pub(crate) mod as_string;
pub(crate) mod event_type;
pub(crate) mod id;
pub(crate) mod into_payload;
pub(crate) mod payload;
pub(crate) mod session;
pub(crate) mod timestamp;

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::encode::member::UserWriter;
use crate::error::PayloadError;
use crate::event::event_type::{EventType, SchemaFn};
use crate::event::id::IdWriter;
use crate::event::payload::Payload;
use crate::event::session::{SessionSpec, SessionWriter};
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
    note = "add `#[derive(Event)]` and `#[event(name = \"…\")]` to `{Self}`"
)]
pub trait Event: Serialize + JsonSchema + Sized {
    /// The event name, for example `storefront/item.imported`.
    const NAME: &'static str = Self::__TYPE.name;

    /// The version of the event's shape, by convention `YYYY-MM-DD.N`; sent as `v`.
    const VERSION: Option<&'static str> = Self::__TYPE.version();

    /// The template of the deduplication id as written in the attribute, for example
    /// `item-imported-{item_id}`. Without one the server never deduplicates these events.
    const ID_TEMPLATE: Option<&'static str> = Self::__TYPE.id_template();

    /// The deduplication id of this event, or `None` if the type has no [`ID_TEMPLATE`].
    ///
    /// For 24 hours the server runs nothing for another event with the same id. Ids are global: the
    /// event name does not matter.
    ///
    /// [`ID_TEMPLATE`]: Event::ID_TEMPLATE
    ///
    /// # Errors
    ///
    /// Fails if a placeholder prints nothing, prints text outside its type's
    /// [`LANGUAGE`](crate::IdPart::LANGUAGE), or has a `Display` that fails. Otherwise different
    /// events could share the id.
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

    #[doc(hidden)]
    const __TYPE: &'static EventType;
    #[doc(hidden)]
    const __USER: Option<SchemaFn> = None;
    #[doc(hidden)]
    const __SESSIONS: &'static [SessionSpec] = &[];
    #[doc(hidden)]
    fn __write_id(&self, _id: &mut IdWriter<'_>) {}
    #[doc(hidden)]
    fn __timestamp(&self) -> Option<i64> {
        None
    }
    #[doc(hidden)]
    fn __write_user(&self, _user: &mut UserWriter<'_>) {}
    #[doc(hidden)]
    fn __write_sessions(&self, _sessions: &mut SessionWriter<'_>) {}
}

macro_rules! event_behind_a_pointer {
    ($($pointer:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<E: Event> Event for $pointer {
            const __TYPE: &'static EventType = E::__TYPE;
            const __USER: Option<SchemaFn> = E::__USER;
            const __SESSIONS: &'static [SessionSpec] = E::__SESSIONS;
            fn __write_id(&self, id: &mut IdWriter<'_>) {
                (**self).__write_id(id);
            }
            fn __timestamp(&self) -> Option<i64> {
                (**self).__timestamp()
            }
            fn __write_user(&self, user: &mut UserWriter<'_>) {
                (**self).__write_user(user);
            }
            fn __write_sessions(&self, sessions: &mut SessionWriter<'_>) {
                (**self).__write_sessions(sessions);
            }
        }
    )*};
}

event_behind_a_pointer!(&E, Box<E>);
