//! Why an event was not, or may not have been, delivered.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::dedup_id::DedupId;
use super::receipt::{EventId, Receipt};
use crate::batch::Batch;
use crate::error::PayloadError;
use crate::transport::TransportError;

/// An event that was not delivered, or of which nobody knows whether it was.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The server would refuse the event or change it; it was not sent.
    #[error(transparent)]
    Payload(#[from] PayloadError),

    /// The server refused the event with 400. One of a batch was sent again by itself and refused
    /// again, because a refusal can pass.
    #[error(
        "the server refused an event: {message}; change what it says is wrong, or leave the event \
         out"
    )]
    Refused {
        /// The server's own words, without the event key.
        message: String,
    },

    /// The server does not know the event key (401).
    #[error(
        "the server at {url} does not know the event key: {message}; check INNGEST_EVENT_KEY or \
         `event_key` against the keys of this environment in the Inngest dashboard"
    )]
    UnknownEventKey {
        /// The URL without the key.
        url: String,
        /// The server's own words, without the event key.
        message: String,
    },

    /// The server refused the events before this one with the same words, one after the other, and
    /// would most likely refuse this one too. It was given up, and can be sent again.
    #[error(
        "the {refused} events before this one were refused with the same words, and it was given \
         up; send it again when this is mended: {last}"
    )]
    AfterRefusals {
        /// How many events were refused.
        refused: usize,
        /// How the last of them was refused.
        last: Arc<SendError>,
    },

    /// The event key may not send this event name, or not from this address (403). Of a batch, only
    /// the events that the server does not allow have this error.
    #[error(
        "the event key may not send this event: {message}; look at the key's allow and deny lists \
         in the Inngest dashboard"
    )]
    NotAllowed {
        /// The server's own words, without the event key.
        message: String,
    },

    /// The request was too large for the server or a proxy before it (413). Nothing was taken.
    #[error(
        "a request of {bytes} bytes is too large for the server; lower `max_request_bytes`, or \
         ask for a higher limit if it is one event"
    )]
    RequestTooLarge {
        /// The size of the request's body.
        bytes: usize,
    },

    /// The URL is not that of an event API: a redirect, or a status of 404 or 405. Nothing was
    /// taken.
    #[error("there is no event API at {url}, which answered with status {status}{hint}")]
    WrongUrl {
        /// The URL without the key.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What to look at, with its punctuation.
        hint: &'static str,
    },

    /// Another status than the event API gives.
    #[error("{url} answered with status {status}{}{hint}", said(message))]
    UnexpectedStatus {
        /// The URL without the key.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The server's own words, without the event key; empty where it gave none.
        message: String,
        /// What to look at, with its punctuation; may be empty.
        hint: &'static str,
    },

    /// Status 200 or 400 with a body that is not the event API's, or another status of success. The
    /// events may have been taken.
    #[error(
        "the answer of {url} is not the event API's: {problem}; check that the base URL is that of \
         Inngest or a dev server"
    )]
    InvalidAnswer {
        /// The URL without the key.
        url: String,
        /// What is wrong with the answer.
        problem: String,
    },

    /// No answer in time. The events may have been taken.
    #[error("{url} did not answer within {timeout:?}; raise `timeout` or see why it is slow")]
    Timeout {
        /// The URL without the key.
        url: String,
        /// The time allowed for a request.
        timeout: Duration,
    },

    /// In dev mode no connection was made. Nothing was sent.
    #[error(
        "no connection to the dev server at {url}; is the dev server running? Start it with \
         `npx inngest-cli@latest dev`, or say with INNGEST_DEV or `base_url` where it is"
    )]
    NoDevServer {
        /// The URL.
        url: String,
        /// What the transport said.
        source: TransportError,
    },

    /// No connection was made. Nothing was sent.
    #[error("no connection to {url}; check the base URL, the network and the proxy")]
    NoConnection {
        /// The URL without the key.
        url: String,
        /// What the transport said.
        source: TransportError,
    },

    /// The server and this program could not agree on TLS. Nothing was sent, and sending again
    /// does not help.
    #[error(
        "no TLS connection to {url}; check that this machine trusts the server's certificate, that \
         the server takes the client's if it asks for one, and write `http://` in the base URL of a \
         server without TLS"
    )]
    Tls {
        /// The URL without the key.
        url: String,
        /// What the transport said.
        source: TransportError,
    },

    /// The connection broke before the answer was there. The events may have been taken.
    #[error(
        "the connection to {url} broke before the answer, and the server may have the events; see \
         what it or a proxy before it says of that"
    )]
    ConnectionBroke {
        /// The URL without the key.
        url: String,
        /// What the transport said.
        source: TransportError,
    },

    /// The server may have the event from an earlier request, and the last one failed for a reason
    /// that says nothing of that.
    #[error("{last}; {}", doubt(earlier.as_deref()))]
    InDoubt {
        /// Why the last request failed, or was not made.
        last: Arc<SendError>,
        /// How an earlier one failed that may have brought the event to the server, where that is
        /// known.
        earlier: Option<Arc<SendError>>,
    },

    /// A middleware kept the event back; it was not sent.
    #[error("a middleware discarded the event: {reason}")]
    Discarded {
        /// Why, in the words of the middleware.
        reason: String,
    },

    /// A middleware failed before the event was sent; none of those that it was shown was.
    #[error("a middleware failed and the event was not sent")]
    Middleware(#[source] Arc<dyn std::error::Error + Send + Sync>),

    /// A blocking client was used in an async task of tokio's, where waiting would stop other tasks.
    #[error(
        "a blocking client was used inside an async task, and nothing was sent; use \
         `inngest_core::Client` there, or a thread that may block (`spawn_blocking`, \
         `std::thread::spawn`)"
    )]
    InsideRuntime,

    /// A buffered sender has no room for another event.
    #[error("the buffered sender is full; wait for room with `send`, or raise `capacity`")]
    BufferFull,

    /// A buffered sender was shut down or dropped before the event was sent; where it was being
    /// sent, this is the last error of [`InDoubt`](Self::InDoubt).
    #[error(
        "the buffered sender was shut down before the event was delivered; send it with the client"
    )]
    SenderClosed,

    /// There is no tokio runtime here to make a connection in or to start a buffered sender in: none
    /// at all, one without IO, or one that has ended. Nothing was sent. A client with a
    /// [`transport`](crate::ClientBuilder::transport) that needs none sends anywhere.
    #[error(
        "there is no tokio runtime here that runs and has IO; call this inside one that is made \
         with `enable_all`, as `#[tokio::main]` does"
    )]
    NoRuntime,

    /// The operating system gave no thread, which the time limits of requests need. Nothing was
    /// sent.
    #[error("the operating system gave no thread to keep time on: {0}")]
    NoThread(String),

    /// The client was made before a `fork`, in the parent of this process. Nothing was sent.
    #[error(
        "the client was made before this process was forked, and its connections belong to the \
         parent; make the client, and the runtime that it is used in, in the child"
    )]
    AfterFork,

    /// The operating system gave no random numbers, which the ids of a request need.
    #[error("the operating system gave no random numbers: {0}")]
    NoRandomness(String),
}

