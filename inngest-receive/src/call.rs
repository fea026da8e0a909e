//! Defines `FunctionCall`: what Inngest sends to run a function.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::data;
use crate::error::DecodeError;
use crate::events::{self, Events};
use crate::members::Members;
use crate::parts;
use crate::scan::Scanner;

/// A call of a function: the body that Inngest posts to an app.
///
/// Call [`verify`](crate::verify) before you decode a body.
///
/// The call of a function with `batchEvents` has several events, **in no particular order:** three
/// events that were sent in one request have arrived as 3, 2, 1 and as 1, 3, 2. Sort by
/// [`Received::ts`](crate::Received), or by your own field, if the order matters.
#[derive(Clone)]
#[non_exhaustive]
pub struct FunctionCall<E> {
    /// The run and the attempt that the call belongs to.
    pub ctx: CallContext,
    /// The version of the protocol.
    pub version: Option<i64>,
    /// The other members of the body.
    pub unknown: BTreeMap<String, Box<RawValue>>,
    /// `None` if the event is the first of `events`.
    event: Option<Result<E, DecodeError>>,
    events: Vec<Result<E, DecodeError>>,
    steps: Box<RawValue>,
    use_api: bool,
}

impl<E> FunctionCall<E> {
    /// Decodes a body. If an event cannot be decoded, only that event is an error, not the call.
    ///
    /// # Errors
    ///
    /// The body is not the JSON of a call, or a key appears twice.
    // The bound is here and not on the `impl`, where the compiler would not show the message of `Events`.
    pub fn decode(body: impl AsRef<[u8]>) -> Result<Self, DecodeError>
    where
        E: Events,
    {
        let body = parts::text(body.as_ref())?;
        let mut found = Found {
            events: None,
            first: &[],
        };
        let mut members = Members::read_with(body, |scanner, key| found.take_events(scanner, key))?;
        let ctx = members.take("ctx").unwrap_or("{}");
        let ctx = CallContext::read(ctx).map_err(|error| error.within("ctx"))?;
        let event = members.take("event");
        // `take_events` takes an array only, so a value that is left has the wrong type.
        if let Some(events) = members.take("events") {
            data::member::<Vec<IgnoredAny>>(events, "events")?;
        }
        let (event, events) = found.with_event(event)?;
        let steps = members.optional("steps")?;
        Ok(Self {
            event,
            events,
            steps: match steps {
                Some(steps) => steps,
                None => data::value("{}", "steps")?,
            },
            use_api: members.optional("use_api")?.unwrap_or_default() || ctx.use_api,
            version: members.optional("version")?,
            ctx,
            unknown: members.rest()?,
        })
    }
}

type Decoded<E> = Result<E, DecodeError>;

/// The event, unless it is the first of the events, and the events.
type EventAndEvents<E> = (Option<Decoded<E>>, Vec<Decoded<E>>);

/// The events of a call.
struct Found<'a, E> {
    events: Option<Vec<Decoded<E>>>,
    /// The JSON from the first event on.
    first: &'a [u8],
}

impl<'a, E: Events> Found<'a, E> {
    /// Decodes the events while the body is scanned, because they are most of the body and scanning
    /// them twice takes time.
    fn take_events(&mut self, scanner: &mut Scanner<'a>, key: &str) -> Result<bool, DecodeError> {
        let is_events = key == "events" && self.events.is_none() && scanner.peek() == Some(b'[');
        if is_events {
            let array = scanner.rest();
            self.first = array
                .strip_prefix(b"[")
                .unwrap_or_default()
                .trim_ascii_start();
            let within = |error: DecodeError| error.within(key);
            let events = events::read_events(scanner).map_err(within)?;
            let events = events.into_iter().map(|event| event.map_err(within));
            self.events = Some(events.collect());
        }
        Ok(is_events)
    }

