//! Logs to standard error.

use std::io::{self, IsTerminal as _, Write};

use indicatif::ProgressBar;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::cli::error::CliError;

/// Starts to log at the levels in `RUST_LOG`, by default from `info`. Lines appear above the progress bar.
/// Fails if `RUST_LOG` is invalid.
pub(super) fn start(bar: &ProgressBar) -> Result<(), CliError> {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env();
    let filter = filter.map_err(|error| CliError::new(format!("RUST_LOG: {error}")))?;
    let has_color = io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let bar = bar.clone();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(has_color)
        .with_writer(move || AboveBar(bar.clone()))
        .init();
    Ok(())
}

/// Hides the progress bar while it writes.
struct AboveBar(ProgressBar);

impl Write for AboveBar {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
