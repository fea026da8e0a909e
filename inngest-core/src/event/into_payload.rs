//! Turns an event, a reference to one, or a payload into encoder input.

use serde::Serialize;

use crate::encode::member::write_user;
use crate::event::Event;
use crate::event::payload::{EventInput, Payload};
use crate::event::timestamp::now;

impl<E: Event> Payload<E> {
    /// Creates a payload from an event or a reference to one.
    ///
    /// The time comes from the event's `#[event(ts)]` field, or is the current time.
    pub fn new(event: E) -> Self {
        let millis = event.__timestamp().unwrap_or_else(now);
        Self::at_millis(event, millis)
    }

    /// Sets the user's attributes, an object such as `{"external_id": "…", "email": "…"}`. They
    /// replace the value of the type's `#[event(user)]` field. The server stores them encrypted.
    pub fn user<U: Serialize + ?Sized>(self, user: &U) -> Self {
        // Encode now, because the payload cannot hold a value of another type. An error is returned
        // when the event is encoded, where its index in the batch is known.
        let mut json = Vec::new();
        let user = write_user(E::NAME, &mut json, user).map(|()| json);
        self.with_user(user)
    }
}

/// Anything that can be sent: an event, a reference to one, or a [`Payload`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent: it is neither an event nor a payload",
    label = "not an event",
    note = "add `#[derive(Event)]` and `#[event(name = \"…\")]` to the type"
)]
pub trait IntoPayload {
    /// The event's type.
    type Event: Event;

    /// Converts into the payload to send.
    fn into_payload(self) -> Payload<Self::Event>;

    /// Calls `write` with the encoder input. `now` gives the time of an event that does not set
    /// one.
    #[doc(hidden)]
    fn __write<R>(
        self,
        _now: impl FnOnce() -> i64,
        write: impl FnOnce(&EventInput<'_, Self::Event>) -> R,
    ) -> R
    where
        Self: Sized,
    {
        write(&self.into_payload().as_input())
    }
}

impl<E: Event> IntoPayload for E {
    type Event = E;

    fn into_payload(self) -> Payload<E> {
        Payload::new(self)
    }

    #[inline]
    fn __write<R>(
        self,
        now: impl FnOnce() -> i64,
        write: impl FnOnce(&EventInput<'_, E>) -> R,
    ) -> R {
        let millis = self.__timestamp().unwrap_or_else(now);
        write(&EventInput::of(&self, millis))
    }
}

impl<E: Event> IntoPayload for Payload<E> {
    type Event = E;

    fn into_payload(self) -> Self {
        self
    }
}