    /// Adds the event. It usually is the first of the events, and is then not decoded again.
    fn with_event(self, event: Option<&str>) -> Result<EventAndEvents<E>, DecodeError> {
        let decode = |event: &str| events::decode(event).map_err(|error| error.within("event"));
        let Some(events) = self.events else {
            let event = event.ok_or_else(no_event)?;
            return Ok((None, vec![decode(event)]));
        };
        let other = event.filter(|event| !self.first.starts_with(event.as_bytes()));
        if event.is_none() && events.is_empty() {
            return Err(no_event());
        }
        Ok((other.map(decode), events))
    }
}

fn no_event() -> DecodeError {
    DecodeError::shape(
        "event",
        "the call has no event; pass the body as it was received",
    )
}

impl<E> FunctionCall<E> {
    /// The event that started the run. For a batch, this is any one of its events.
    ///
    /// It is in the body even if the [`events`](Self::events) are not.
    ///
    /// # Errors
    ///
    /// The event could not be decoded.
    pub fn event(&self) -> Result<&E, DecodeError> {
        let event = self.event.as_ref().or(self.events.first());
        event.ok_or_else(no_event)?.as_ref().map_err(Clone::clone)
    }

    /// Like [`event`](Self::event), by value.
    ///
    /// # Errors
    ///
    /// The event could not be decoded.
    pub fn into_event(self) -> Result<E, DecodeError> {
        let event = self.event.or(self.events.into_iter().next());
        event.ok_or_else(no_event)?
    }

    /// All events of the call, in no particular order, each decoded or an error.
    ///
    /// # Errors
    ///
    /// The events are not in the body.
    pub fn events(&self) -> Result<&[Result<E, DecodeError>], NotInBody> {
        self.in_body().map(|()| &*self.events)
    }

    /// Like [`events`](Self::events), by value.
    ///
    /// # Errors
    ///
    /// The events are not in the body.
    pub fn into_events(self) -> Result<Vec<Result<E, DecodeError>>, NotInBody> {
        self.in_body().map(|()| self.events)
    }

    /// All events of the call, in no particular order, if all of them could be decoded.
    ///
    /// # Errors
    ///
    /// The events are not in the body, or one of them could not be decoded.
    pub fn into_all_events(self) -> Result<Vec<E>, EventsError> {
        let events = self.into_events()?;
        Ok(events.into_iter().collect::<Result<_, _>>()?)
    }

    /// The results of the run's earlier steps, as JSON: an object with a member for each step, whose key
    /// is the step's hashed id.
    ///
    /// # Errors
    ///
    /// The steps are not in the body.
    pub fn steps(&self) -> Result<&RawValue, NotInBody> {
        self.in_body().map(|()| &*self.steps)
    }

    /// Whether the events and steps must be fetched from the API.
    #[must_use]
    pub fn use_api(&self) -> bool {
        self.use_api
    }

    /// The number of earlier attempts of the call.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.ctx.attempt
    }

    /// The id of the run.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.ctx.run_id
    }

    fn in_body(&self) -> Result<(), NotInBody> {
        if self.use_api {
            let run_id = self.ctx.run_id.clone();
            return Err(NotInBody { run_id });
        }
        Ok(())
    }
}

/// Shows the run, the attempt and the number of events. The events may be personal, so they are not
/// shown.
impl<E> fmt::Debug for FunctionCall<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionCall")
            .field("ctx", &self.ctx)
            .field("use_api", &self.use_api)
            .field("events", &self.events.len())
            .finish_non_exhaustive()
    }
}

