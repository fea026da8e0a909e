//! Encodes everything that can be sent: an event, a reference to one, a payload, or a raw event.

use std::sync::Arc;

use crate::encode::buffer::{EncodedEvent, EventMeta, UntypedMeta, append};
use crate::error::PayloadError;
use crate::event::event_type::EventType;
use crate::event::raw::RawEvent;
use crate::event::{Event, EventInput, Payload};

/// Anything that can be sent: an event, a [`Payload`], a [`RawEvent`], or a reference to one of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent: it is neither an event nor a payload",
    label = "neither an event nor a payload",
    note = "to send several events, use `send_many`; for a `Batch`, use `send_batch`; to add several to a `Batch`, use `extend`; to an outbox, `add_many`",
    note = "to make a struct an event, add `#[derive(Event)]` and `#[event(name = \"…\")]` to it",
    note = "to send JSON under a name that is known only at run time, use `RawEvent`"
)]
pub trait IntoPayload {
    /// The event's type; `None` for a raw event.
    #[doc(hidden)]
    const __TYPE: Option<&'static EventType>;

    /// Encodes the event at the end of a buffer. `now` returns the time for an event that does not
    /// set one.
    #[doc(hidden)]
    fn __encode(
        self,
        buffer: &mut Vec<u8>,
        now: impl FnOnce() -> i64,
    ) -> Result<EncodedEvent, PayloadError>;
}

impl<E: Event> IntoPayload for E {
    const __TYPE: Option<&'static EventType> = Some(E::__TYPE);

    #[inline]
    fn __encode(
        self,
        buffer: &mut Vec<u8>,
        now: impl FnOnce() -> i64,
    ) -> Result<EncodedEvent, PayloadError> {
        let millis = self.__timestamp().unwrap_or_else(now);
        let event = EventInput::of(&self, millis);
        append(buffer, &event, || EventMeta::Typed(E::__TYPE))
    }
}

impl<E: Event> IntoPayload for &Payload<E> {
    const __TYPE: Option<&'static EventType> = Some(E::__TYPE);

    fn __encode(
        self,
        buffer: &mut Vec<u8>,
        _now: impl FnOnce() -> i64,
    ) -> Result<EncodedEvent, PayloadError> {
        let event = self.as_input();
        append(buffer, &event, || EventMeta::Typed(E::__TYPE))
    }
}

impl IntoPayload for &RawEvent {
    const __TYPE: Option<&'static EventType> = None;

    fn __encode(
        self,
        buffer: &mut Vec<u8>,
        _now: impl FnOnce() -> i64,
    ) -> Result<EncodedEvent, PayloadError> {
        let event = self.as_input();
        append(buffer, &event, || {
            EventMeta::Untyped(Arc::new(UntypedMeta {
                name: event.event.name.as_str().into(),
                version: event.event.version.as_deref().map(Into::into),
            }))
        })
    }
}

impl<E: Event> IntoPayload for Payload<E> {
    const __TYPE: Option<&'static EventType> = <&Self as IntoPayload>::__TYPE;

    fn __encode(
        self,
        buffer: &mut Vec<u8>,
        now: impl FnOnce() -> i64,
    ) -> Result<EncodedEvent, PayloadError> {
        (&self).__encode(buffer, now)
    }
}

impl IntoPayload for RawEvent {
    const __TYPE: Option<&'static EventType> = <&Self as IntoPayload>::__TYPE;

    fn __encode(
        self,
        buffer: &mut Vec<u8>,
        now: impl FnOnce() -> i64,
    ) -> Result<EncodedEvent, PayloadError> {
        (&self).__encode(buffer, now)
    }
}
