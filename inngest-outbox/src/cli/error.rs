//! The error of a command, as one line of text.

use std::error::Error;
use std::fmt;

use inngest_outbox::OutboxError;

use crate::cli::text::{escaped, redacted};

/// Why a command could not do what was asked.
#[derive(Debug)]
pub(super) struct CliError(String);

impl CliError {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<OutboxError> for CliError {
    fn from(error: OutboxError) -> Self {
        Self(match error {
            // The only URL in it is the example.
            OutboxError::DatabaseUrl => error.to_string(),
            _ => with_causes(&error),
        })
    }
}

/// An error and its causes in one line.
pub(super) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    redacted(&escaped(&text))
}
