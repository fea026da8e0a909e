//! Errors of events that were not, or may not have been, accepted.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::PayloadError;
use crate::transport::error::TransportError;

/// Why the server did not accept an event, or may not have accepted it.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The server would refuse the event or change it. The client did not send it.
    #[error("{}", .0.without_index())]
    Payload(PayloadError),

    /// The server refused the event with status 400. If the event is part of a batch, the client also
    /// sent it alone, because a refusal can be temporary, and the server refused it again.
    #[error("the server refused the event: {message}; correct the event, or leave it out")]
    Refused {
        /// The server's error message, without the event key.
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
        /// The server's error message, without the event key.
        message: String,
    },

    /// The server refused several events in a row before this one with the same message and would
    /// probably refuse this one too. The client gave up on it; you can resend it.
    #[error(
        "the {refused} events before this one were refused with the same message, and the client \
         gave up on it; fix the cause, then resend it: {last}"
    )]
    AfterRefusals {
        /// The number of refused events.
        refused: usize,
        /// The last refusal.
        last: Arc<SendError>,
    },

    /// The event key may not send this event name, or may not send from this address (403). In a batch, only
    /// the forbidden events have this error.
    #[error(
        "the event key may not send this event: {message}; look at the key's allow and deny lists \
         in the Inngest dashboard"
    )]
    NotAllowed {
        /// The server's error message, without the event key.
        message: String,
    },

    /// The server, or a proxy in front of it, refused the request as too large (413). It accepted
    /// no event of the request.
    #[error(
        "a request of {bytes} bytes is too large for the server; lower `max_request_bytes`, or \
         ask for a higher limit if it is one event"
    )]
    RequestTooLarge {
        /// The size of the request body in bytes.
        bytes: usize,
    },

    /// The URL does not belong to an event API: it answered with a redirect, 404 or 405. It
    /// accepted no event.
    #[error("there is no event API at {url}, which answered with status {status}{hint}")]
    WrongUrl {
        /// The URL without the key.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What to check, with the punctuation before it.
        hint: &'static str,
    },

    /// A status that the event API does not use.
    #[error("{url} answered with status {status}{}{hint}", after_colon(message))]
    UnexpectedStatus {
        /// The URL without the key.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The server's error message, without the event key; empty if the response contains none.
        message: String,
        /// What to check, with the punctuation before it; may be empty.
        hint: &'static str,
    },

    /// A response with status 200 or 400 and an unknown body, or another success status. The server
    /// may have accepted the events.
    #[error(
        "the response of {url} does not come from the event API: {problem}; check that the base \
         URL is the URL of Inngest or a dev server"
    )]
    InvalidAnswer {
        /// The URL without the key.
        url: String,
        /// What is wrong with the response.
        problem: String,
    },

    /// The server did not respond in time. It may have accepted the events.
    #[error("{url} did not respond within {timeout:?}; raise `timeout` or check why it is slow")]
    Timeout {
        /// The URL without the key.
        url: String,
        /// The timeout of one attempt.
        timeout: Duration,
    },

    /// The client could not connect to the dev server. It sent nothing.
    #[error(
        "no connection to the dev server at {url}; start it with `npx inngest-cli@latest dev` or \
         `inngest-event-server`, or set its address with INNGEST_DEV or `base_url`"
    )]
    NoDevServer {
        /// The URL.
        url: String,
        /// The error of the transport.
        source: TransportError,
    },

    /// The client could not connect. It sent nothing.
    #[error("no connection to {url}; check the base URL, the network and the proxy")]
    NoConnection {
        /// The URL without the key.
        url: String,
        /// The error of the transport.
        source: TransportError,
    },

    /// The TLS handshake failed. The client sent nothing, and a retry would fail too.
    #[error(
        "no TLS connection to {url}; check that this machine trusts the server's certificate and \
         that the server accepts the client's certificate if it requires one, or write `http://` in \
         the base URL if the server does not use TLS"
    )]
    Tls {
        /// The URL without the key.
        url: String,
        /// The error of the transport.
        source: TransportError,
    },

    /// The connection broke before the response arrived. The server may have accepted the events.
    #[error(
        "the connection to {url} broke before the response, and the server may have the events; \
         check the logs of the server and of any proxy in front of it"
    )]
    ConnectionBroke {
        /// The URL without the key.
        url: String,
        /// The error of the transport.
        source: TransportError,
    },

    /// The server may have the event from an earlier attempt. The last attempt failed for an
    /// unrelated reason.
    #[error(
        "{last}; the server may have the event from an earlier attempt{}",
        earlier.as_deref().map(after_colon).unwrap_or_default()
    )]
    InDoubt {
        /// Why the last attempt failed, or why the client did not make it.
        last: Arc<SendError>,
        /// The error of the earlier attempt, if known.
        earlier: Option<Arc<SendError>>,
    },

    /// A middleware discarded the event. The client did not send it.
    #[error("a middleware discarded the event: {reason}")]
    Discarded {
        /// The reason given by the middleware.
        reason: String,
    },

    /// A middleware failed. The client sent none of the events that the middleware received.
    #[error("a middleware failed and the event was not sent")]
    Middleware(#[source] Arc<dyn std::error::Error + Send + Sync>),

    /// A blocking client was used in an async task of tokio, where blocking would stop other tasks.
    #[error(
        "a blocking client was used inside an async task, and nothing was sent; use \
         `inngest_core::Client` there, or a thread that may block (`spawn_blocking`, \
         `std::thread::spawn`)"
    )]
    InsideRuntime,

    /// The buffered sender has no room for another event.
    #[error("the buffered sender is full; wait for room with `send`, or raise `capacity`")]
    BufferFull,

    /// The buffered sender was shut down or dropped before it delivered the event. If a request was
    /// in flight, the error is [`InDoubt`](Self::InDoubt) with this one as `last`.
    #[error(
        "the buffered sender was shut down before the event was delivered; send it with the client"
    )]
    SenderClosed,

    /// No tokio runtime with IO is running here, so the client cannot connect and a buffered sender
    /// cannot start. The client sent nothing. A client with a
    /// [`transport`](crate::ClientBuilder::transport) that needs no runtime works anywhere.
    #[error(
        "no tokio runtime with IO is running here; call this inside a runtime built with \
         `enable_all`, such as the one from `#[tokio::main]`"
    )]
    NoRuntime,

    /// The operating system did not provide a thread that enforces timeouts, or random numbers for the
    /// id seed. The client sent nothing.
    #[error("the operating system {0}")]
    System(String),

    /// The client was created in the parent process before a `fork`. It sent nothing.
    #[error(
        "the client was created before this process was forked, and its connections belong to the \
         parent; create the client and its runtime in the child"
    )]
    AfterFork,

    /// An attempt failed in an earlier process, which stored the event with
    /// [`Batch::to_bytes`](crate::Batch::to_bytes). The server may have the event.
    #[error("an earlier process failed to send the event: {message}")]
    Stored {
        /// The error message from that process.
        message: String,
    },

    /// A bug in this library.
    #[error("{0}, which is a bug in inngest-core; please report it")]
    Internal(&'static str),
}

