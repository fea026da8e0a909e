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
        if let Some(line) = self.line(what, done, total) {
            let mut stderr = io::stderr();
            // A line that cannot be shown is no loss.
            let _ = stderr
                .write_all(line.as_bytes())
                .and_then(|()| stderr.flush());
        }
    }

    fn line(&mut self, what: &str, done: usize, total: usize) -> Option<String> {
        if !self.visible || self.started.elapsed() < Self::PATIENCE {
            return None;
        }
        if done >= total {
            return self.shown.take().map(|_| "\r\u{1b}[2K".to_owned());
        }
        if self.shown.is_some_and(|at| at.elapsed() < Self::INTERVAL) {
            return None;
        }
        self.shown = Some(Instant::now());
        Some(format!("\r\u{1b}[2K{what} {done} of {total}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(visible: bool, waited: Duration) -> Progress {
        Progress {
            visible,
            started: Instant::now().checked_sub(waited).unwrap(),
            shown: None,
        }
    }

    #[test]
    fn it_is_shown_on_a_terminal_after_a_while() {
        let long = Duration::from_secs(60);
        assert_eq!(progress(false, long).line("checking", 1, 9), None);
        let mut soon = Progress {
            started: Instant::now() + long,
            ..progress(true, Duration::ZERO)
        };
        assert_eq!(soon.line("checking", 1, 9), None);
        let mut slow = progress(true, long);
        let line = slow.line("checking", 1, 9).unwrap();
        assert_eq!(line, "\r\u{1b}[2Kchecking 1 of 9");
        slow.shown = Instant::now().checked_sub(long);
        assert!(slow.line("checking", 3, 9).unwrap().ends_with("3 of 9"));
        assert_eq!(slow.line("checking", 9, 9).unwrap(), "\r\u{1b}[2K");
        assert_eq!(slow.line("checking", 9, 9), None);
    }
}
