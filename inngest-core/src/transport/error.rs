//! Why a request got no answer.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::runtime::is_rt_shutdown_err;
use tokio::task::JoinError;

use crate::runtime::NoRuntime;

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Connect,
    Tls,
    /// The peer had closed the connection before anything of the request was written.
    Closed,
    UnderWay,
    /// Not even to a connection, for want of a runtime.
    NoRuntime,
}

/// No answer.
#[derive(Clone, Debug)]
pub struct TransportError {
    phase: Phase,
    source: Arc<dyn std::error::Error + Send + Sync>,
}

impl TransportError {
    /// No connection was made: the server has seen nothing of the request.
    pub fn connect(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            phase: Phase::Connect,
            source: error.into().into(),
        }
    }

    /// There was a connection and no TLS on it, for a reason that stays, such as a certificate
    /// that is not trusted: the server has seen nothing of the request.
    pub fn tls(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            phase: Phase::Tls,
            source: error.into().into(),
        }
    }

    /// The request was, or may have been, under way when this happened.
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            phase: Phase::UnderWay,
            source: error.into().into(),
        }
    }

    /// There is no tokio runtime here that makes connections: the server has seen nothing of the
    /// request.
    pub(crate) fn no_runtime(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            phase: Phase::NoRuntime,
            source: error.into().into(),
        }
    }

    /// The peer had closed the connection, which earlier requests had used, and nothing of this one
    /// was written.
    pub(crate) fn unsent(error: ::hyper::Error) -> Self {
        Self {
            phase: Phase::Closed,
            source: Arc::new(error),
        }
    }

    /// A new connection brought no answer.
    pub(crate) fn no_answer_on_new(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        // In TLS 1.3 the server looks at the client's certificate when the client already speaks.
        if has_cause(&error, |error: &rustls::Error| is_refusal(error)) {
            Self::tls(error)
        } else {
            Self::other(error)
        }
    }

    /// Whether the request is to go out on another connection, as if nothing had happened.
    pub(crate) fn is_unsent(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Whether the server has certainly seen nothing of the request.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.phase != Phase::UnderWay
    }

    /// Whether TLS is what failed.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.phase == Phase::Tls
    }

    /// Whether there was no tokio runtime to make a connection in.
    pub(crate) fn is_no_runtime(&self) -> bool {
        self.phase == Phase::NoRuntime
    }

    /// Whether this program, or this machine, has no file left for a connection: that says nothing of
    /// the server, and passes.
    pub(crate) fn is_out_of_files(&self) -> bool {
        // `EMFILE` and `ENFILE`, the same on all Unix systems, and `WSAEMFILE`; the standard library
        // has no kind of error for them.
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

    /// An error of an HTTP library that made no connection: of TLS or of what is below it.
    pub(crate) fn no_connection(
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
        Self::no_runtime("there is none, or it has no IO")
    }
}

/// Whether the server refused the TLS connection, and so has read no request on it.
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

/// Whether an error is such a one of this type, or one of its causes is.
fn has_cause<E: std::error::Error + 'static>(
    error: &(dyn std::error::Error + 'static),
    is_such: impl Fn(&E) -> bool,
) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref().is_some_and(&is_such) {
            return true;
        }
        // `io::Error` leaves out of the chain what it was made of.
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
            Phase::Connect => "no connection was made",
            Phase::Tls => "TLS failed",
            Phase::Closed => "the connection had been closed",
            Phase::UnderWay => "no whole answer came",
            Phase::NoRuntime => "there is no tokio runtime for a connection",
        })
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}
