//! Whether the peer keeps connections open after its answers.
//!
//! A peer that closes after each answer without saying so closes while the next request may already
//! be on its way, and then nobody knows whether that request was read. So the first connection that
//! is to be used again waits a moment, and what it shows decides how the next ones are used.

use std::time::Duration;

/// How long the first connection waits before it is used again. A peer that closes after an answer
/// does so at once.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// How long a connection of a peer that closes connections must have lived after its last answer to
/// be used again. A connection that ends within that time was closed because of the answer, not
/// because it was idle.
const PROOF: Duration = Duration::from_secs(1);

/// What is known about the peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Keeping {
    /// No connection was used twice.
    #[default]
    Unknown,
    Keeps,
    /// A connection was closed shortly after it had brought this many answers.
    ClosesAfter(u32),
}

/// How an idle connection may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Now,
    /// If it is still open after this time.
    After(Duration),
    Not,
}

impl Keeping {
    /// How to use a connection that has brought `answers` and has been idle for this time.
    pub(super) fn allows(self, answers: u32, idle: Duration) -> Use {
        match self {
            Self::Unknown => match FIRST_PAUSE.checked_sub(idle) {
                None | Some(Duration::ZERO) => Use::Now,
                Some(rest) => Use::After(rest),
            },
            Self::ClosesAfter(limit) if answers >= limit && idle < PROOF => Use::Not,
            Self::Keeps | Self::ClosesAfter(_) => Use::Now,
        }
    }

    /// A connection that had brought `answers` brought another.
    pub(super) fn answered(&mut self, answers: u32) {
        match *self {
            Self::Unknown if answers == 0 => {}
            Self::ClosesAfter(limit) if answers < limit => {}
            Self::Unknown | Self::Keeps | Self::ClosesAfter(_) => *self = Self::Keeps,
        }
    }

    /// The peer closed a connection that had brought `answers`; this time ago it was open.
    pub(super) fn closed(&mut self, answers: u32, open: Duration) {
        if answers > 0 && open < PROOF {
            *self = Self::ClosesAfter(answers);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Duration = Duration::ZERO;

    #[test]
    fn the_first_reuse_waits_and_decides() {
        let mut peer = Keeping::default();
        assert_eq!(peer.allows(1, AT_ONCE), Use::After(FIRST_PAUSE));
        assert_eq!(peer.allows(1, FIRST_PAUSE), Use::Now);
        peer.answered(0);
        assert_eq!(peer, Keeping::Unknown, "a new connection shows nothing");
        peer.answered(1);
        assert_eq!(peer.allows(1, AT_ONCE), Use::Now);
    }

    #[test]
    fn connections_of_a_peer_that_closes_them_are_used_when_they_have_lived_on() {
        let mut peer = Keeping::Keeps;
        peer.closed(3, AT_ONCE);
        assert_eq!(peer.allows(2, AT_ONCE), Use::Now);
        assert_eq!(peer.allows(3, AT_ONCE), Use::Not);
        assert_eq!(peer.allows(4, PROOF / 2), Use::Not);
        assert_eq!(peer.allows(4, PROOF), Use::Now);
        peer.answered(2);
        assert_eq!(peer, Keeping::ClosesAfter(3));
        peer.answered(3);
        assert_eq!(peer, Keeping::Keeps);
    }

    #[test]
    fn a_connection_that_ends_because_it_is_idle_shows_nothing() {
        let mut peer = Keeping::Keeps;
        peer.closed(1, PROOF);
        peer.closed(0, AT_ONCE);
        assert_eq!(peer, Keeping::Keeps);
    }
}