/// Puts `: ` before the text, unless the text is empty.
fn after_colon(text: &impl ToString) -> String {
    let text = text.to_string();
    if text.is_empty() {
        return text;
    }
    format!(": {text}")
}

impl From<PayloadError> for SendError {
    fn from(error: PayloadError) -> Self {
        Self::Payload(error)
    }
}

impl From<getrandom::Error> for SendError {
    fn from(error: getrandom::Error) -> Self {
        Self::System(format!("returned no random numbers: {error}"))
    }
}

impl SendError {
    /// The HTTP status of the response, if the response caused the error.
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

    /// Whether both errors are refusals with the same message.
    pub(crate) fn has_same_message_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Refused { message }, Self::Refused { message: other })
            | (Self::NotAllowed { message }, Self::NotAllowed { message: other }) => {
                message == other
            }
            _ => false,
        }
    }

    /// Whether the event failed because the buffered sender closed.
    pub(crate) fn is_sender_closed(&self) -> bool {
        match self {
            Self::SenderClosed => true,
            Self::InDoubt { last, .. } => last.is_sender_closed(),
            _ => false,
        }
    }

    /// Whether the same request can succeed later.
    pub(crate) fn is_transient(&self) -> bool {
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

    /// Whether the server may have the event despite this error.
    ///
    /// If the event has a deduplication id, a resend within 24 hours does not run plain functions
    /// twice, but a function with `batchEvents` may run again. To protect both kinds, send with
    /// [`send_many`](crate::Client::send_many) and resend
    /// [`into_unsent`](crate::BatchError::into_unsent) within 30 minutes: it repeats the same request.
    #[must_use]
    pub fn may_have_been_accepted(&self) -> bool {
        match self {
            Self::InvalidAnswer { .. }
            | Self::Timeout { .. }
            | Self::ConnectionBroke { .. }
            | Self::Stored { .. }
            | Self::InDoubt { .. } => true,
            // A proxy can time out while the server still processes the request.
            Self::UnexpectedStatus { status, .. } => *status >= 500 || *status == 408,
            _ => false,
        }
    }
}

/// Implements `Debug` as `Display` plus the causes, so that `unwrap` and a `main` that returns an
/// error print the full message.
macro_rules! debug_with_causes {
    ($error:ty) => {
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{self}{}", $crate::delivery::error::Causes(self))
            }
        }
    };
}

debug_with_causes!(SendError);
pub(crate) use debug_with_causes;

/// Displays the causes of an error, each on a new line.
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