fn said(message: &str) -> String {
    if message.is_empty() {
        return String::new();
    }
    format!(": {message}")
}

fn doubt(earlier: Option<&SendError>) -> String {
    let doubt = "an earlier request may have brought the event to the server";
    match earlier {
        Some(earlier) => format!("{doubt}: {earlier}"),
        None => doubt.to_owned(),
    }
}

impl From<getrandom::Error> for SendError {
    fn from(error: getrandom::Error) -> Self {
        Self::NoRandomness(error.to_string())
    }
}

impl SendError {
    /// The HTTP status of the answer, where that is what failed.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { .. } => Some(400),
            Self::UnknownEventKey { .. } => Some(401),
            Self::NotAllowed { .. } => Some(403),
            Self::RequestTooLarge { .. } => Some(413),
            Self::WrongUrl { status, .. } | Self::UnexpectedStatus { status, .. } => Some(*status),
            Self::InDoubt { last, .. } | Self::AfterRefusals { last, .. } => last.status(),
            _ => None,
        }
    }

    /// The error of the last request after one that may have brought the event to the server.
    pub(crate) fn after(self: Arc<Self>, earlier: Option<Arc<Self>>) -> Arc<Self> {
        if self.may_have_been_taken() {
            return self;
        }
        Arc::new(Self::InDoubt {
            last: self,
            earlier,
        })
    }

    /// Whether both are refusals with the same words.
    pub(crate) fn says_the_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Refused { message }, Self::Refused { message: other })
            | (Self::NotAllowed { message }, Self::NotAllowed { message: other }) => {
                message == other
            }
            _ => false,
        }
    }

    /// Whether the end of a buffered sender is why the event was not sent, or not once more.
    pub(crate) fn is_of_closed_sender(&self) -> bool {
        match self {
            Self::SenderClosed => true,
            Self::InDoubt { last, .. } => last.is_of_closed_sender(),
            _ => false,
        }
    }

    /// Whether the same request can succeed later.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::NoDevServer { .. }
            | Self::NoConnection { .. }
            | Self::ConnectionBroke { .. }
            | Self::Timeout { .. }
            | Self::InvalidAnswer { .. } => true,
            Self::UnexpectedStatus { status, .. } => matches!(status, 408 | 425 | 429 | 500..),
            _ => false,
        }
    }

    /// Whether the server may have the event although there is this error.
    ///
    /// Sending it again runs nothing twice when it has a deduplication id, for the 24 hours for
    /// which the server knows ids. Without one, send it by [`send_many`](crate::Client::send_many),
    /// whose [`into_unsent`](BatchError::into_unsent) makes the same request again.
    #[must_use]
    pub fn may_have_been_taken(&self) -> bool {
        match self {
            Self::InvalidAnswer { .. }
            | Self::Timeout { .. }
            | Self::ConnectionBroke { .. }
            | Self::InDoubt { .. } => true,
            // A proxy can give up on a request that the server goes on with.
            Self::UnexpectedStatus { status, .. } => *status >= 500 || *status == 408,
            _ => false,
        }
    }
}

