//! What is shown while something takes long.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// A line on a terminal that says how much is done, once it has taken long enough to wonder.
#[derive(Debug)]
pub(super) struct Progress {
    visible: bool,
    started: Instant,
    shown: Option<Instant>,
}

impl Progress {
    const PATIENCE: Duration = Duration::from_millis(300);
    const INTERVAL: Duration = Duration::from_millis(100);

    /// Progress on standard error, if that is a terminal.
    pub(super) fn new() -> Self {
        let stderr = io::stderr();
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            visible: stderr.is_terminal() && !dumb,
            ..Self::hidden()
        }
    }

    pub(super) fn hidden() -> Self {
        Self {
            visible: false,
            started: Instant::now(),
            shown: None,
        }
    }

    /// Says how much is done; takes the line away when it is all.
    pub(super) fn report(&mut self, what: &str, done: usize, total: usize) {
        if !self.visible || self.started.elapsed() < Self::PATIENCE {
            return;
        }
        let line = if done >= total {
            self.shown.take().map(|_| "\r\u{1b}[2K".to_owned())
        } else if self.shown.is_none_or(|at| at.elapsed() >= Self::INTERVAL) {
            self.shown = Some(Instant::now());
            Some(format!("\r\u{1b}[2K{what} {done} of {total}"))
        } else {
            None
        };
        if let Some(line) = line {
            let mut stderr = io::stderr();
            // A line that cannot be shown is no loss.
            let _ = stderr
                .write_all(line.as_bytes())
                .and_then(|()| stderr.flush());
        }
    }
}