/// The run and the attempt that a call belongs to.
#[derive(Clone)]
#[non_exhaustive]
pub struct CallContext {
    /// The id of the run, a ULID. It is the same for all attempts and steps of the run.
    pub run_id: String,
    /// The number of earlier attempts of the call.
    pub attempt: u32,
    /// The maximum number of attempts.
    pub max_attempts: Option<u32>,
    /// The function's id in the server, a UUID. The app's own id of the function is in the URL, as `fnId`.
    pub fn_id: Option<String>,
    /// The Inngest environment.
    pub env: Option<String>,
    /// The step to run: `step` stands for the next one.
    pub step_id: Option<String>,
    /// The steps that have run.
    pub stack: Option<CallStack>,
    /// Whether the app must report a step before it runs it.
    pub disable_immediate_execution: bool,
    /// Like [`FunctionCall::use_api`].
    pub use_api: bool,
    /// The id of the call in the server's queue.
    pub qi_id: Option<String>,
    /// The id of this request, a ULID.
    pub request_id: Option<String>,
    /// The id of the job, which is the same for all attempts.
    pub job_id: Option<String>,
    /// Counts the requests of a job, from 1.
    pub generation_id: Option<i64>,
    /// The other members.
    pub unknown: BTreeMap<String, Box<RawValue>>,
}

impl CallContext {
    fn read(json: &str) -> Result<Self, DecodeError> {
        let mut members = Members::read(json)?;
        let stack = members.take("stack").map(CallStack::read).transpose();
        Ok(Self {
            run_id: members.required("run_id")?,
            attempt: members.optional("attempt")?.unwrap_or_default(),
            max_attempts: members.optional("max_attempts")?,
            fn_id: members.optional("fn_id")?,
            env: members.optional("env")?,
            step_id: members.optional("step_id")?,
            stack: stack.map_err(|error| error.within("stack"))?,
            disable_immediate_execution: members
                .optional("disable_immediate_execution")?
                .unwrap_or_default(),
            use_api: members.optional("use_api")?.unwrap_or_default(),
            qi_id: members.optional("qi_id")?,
            request_id: members.optional("request_id")?,
            job_id: members.optional("job_id")?,
            generation_id: members.optional("generation_id")?,
            unknown: members.rest()?,
        })
    }
}

/// Shows the ids of the run and the function, and the attempt.
impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("run_id", &self.run_id)
            .field("attempt", &self.attempt)
            .field("fn_id", &self.fn_id)
            .finish_non_exhaustive()
    }
}

/// The hashed ids of the steps that have run, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallStack {
    /// The ids.
    pub stack: Vec<String>,
    /// The server's position in `stack`.
    pub current: u64,
}

impl CallStack {
    fn read(json: &str) -> Result<Self, DecodeError> {
        let mut members = Members::read(json)?;
        Ok(Self {
            stack: members.optional("stack")?.unwrap_or_default(),
            current: members.optional("current")?.unwrap_or_default(),
        })
    }
}

/// The events and steps of a call are not in its body, which would be over 4 MiB with them.
///
/// Get both from the API, with
/// [`SigningKeys::bearer_token`](crate::SigningKeys::bearer_token): the events with
/// [`events_path`](Self::events_path) for [`decode_all`](crate::decode_all), and the steps with
/// [`steps_path`](Self::steps_path).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the events and steps of this call are not in its body, which would be over 4 MiB; get them from \
     `{}` and `{}` of the API, with the signing key as bearer token",
    self.events_path(),
    self.steps_path()
)]
#[non_exhaustive]
pub struct NotInBody {
    /// The id of the run.
    pub run_id: String,
}

impl NotInBody {
    /// The API path that returns an array of the events.
    #[must_use]
    pub fn events_path(&self) -> String {
        self.path("batch")
    }

    /// The API path that returns the steps.
    #[must_use]
    pub fn steps_path(&self) -> String {
        self.path("actions")
    }

    fn path(&self, what: &str) -> String {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

        let run_id = utf8_percent_encode(&self.run_id, NON_ALPHANUMERIC);
        format!("/v0/runs/{run_id}/{what}")
    }
}

/// Why a call cannot return all its events.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventsError {
    /// The events are not in the body.
    #[error(transparent)]
    NotInBody(#[from] NotInBody),
    /// An event could not be decoded.
    #[error(transparent)]
    Event(#[from] DecodeError),
}
