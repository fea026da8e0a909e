//! Defines the trait `Events`, and the functions that decode events.

use inngest_core::registry::Reader;

use crate::error::DecodeError;
use crate::kinds::Kinds;
use crate::parts::{self, EventParts};
use crate::scan::Scanner;

/// An enum of events, with one event type in each variant.
///
/// Implement it with `#[derive(Events)]`; [the derive](derive@crate::Events) lists all attributes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enum of events",
    label = "the trait `Events` is not implemented for `{Self}`",
    note = "add `#[derive(Events)]` to an enum with one event type in each variant",
    note = "to decode one event type, use `Received<T>`"
)]
pub trait Events: Sized {
    /// The names of all events, without duplicates, in the order of the variants.
    const NAMES: &'static [&'static str] = Self::__KINDS.names();

    #[doc(hidden)]
    const __KINDS: Kinds;
    #[doc(hidden)]
    fn __decode(parts: &EventParts<'_>) -> Result<Self, DecodeError>;
}

impl<E: Events> Events for Box<E> {
    const __KINDS: Kinds = E::__KINDS;

    fn __decode(parts: &EventParts<'_>) -> Result<Self, DecodeError> {
        E::__decode(parts).map(Box::new)
    }
}

/// Describes an enum of events to a [`Registry`](inngest_core::registry::Registry). The registry collects
/// all enums that are not generic. Add generic ones with `with_reader`.
#[must_use]
pub fn reader<E: Events>() -> Reader {
    let takes = |name: &str, version: Option<&str>| E::__KINDS.find(name, version).is_some();
    Reader::new(std::any::type_name::<E>(), E::NAMES, takes)
}

/// The maximum number of events nested in the data of system events. If a function that handles failures
/// fails itself, its failure event has the first failure event in its data.
const MAX_NESTED: u8 = 16;

impl<'a> EventParts<'a> {
    /// Decodes an event that is nested in the data of this one, such as the event of a failed run.
    ///
    /// # Errors
    ///
    /// As for [`decode`](crate::decode), or events are nested in one another more than 16 times.
    pub(crate) fn decode_nested<E: Events>(&self, json: &'a str) -> Result<E, DecodeError> {
        if self.nested >= MAX_NESTED {
            return Err(DecodeError::shape(
                "",
                "more than 16 events are nested in one another; decode the outer event as a \
                 `RawReceived`",
            ));
        }
        let mut scanner = Scanner::new(json);
        let mut parts = Self {
            nested: self.nested + 1,
            ..Self::default()
        };
        parts.read(&mut scanner)??;
        scanner.end()?;
        E::__decode(&parts)
    }
}

/// Decodes one event.
///
/// # Errors
///
/// The text is not JSON, or not an event; no variant has the event's name and version; or its data
/// does not fit the type.
pub fn decode<E: Events>(json: impl AsRef<[u8]>) -> Result<E, DecodeError> {
    let mut scanner = Scanner::new(parts::text(json.as_ref())?);
    let mut parts = EventParts::default();
    let read = parts.read(&mut scanner)?;
    scanner.end()?;
    read?;
    E::__decode(&parts)
}

/// Decodes a JSON array of events. An event that cannot be decoded does not hide the others.
///
/// # Errors
///
/// The text is not a JSON array.
pub fn decode_all<E: Events>(
    json: impl AsRef<[u8]>,
) -> Result<Vec<Result<E, DecodeError>>, DecodeError> {
    let mut scanner = Scanner::new(parts::text(json.as_ref())?);
    let events = read_events(&mut scanner)?;
    scanner.end()?;
    Ok(events)
}

/// Decodes the array of events at the scanner's position.
pub(crate) fn read_events<E: Events>(
    scanner: &mut Scanner<'_>,
) -> Result<Vec<Result<E, DecodeError>>, DecodeError> {
    let mut events = Vec::new();
    scanner.elements(|scanner, index| {
        let mut parts = EventParts::default();
        let event = match parts.read(scanner)? {
            Ok(()) => E::__decode(&parts),
            Err(error) => Err(error),
        };
        events.push(event.map_err(|error| error.within(&format!("[{index}]"))));
        Ok(())
    })?;
    Ok(events)
}
