//! Decides when a relay polls for events, and when it retries after a failure.

use std::time::Duration;

use tokio::time::Instant;

/// After this many refusals without an accepted event, the relay waits before it sends more.
const MAX_REFUSED: usize = 10;

/// The shortest time between two polls of an empty table.
const BUSY: Duration = Duration::from_millis(10);

/// A wait that doubles each time.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        let first = first.min(longest);
        Self {
            first,
            longest,
            next: first,
        }
    }

    /// The next wait.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.longest);
        wait
    }

    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }
}

/// When a relay next polls for pending events.
#[derive(Debug)]
pub(crate) struct Polling {
    wait: Backoff,
    /// When to poll; `None` for at once.
    at: Option<Instant>,
}

impl Polling {
    /// Polls at least once in each `idle` time.
    pub(crate) fn new(idle: Duration) -> Self {
        Self {
            wait: Backoff::new(BUSY, idle),
            at: None,
        }
    }

    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.at.is_none_or(|at| at <= now)
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        self.at
    }

    /// Events may be pending.
    pub(crate) fn wake(&mut self) {
        self.wait.reset();
        self.at = None;
    }

    /// A poll found events, and perhaps more are pending.
    pub(crate) fn found(&mut self, now: Instant, has_more: bool) {
        self.wait.reset();
        self.at = (!has_more).then(|| now + self.wait.next());
    }

    /// A poll found nothing.
    pub(crate) fn found_nothing(&mut self, now: Instant) {
        self.at = Some(now + self.wait.next());
    }
}

/// A period in which the database or the server fails, and the waits between retries.
#[derive(Debug)]
pub(crate) struct Outage {
    wait: Backoff,
    /// When to retry; `None` while everything works.
    pub(crate) until: Option<Instant>,
}

impl Outage {
    pub(crate) fn new(longest: Duration) -> Self {
        Self {
            wait: Backoff::new(Duration::from_millis(100), longest),
            until: None,
        }
    }

    /// Notes a failure. Returns whether it starts the outage. Failures at the same time count as one.
    pub(crate) fn begin(&mut self) -> bool {
        let is_first = self.until.is_none();
        if !self.is_over_at(Instant::now()) {
            return false;
        }
        self.until = Some(Instant::now() + jittered(self.wait.next()));
        is_first
    }

    /// Notes a success. Returns whether it ends an outage.
    pub(crate) fn end(&mut self) -> bool {
        self.wait.reset();
        self.until.take().is_some()
    }

    pub(crate) fn is_over_at(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| until <= now)
    }
}

/// Waits while the server refuses every event, for example because the account is suspended. Otherwise all
/// events of the outbox would fail within seconds.
#[derive(Debug)]
pub(crate) struct Refusals {
    wait: Backoff,
    /// How many events the server has refused since it last accepted one.
    refused: usize,
    /// When to send more events.
    pub(crate) until: Option<Instant>,
}

impl Refusals {
    pub(crate) fn new() -> Self {
        Self {
            wait: Backoff::new(Duration::from_millis(100), Duration::from_secs(5)),
            refused: 0,
            until: None,
        }
    }

    /// Notes how many events of a request the server accepted and refused.
    pub(crate) fn note(&mut self, accepted: usize, refused: usize) {
        if accepted > 0 {
            *self = Self::new();
            return;
        }
        self.refused += refused;
        let now = Instant::now();
        // Requests in flight that end during the wait do not lengthen it.
        if self.refused >= MAX_REFUSED && self.until.is_none_or(|until| until <= now) {
            self.until = Some(now + self.wait.next());
        }
    }
}

/// A random time between half a wait and the whole wait, so that relays do not all retry together.
fn jittered(wait: Duration) -> Duration {
    use std::hash::{BuildHasher as _, RandomState};

    let random = RandomState::new().hash_one(0_u8) % 1_000;
    let extra = f64::from(u16::try_from(random).unwrap_or(0)) / 2_000.0;
    wait.mul_f64(0.5 + extra)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_idle_relay_polls_less_often() {
        let mut polling = Polling::new(Duration::from_millis(50));
        let now = Instant::now();
        let mut waits = Vec::new();
        for _ in 0..5 {
            polling.found_nothing(now);
            waits.push((polling.due().unwrap() - now).as_millis());
        }
        assert_eq!(waits, [10, 20, 40, 50, 50]);
        polling.wake();
        assert!(polling.is_due(now));
        polling.found(now, true);
        assert!(polling.is_due(now));
        polling.found(now, false);
        assert_eq!(polling.due(), Some(now + BUSY));
    }

    #[tokio::test(start_paused = true)]
    async fn failures_at_the_same_time_do_not_lengthen_the_wait() {
        let mut server = Outage::new(Duration::from_secs(30));
        for longest in [100, 200, 400].map(Duration::from_millis) {
            let is_first = longest == Duration::from_millis(100);
            assert_eq!(server.begin(), is_first);
            for _ in 0..7 {
                assert!(!server.begin());
            }
            let until = server.until.unwrap();
            let wait = until - Instant::now();
            assert!(wait <= longest && wait >= longest / 2, "{wait:?}");
            tokio::time::advance(wait).await;
            assert!(server.is_over_at(Instant::now()));
        }
        assert!(server.end());
        assert!(server.is_over_at(Instant::now()));
        assert!(server.begin());
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_refuses_everything_gets_few_events() {
        let mut refusals = Refusals::new();
        let wait = |refusals: &Refusals| {
            let until = refusals.until.map(|until| until - Instant::now());
            until.map(|wait| wait.as_millis())
        };
        // A few bad events among good ones cause no wait.
        for _ in 0..100 {
            refusals.note(0, MAX_REFUSED - 1);
            assert_eq!(wait(&refusals), None);
            refusals.note(1, 1);
        }
        let mut waits = Vec::new();
        for _ in 0..8 {
            refusals.note(0, MAX_REFUSED);
            refusals.note(0, MAX_REFUSED);
            let millis = wait(&refusals).unwrap();
            waits.push(millis);
            tokio::time::advance(Duration::from_millis(u64::try_from(millis).unwrap())).await;
        }
        assert_eq!(waits, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
        refusals.note(1, 0);
        assert_eq!(wait(&refusals), None);
        refusals.note(0, 1);
        assert_eq!(wait(&refusals), None);
    }
}
