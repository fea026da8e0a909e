//! Why an event was not, or may not have been, delivered.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::PayloadError;
use crate::transport::error::TransportError;

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

    /// An earlier request failed in a process that stored the event with
    /// [`Batch::to_bytes`](crate::Batch::to_bytes). The server may have the event.
    #[error("an earlier process failed to send the event: {message}")]
    Stored {
        /// The error of that process, in words.
        message: String,
    },

    /// This library broke a rule of its own.
    #[error("{0}, which is a fault of inngest-core; please report it")]
    Internal(&'static str),

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
        if self.may_have_been_accepted() {
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
    /// whose [`into_unsent`](crate::BatchError::into_unsent) makes the same request again.
    #[must_use]
    pub fn may_have_been_accepted(&self) -> bool {
        match self {
            Self::InvalidAnswer { .. }
            | Self::Timeout { .. }
            | Self::ConnectionBroke { .. }
            | Self::Stored { .. }
            | Self::InDoubt { .. } => true,
            // A proxy can give up on a request that the server goes on with.
            Self::UnexpectedStatus { status, .. } => *status >= 500 || *status == 408,
            _ => false,
        }
    }
}

/// `Debug` as `Display` with the causes after it: what `unwrap` and a `main` that returns an error
/// print is then all that there is to know.
macro_rules! debug_with_causes {
    ($($error:ty),*) => {$(
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{self}{}", $crate::delivery::error::Causes(self))
            }
        }
    )*};
}

debug_with_causes!(SendError);
pub(crate) use debug_with_causes;

/// The causes of an error, each after a line break; nothing where there is none.
pub(crate) struct Causes<'a>(pub(crate) &'a dyn std::error::Error);

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
