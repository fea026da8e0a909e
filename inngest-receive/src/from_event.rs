//! Defines the trait `FromEvent`: what a variant of `#[derive(Events)]` can hold.

use inngest_core::Event;
use serde::de::DeserializeOwned;

use crate::error::DecodeError;
use crate::parts::EventParts;

/// A type that events of one name decode into. A variant of `#[derive(Events)]` holds such a type.
///
/// It is implemented for every type with `#[derive(Event)]` and `Deserialize`, for `Received<T>` and
/// `Box<T>` of such a type, and for the types of the module `system`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded from an event; add `#[derive(Event)]` or `#[derive(Deserialize)]`, whichever is missing",
    label = "a variant cannot hold this type",
    note = "a variant holds a type with `#[derive(Event)]` and `#[derive(Deserialize)]`, `Received<T>` or `Box<T>` of one, or a type of the module `system`"
)]
pub trait FromEvent: Sized {
    /// The event name.
    const NAME: &'static str;
    /// The version of the event.
    const VERSION: Option<&'static str>;

    /// Decodes an event of this name.
    ///
    /// # Errors
    ///
    /// The data does not fit the type.
    fn from_event(parts: &EventParts<'_>) -> Result<Self, DecodeError>;
}

/// A type with `Deserialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be deserialized; add `#[derive(Deserialize)]`",
    label = "`serde::Deserialize` is not implemented for `{Self}`",
    note = "a type that borrows from the JSON cannot be decoded; use owned types such as `String`"
)]
pub trait Deserializable: Sized {
    #[doc(hidden)]
    fn __from_data(parts: &EventParts<'_>) -> Result<Self, DecodeError>;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Deserializable for T {
    fn __from_data(parts: &EventParts<'_>) -> Result<Self, DecodeError> {
        parts.deserialize()
    }
}

impl<T: Event + Deserializable> FromEvent for T {
    const NAME: &'static str = T::NAME;
    const VERSION: Option<&'static str> = T::VERSION;

    fn from_event(parts: &EventParts<'_>) -> Result<Self, DecodeError> {
        T::__from_data(parts)
    }
}
