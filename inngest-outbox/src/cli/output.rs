//! What a command prints, and its exit code.

use serde_json::Value;

use crate::cli::args::Format;
use crate::cli::text::Paint;

/// The exit code if the answer is no: unhealthy, an unknown number, or not empty.
pub(super) const NO: u8 = 1;

/// The exit code for errors.
pub(super) const FAILED: u8 = 3;

/// The exit code after a second signal.
pub(super) const INTERRUPTED: u8 = 130;

/// The output of a command and its exit code.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) code: u8,
    pub(super) out: String,
    pub(super) err: String,
}

impl Output {
    pub(super) fn new(format: Format, text: &str, to_json: impl FnOnce() -> Value) -> Self {
        let out = match format {
            Format::Text => format!("{}\n", text.trim_end_matches('\n')),
            Format::Json => format!("{:#}\n", to_json()),
        };
        Self {
            out,
            ..Self::default()
        }
    }

    /// The output after an error.
    pub(super) fn error(paint: Paint, error: &str) -> Self {
        Self::default().with_error(paint, FAILED, error)
    }

    /// Adds a line to standard error, and sets the exit code.
    pub(super) fn with_error(mut self, paint: Paint, code: u8, error: &str) -> Self {
        self.code = code;
        let line = format!("{}: {error}\n", paint.bad("error"));
        self.err.push_str(&line);
        self
    }
}
