//! Defines the error of a request without a response.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::runtime::is_rt_shutdown_err;
use tokio::task::JoinError;

use crate::runtime::NoRuntime;

/// How far a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Connect,
    Tls,
    /// The server closed the connection before any of the request was written.
    ClosedBeforeSend,
    MaybeSent,
    /// No runtime could open a connection.
    NoRuntime,
}

/// Why a request got no response.
#[derive(Clone, Debug)]
pub struct TransportError {
    phase: Phase,
    source: Arc<dyn std::error::Error + Send + Sync>,
}

impl TransportError {
    /// No connection could be opened. The server has not seen the request.
    pub fn connect(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            phase: Phase::Connect,
            source: error.into().into(),
        }
    }

    /// The TLS handshake failed for a lasting reason, such as an untrusted certificate. The server
    /// has not seen the request.
    pub fn tls(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            phase: Phase::Tls,
            source: error.into().into(),
        }
    }

    /// The request failed after it was, or may have been, sent.
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            phase: Phase::MaybeSent,
            source: error.into().into(),
        }
    }

    /// No tokio runtime could open a connection. The server has not seen the request.
    pub(crate) fn no_runtime(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            phase: Phase::NoRuntime,
            source: error.into().into(),
        }
    }

    /// The server closed a reused connection before any of this request was written.
    pub(crate) fn unsent(error: ::hyper::Error) -> Self {
        Self {
            phase: Phase::ClosedBeforeSend,
            source: Arc::new(error),
        }
    }

    /// A new connection got no response.
    pub(crate) fn no_response_on_new(
        error: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        // In TLS 1.3 the client may send its request before the server checks the client's
        // certificate.
        if has_cause(&error, |error: &rustls::Error| is_refusal(error)) {
            Self::tls(error)
        } else {
            Self::other(error)
        }
    }

    /// Whether the request can be sent again on another connection, because nothing was written.
    pub(crate) fn is_unsent(&self) -> bool {
        self.phase == Phase::ClosedBeforeSend
    }

    /// Whether the server has certainly not seen the request.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.phase != Phase::MaybeSent
    }

    /// Whether TLS failed.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.phase == Phase::Tls
    }

    /// Whether no tokio runtime could open a connection.
    pub(crate) fn is_no_runtime(&self) -> bool {
        self.phase == Phase::NoRuntime
    }

    /// Whether the process or the machine has run out of file descriptors. This says nothing about
    /// the server, and is temporary.
    pub(crate) fn is_out_of_files(&self) -> bool {
        // `EMFILE` and `ENFILE`, the same on all Unix systems, and `WSAEMFILE`. `io::ErrorKind` has
        // no kind for them.
        let codes: [i32; 2] = if cfg!(windows) {
            [10024, 10024]
        } else {
            [24, 23]
        };
        let is_out = |error: &io::Error| {
            error
                .raw_os_error()
                .is_some_and(|code| codes.contains(&code))
        };
        self.phase == Phase::Connect && has_cause(&*self.source, is_out)
    }

    /// Classifies an HTTP library's error for a connection that could not be opened.
    pub(crate) fn connect_failed(
        error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let error = error.into();
        if has_cause(&*error, |_: &rustls::Error| true) {
            Self::tls(error)
        } else if has_cause(&*error, is_rt_shutdown_err)
            || has_cause(&*error, JoinError::is_cancelled)
        {
            Self::no_runtime(error)
        } else {
            Self::connect(error)
        }
    }
}

impl From<NoRuntime> for TransportError {
    fn from(_: NoRuntime) -> Self {
        Self::no_runtime("there is no runtime, or it has no IO")
    }
}

/// Whether the server refused the TLS handshake, and so has read no request.
fn is_refusal(error: &rustls::Error) -> bool {
    use rustls::AlertDescription as Alert;

    matches!(
        error,
        rustls::Error::AlertReceived(
            Alert::HandshakeFailure
                | Alert::NoCertificate
                | Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::CertificateRequired
                | Alert::UnknownCA
                | Alert::AccessDenied
                | Alert::InsufficientSecurity
        )
    )
}

/// Whether the error or one of its causes has type `E` and matches.
fn has_cause<E: std::error::Error + 'static>(
    error: &(dyn std::error::Error + 'static),
    matches: impl Fn(&E) -> bool,
) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref().is_some_and(&matches) {
            return true;
        }
        // The `source` of an `io::Error` skips the error inside it.
        next = match error.downcast_ref().and_then(io::Error::get_ref) {
            Some(inside) => Some(inside),
            None => error.source(),
        };
    }
    false
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.phase {
            Phase::Connect => "no connection could be opened",
            Phase::Tls => "TLS failed",
            Phase::ClosedBeforeSend => "the server closed the connection",
            Phase::MaybeSent => "no complete response arrived",
            Phase::NoRuntime => "there is no tokio runtime for a connection",
        })
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}