/// What became of one event of a batch.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The server has it.
    Accepted(Receipt),
    /// The server does not have it.
    Rejected(Arc<SendError>),
    /// The server may have it.
    Unknown {
        /// The id under which the server has it, if it has it.
        event_id: EventId,
        /// Its deduplication id, if it has one.
        dedup_id: Option<DedupId>,
        /// Why nothing is known.
        error: Arc<SendError>,
    },
}

impl Outcome {
    /// Why the event was not accepted for certain.
    #[must_use]
    pub fn error(&self) -> Option<&SendError> {
        match self {
            Self::Accepted(_) => None,
            Self::Rejected(error) | Self::Unknown { error, .. } => Some(error),
        }
    }
}

/// A batch of which not every event was delivered for certain, event by event.
pub struct BatchError {
    outcomes: Vec<Outcome>,
    unsent: Box<Batch>,
}

impl BatchError {
    pub(crate) fn new(outcomes: Vec<Outcome>, unsent: Batch) -> Self {
        Self {
            outcomes,
            unsent: Box::new(unsent),
        }
    }

    /// Why the first event was not delivered.
    pub(crate) fn into_first(self) -> SendError {
        match self.outcomes.first().and_then(Outcome::error) {
            Some(error) => error.clone(),
            // Not so: an error has the event that failed.
            None => SendError::SenderClosed,
        }
    }

    /// What became of each event, in the order of the batch.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The events that the server has, with their places in the batch.
    pub fn accepted(&self) -> impl Iterator<Item = (usize, &Receipt)> {
        let outcomes = self.outcomes.iter().enumerate();
        outcomes.filter_map(|(index, outcome)| match outcome {
            Outcome::Accepted(receipt) => Some((index, receipt)),
            _ => None,
        })
    }

    /// The events that the server does not have, with their places in the batch.
    pub fn rejected(&self) -> impl Iterator<Item = (usize, &SendError)> {
        let outcomes = self.outcomes.iter().enumerate();
        outcomes.filter_map(|(index, outcome)| match outcome {
            Outcome::Rejected(error) => Some((index, &**error)),
            _ => None,
        })
    }

    /// The events that the server may have, with their places in the batch and the ids that they
    /// have then.
    pub fn unknown(&self) -> impl Iterator<Item = (usize, &EventId)> {
        let outcomes = self.outcomes.iter().enumerate();
        outcomes.filter_map(|(index, outcome)| match outcome {
            Outcome::Unknown { event_id, .. } => Some((index, event_id)),
            _ => None,
        })
    }

    /// The events that are not known to be delivered and can be sent again, as a batch.
    ///
    /// Those that the server may have are sent with the same event ids as before, so that they do
    /// not run twice within the 24 hours for which the server knows ids. Events that were refused
    /// for what they are, by this library or by the server, are not among them: their errors say
    /// what to change.
    #[must_use]
    pub fn into_unsent(self) -> Batch {
        *self.unsent
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.outcomes.len();
        let rejected = self.rejected().count();
        let unknown = self.unknown().count();
        match (rejected, unknown) {
            (_, 0) => write!(f, "{rejected} of {all} events were not delivered"),
            (0, _) => write!(f, "{unknown} of {all} events may not have been delivered"),
            _ => write!(
                f,
                "{rejected} of {all} events were not delivered and {unknown} may not have been"
            ),
        }?;
        match self.outcomes.iter().find_map(Outcome::error) {
            Some(first) => write!(f, "; the first error: {first}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for BatchError {
    /// The cause of the first error, whose text is in this one's.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let first = self.outcomes.iter().find_map(Outcome::error)?;
        first.source()
    }
}

/// `Debug` as `Display` with the causes after it: what `unwrap` and a `main` that returns an error
/// print is then all that there is to know.
macro_rules! debug_with_causes {
    ($($error:ty),*) => {$(
        impl fmt::Debug for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}{}", Causes(self))
            }
        }
    )*};
}

debug_with_causes!(SendError, BatchError);

/// The causes of an error, each after a line break; nothing where there is none.
struct Causes<'a>(&'a dyn std::error::Error);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, "\n  because {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}
