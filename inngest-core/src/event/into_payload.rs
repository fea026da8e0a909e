//! From an event, a reference or a payload to what is written.

use serde::Serialize;

use crate::encode::member::write_user;
use crate::event::Event;
use crate::event::payload::{EventInput, Payload};
use crate::event::timestamp::now;

impl<E: Event> Payload<E> {
    /// A payload of an event, or of a reference to one.
    ///
    /// Its time is that of the event's `#[event(ts)]` field, or now.
    pub fn new(event: E) -> Self {
        let millis = event.__timestamp().unwrap_or_else(now);
        Self::at_millis(event, millis)
    }

    /// Sets the user's attributes, an object such as `{"external_id": "…", "email": "…"}`, in
    /// place of the type's `#[event(user)]` field. The server keeps them encrypted.
    pub fn user<U: Serialize + ?Sized>(self, user: &U) -> Self {
        // Written here, because the payload does not keep a value of another type. What is wrong
        // with it is said when the event is written, where its place in the batch is known.
        let mut json = Vec::new();
        let user = write_user(E::NAME, &mut json, user).map(|()| json);
        self.with_user(user)
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
