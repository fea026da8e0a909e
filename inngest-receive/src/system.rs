//! The events that Inngest itself sends, for the variants of `#[derive(Events)]`.
//!
//! Their names begin with `inngest/`, and no app can send such an event. [`Received`](crate::Received)
//! around one of these types adds its id and time.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::data;
use crate::error::DecodeError;
use crate::events::Events;
use crate::from_event::{Decodable, Decode, SystemEvent};
use crate::members::Members;
use crate::parts::EventParts;
use crate::scan::Scanner;

macro_rules! run_events {
    ($($(#[$doc:meta])* $type:ident = $name:literal)*) => {$(
        $(#[$doc])*
        ///
        /// `E` is the enum of the events that start functions. Write `Box<E>` if a variant of `E` holds this
        /// type. The run can be of any function of the environment, so an event that `E` does not know may
        /// have started it. Then only that event is an error.
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct $type<E> {
            /// The event that started the run. For a batch, this is one of its events.
            pub event: Result<E, DecodeError>,
            /// All events that started the run, in no particular order.
            pub events: Vec<Result<E, DecodeError>>,
            /// The function's id, prefixed with the app's id.
            pub function_id: String,
            /// The id of the run.
            pub run_id: String,
            /// How the run ended, such as `Failed`. Empty if the event does not say.
            pub status: String,
            /// The error, if the run ended with one.
            pub error: Option<FunctionError>,
            /// What the function returned. After an error, the error as the app serialized it.
            pub result: Option<Box<RawValue>>,
            /// The other members of the event's data.
            pub unknown: BTreeMap<String, Box<RawValue>>,
        }

        impl<E> Decodable for $type<E> {
            type Decoder = SystemEvent;
        }

        impl<E: Events> Decode<$type<E>> for SystemEvent {
            const NAME: &'static str = $name;
            const VERSION: Option<&'static str> = None;

            fn decode(parts: &EventParts<'_>) -> Result<$type<E>, DecodeError> {
                let run = Run::read(parts)
                    .map_err(|error| parts.name_event_in(error.within("data")))?;
                Ok($type {
                    event: run.event,
                    events: run.events,
                    function_id: run.function_id,
                    run_id: run.run_id,
                    status: run.status,
                    error: run.error,
                    result: run.result,
                    unknown: run.unknown,
                })
            }
        }

        /// Shows the ids and the status. The events and the result may be personal, so they are not shown.
        impl<E> fmt::Debug for $type<E> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type))
                    .field("function_id", &self.function_id)
                    .field("run_id", &self.run_id)
                    .field("status", &self.status)
                    .finish_non_exhaustive()
            }
        }
    )*};
}

run_events! {
    /// `inngest/function.failed`: a run failed after all its attempts.
    FunctionFailed = "inngest/function.failed"
    /// `inngest/function.cancelled`: a run was cancelled.
    FunctionCancelled = "inngest/function.cancelled"
    /// `inngest/function.finished`: a run ended, with a result or with an error.
    FunctionFinished = "inngest/function.finished"
}

/// The data that all events about the end of a run have.
#[expect(
    clippy::struct_field_names,
    reason = "`run_id` is its name in the event"
)]
struct Run<E> {
    event: Result<E, DecodeError>,
    events: Vec<Result<E, DecodeError>>,
    function_id: String,
    run_id: String,
    status: String,
    error: Option<FunctionError>,
    result: Option<Box<RawValue>>,
    unknown: BTreeMap<String, Box<RawValue>>,
}

impl<E: Events> Run<E> {
    fn read(parts: &EventParts<'_>) -> Result<Self, DecodeError> {
        let mut members = Members::read(parts.data())?;
        let event = members.take("event").unwrap_or("{}");
        let event = parts.decode_nested(event);
        let event = event.map_err(|error| error.within("data.event"));
        let mut events = Vec::new();
        Scanner::new(members.take("events").unwrap_or("[]"))
            .elements(|scanner, index| {
                let event = parts.decode_nested(scanner.value()?.text);
                let within = |error: DecodeError| error.within(&format!("data.events[{index}]"));
                events.push(event.map_err(within));
                Ok(())
            })
            .map_err(|error| error.within("events"))?;
        let error = members.take("error").map(FunctionError::read).transpose();
        Ok(Self {
            event,
            events,
            function_id: members.required("function_id")?,
            run_id: members.required("run_id")?,
            status: status(members.take("_inngest")).map_err(|error| error.within("_inngest"))?,
            error: error.map_err(|error| error.within("error"))?,
            result: members.optional("result")?,
            unknown: members.rest()?,
        })
    }
}

fn status(inngest: Option<&str>) -> Result<String, DecodeError> {
    let mut members = Members::read(inngest.unwrap_or("{}"))?;
    Ok(members.optional("status")?.unwrap_or_default())
}

