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
    message = "`{Self}` cannot be decoded from an event; add `#[derive(Event)]` or `#[derive(Deserialize)]`, whichever is missing, or hold another type",
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

/// A type that some decoder decodes, if its parameters allow it.
///
/// This trait has no bounds on parameters, so that `FromEvent` needs only one implementation. rustc then
/// reports the parameter that does not fit, such as the one of `FunctionFailed<OrderPaid>`. With several
/// implementations, it would report the whole type, and its advice would be about that.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event; add `#[derive(Event)]`, or hold another type",
    label = "`Event` is not implemented for `{Self}`"
)]
pub trait Decodable: Sized {
    #[doc(hidden)]
    type Decoder;
}

/// Decodes events into `T`.
pub trait Decode<T> {
    /// The event name.
    const NAME: &'static str;
    /// The version of the event.
    const VERSION: Option<&'static str>;

    /// Decodes an event of this name.
    ///
    /// # Errors
    ///
    /// The data does not fit the type.
    fn decode(parts: &EventParts<'_>) -> Result<T, DecodeError>;
}

impl<T: Decodable> FromEvent for T
where
    T::Decoder: Decode<T>,
{
    const NAME: &'static str = <T::Decoder as Decode<T>>::NAME;
    const VERSION: Option<&'static str> = <T::Decoder as Decode<T>>::VERSION;

    fn from_event(parts: &EventParts<'_>) -> Result<Self, DecodeError> {
        T::Decoder::decode(parts)
    }
}

/// The decoder of types with `#[derive(Event)]`.
pub struct EventData;

/// The decoder of `Received`.
pub struct ReceivedEvent;

/// The decoder of Inngest's own events.
pub struct SystemEvent;

#[diagnostic::do_not_recommend]
impl<T: Event> Decodable for T {
    type Decoder = EventData;
}

impl<T: Event + Deserializable> Decode<T> for EventData {
    const NAME: &'static str = T::NAME;
    const VERSION: Option<&'static str> = T::VERSION;

    fn decode(parts: &EventParts<'_>) -> Result<T, DecodeError> {
        T::__from_data(parts)
    }
}
