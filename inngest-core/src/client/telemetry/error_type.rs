//! The error types that spans and counters show.

use std::borrow::Cow;

use crate::delivery::error::SendError;

/// A short word for an error, of which there are few: the HTTP status where there is one.
pub(crate) fn error_type(error: &SendError) -> Cow<'static, str> {
    if let Some(status) = error.status() {
        return status.to_string().into();
    }
    Cow::Borrowed(match error {
        SendError::Payload(_) => "payload",
        SendError::InvalidAnswer { .. } => "invalid_answer",
        SendError::Timeout { .. } => "timeout",
        SendError::NoDevServer { .. } | SendError::NoConnection { .. } => "no_connection",
        SendError::Tls { .. } => "tls",
        SendError::ConnectionBroke { .. } => "connection_broke",
        SendError::Discarded { .. } => "discarded",
        SendError::Middleware(_) => "middleware",
        SendError::InDoubt { last, .. } => return error_type(last),
        // The convention's word for all else.
        _ => "_OTHER",
    })
}