/// The error of a run.
#[derive(Clone)]
#[non_exhaustive]
pub struct FunctionError {
    /// The error's class, such as `NonRetriableError`. Empty if the app did not give one.
    pub name: String,
    /// The message. Empty if the app did not give one.
    pub message: String,
    /// The stack trace, as the app wrote it.
    pub stack: Option<String>,
    /// The other members.
    pub unknown: BTreeMap<String, Box<RawValue>>,
}

impl FunctionError {
    fn read(json: &str) -> Result<Self, DecodeError> {
        let mut members = Members::read(json)?;
        Ok(Self {
            name: members.optional("name")?.unwrap_or_default(),
            message: members.optional("message")?.unwrap_or_default(),
            stack: members.optional("stack")?,
            unknown: members.rest()?,
        })
    }
}

/// Writes the name and the message.
impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&*self.name, &*self.message) {
            ("", message) => f.write_str(message),
            (name, "") => f.write_str(name),
            (name, message) => write!(f, "{name}: {message}"),
        }
    }
}

/// Shows the name. The message may contain values of the event, so it is not shown.
impl fmt::Debug for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionError")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// `inngest/function.invoked`: another function, or a person, called a function directly.
///
/// The caller chooses the data, and each function expects its own. By default the data stays JSON; with
/// another type as `D`, it is deserialized.
#[derive(Clone)]
#[non_exhaustive]
pub struct FunctionInvoked<D = Box<RawValue>> {
    /// The caller's data, without `_inngest`.
    pub data: D,
    /// The member `_inngest`, which the server adds to the data.
    pub metadata: Option<Box<RawValue>>,
}

impl<D> Decodable for FunctionInvoked<D> {
    type Decoder = SystemEvent;
}

impl<D: DeserializeOwned> Decode<FunctionInvoked<D>> for SystemEvent {
    const NAME: &'static str = "inngest/function.invoked";
    const VERSION: Option<&'static str> = None;

    fn decode(parts: &EventParts<'_>) -> Result<FunctionInvoked<D>, DecodeError> {
        let read = || {
            let mut scanner = Scanner::new(parts.data());
            let (mut caller_data, mut metadata) = (String::new(), None);
            scanner.members(|scanner, key| {
                let value = scanner.value()?;
                if key.string()? == "_inngest" {
                    metadata = Some(data::value(value.text, "_inngest")?);
                } else {
                    let separator = if caller_data.is_empty() { "{" } else { "," };
                    caller_data.extend([separator, key.text, ":", value.text]);
                }
                Ok(())
            })?;
            scanner.end()?;
            Ok((caller_data, metadata))
        };
        let name_event_in = |error| parts.name_event_in(error);
        let (caller_data, metadata) =
            read().map_err(|error: DecodeError| name_event_in(error.within("data")))?;
        let data = match metadata {
            None => data::object(parts.data(), "data"),
            Some(_) if caller_data.is_empty() => data::object("{}", "data"),
            Some(_) => data::object(&(caller_data + "}"), "data"),
        };
        Ok(FunctionInvoked {
            data: data.map_err(name_event_in)?,
            metadata,
        })
    }
}

/// Shows no data, which may be personal.
impl<D> fmt::Debug for FunctionInvoked<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionInvoked").finish_non_exhaustive()
    }
}

/// `inngest/scheduled.timer`: a cron trigger fired. The event's `ts` is the time when it fired.
#[derive(Clone)]
#[non_exhaustive]
pub struct ScheduledTimer {
    /// The cron expression of the trigger.
    pub cron: String,
    /// The time that the function runs for, in RFC 3339, such as `2026-11-28T14:58:00Z`.
    pub fire_at: Option<String>,
    /// The time that the schedule gives, in RFC 3339.
    pub scheduled_at: Option<String>,
    /// The other members of the event's data.
    pub unknown: BTreeMap<String, Box<RawValue>>,
}

impl Decodable for ScheduledTimer {
    type Decoder = SystemEvent;
}

impl Decode<ScheduledTimer> for SystemEvent {
    const NAME: &'static str = "inngest/scheduled.timer";
    const VERSION: Option<&'static str> = None;

    fn decode(parts: &EventParts<'_>) -> Result<ScheduledTimer, DecodeError> {
        let read = || {
            let mut members = Members::read(parts.data())?;
            Ok(ScheduledTimer {
                cron: members.required("cron")?,
                fire_at: members.optional("fireAt")?,
                scheduled_at: members.optional("scheduledAt")?,
                unknown: members.rest()?,
            })
        };
        read().map_err(|error: DecodeError| parts.name_event_in(error.within("data")))
    }
}

/// Shows the expression and the time.
impl fmt::Debug for ScheduledTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScheduledTimer")
            .field("cron", &self.cron)
            .field("fire_at", &self.fire_at)
            .finish_non_exhaustive()
    }
}
