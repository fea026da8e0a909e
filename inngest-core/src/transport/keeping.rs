//! Learns whether the server keeps connections open after a response.
//!
//! A server that closes each connection without announcing it may close while the next request is
//! on its way. Then it is unknown whether the server read that request. So before a connection is
//! reused for the first time, the client waits a moment. The outcome decides how later connections
//! are reused.

use std::time::Duration;

/// How long to wait before the first reuse. A server that closes after each response does so at
/// once.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// How long a connection must stay open after a response before it is reused, if the server closes
/// connections. A connection that ends sooner was closed because of the response, not because it
/// was idle.
const MIN_OPEN: Duration = Duration::from_secs(1);

/// What is known about the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum KeepAlive {
    /// No connection has been reused yet.
    #[default]
    Unknown,
    Keeps,
    /// A connection was closed shortly after it received this many responses.
    ClosesAfter(u32),
}

/// How an idle connection may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reuse {
    Now,
    /// After this time, if it is still open.
    After(Duration),
    No,
}

impl KeepAlive {
    /// How to use a connection that has received `answers` responses. `idle` reads the clock to
    /// find out how long it has been idle.
    pub(super) fn allows(self, answers: u32, idle: impl FnOnce() -> Duration) -> Reuse {
        match self {
            Self::Unknown => match FIRST_PAUSE.checked_sub(idle()) {
                None | Some(Duration::ZERO) => Reuse::Now,
                Some(rest) => Reuse::After(rest),
            },
            Self::ClosesAfter(limit) if answers >= limit && idle() < MIN_OPEN => Reuse::No,
            Self::Keeps | Self::ClosesAfter(_) => Reuse::Now,
        }
    }

    /// Records another response on a connection that had received `answers` before.
    pub(super) fn answered(&mut self, answers: u32) {
        match *self {
            Self::Unknown if answers == 0 => {}
            Self::ClosesAfter(limit) if answers < limit => {}
            Self::Unknown | Self::Keeps | Self::ClosesAfter(_) => *self = Self::Keeps,
        }
    }

    /// Records that the server closed a connection. It had received `answers` responses, the last
    /// one `since_response` ago.
    pub(super) fn closed(&mut self, answers: u32, since_response: Duration) {
        if answers > 0 && since_response < MIN_OPEN {
            *self = Self::ClosesAfter(answers);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Duration = Duration::ZERO;

    #[test]
    fn the_first_reuse_waits() {
        let mut peer = KeepAlive::default();
        assert_eq!(peer.allows(1, || AT_ONCE), Reuse::After(FIRST_PAUSE));
        assert_eq!(peer.allows(1, || FIRST_PAUSE), Reuse::Now);
        peer.answered(0);
        assert_eq!(peer, KeepAlive::Unknown, "a new connection shows nothing");
        peer.answered(1);
        assert_eq!(peer.allows(1, || AT_ONCE), Reuse::Now);
    }

    #[test]
    fn connections_of_a_closing_server_are_reused_later() {
        let mut peer = KeepAlive::Keeps;
        peer.closed(3, AT_ONCE);
        assert_eq!(peer.allows(2, || AT_ONCE), Reuse::Now);
        assert_eq!(peer.allows(3, || AT_ONCE), Reuse::No);
        assert_eq!(peer.allows(4, || MIN_OPEN / 2), Reuse::No);
        assert_eq!(peer.allows(4, || MIN_OPEN), Reuse::Now);
        peer.answered(2);
        assert_eq!(peer, KeepAlive::ClosesAfter(3));
        peer.answered(3);
        assert_eq!(peer, KeepAlive::Keeps);
    }

    #[test]
    fn idle_closes_are_ignored() {
        let mut peer = KeepAlive::Keeps;
        peer.closed(1, MIN_OPEN);
        peer.closed(0, AT_ONCE);
        assert_eq!(peer, KeepAlive::Keeps);
    }
}
