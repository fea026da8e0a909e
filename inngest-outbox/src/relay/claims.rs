//! Decides how many pending events a relay claims, and which of them it skips.
//!
//! If a middleware fails, the claim is rolled back, and nothing says which event it failed for. So the relay
//! then claims single events. An event that fails alone stays pending: the relay skips it, goes on with the
//! next ones, and tries it again later. The middleware may work again by then.

use std::time::Duration;

use tokio::time::Instant;

use crate::relay::pace::Backoff;

/// How many pending events a relay turns into requests at a time.
const CLAIM_EVENTS: usize = 2_000;

/// After this time without an event that did not fail, the relay pauses. Perhaps the middleware fails for all.
const MAX_SEARCH: Duration = Duration::from_secs(1);

/// How many names of failing events are logged.
const MAX_LOGGED: usize = 10;

/// The state of the claims of a relay.
#[derive(Debug)]
pub(crate) struct Claims {
    /// How many events the next claim takes.
    events: usize,
    /// Since when every claim has failed.
    failing_since: Option<Instant>,
    pause: Backoff,
    /// When to claim again.
    pub(crate) until: Option<Instant>,
    /// Whether events were skipped since the last sweep.
    has_skipped: bool,
    /// Whether the claims have looked at all events since the last sweep.
    has_ended: bool,
    /// When to try the skipped events again.
    retry_at: Option<Instant>,
    retry: Backoff,
    /// The names of skipped events that were logged.
    logged: Vec<String>,
}

impl Claims {
    /// Skipped events are tried again at least once in each `sweep` time, unless finding them takes longer.
    pub(crate) fn new(sweep: Duration) -> Self {
        Self {
            events: CLAIM_EVENTS,
            failing_since: None,
            pause: Backoff::new(Duration::from_millis(100), Duration::from_secs(5)),
            until: None,
            has_skipped: false,
            has_ended: false,
            retry_at: None,
            retry: Backoff::new(Duration::from_millis(100), sweep),
            logged: Vec::new(),
        }
    }

    pub(crate) fn limit(&self) -> usize {
        self.events
    }

    pub(crate) fn may_claim(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| until <= now)
    }

    /// Whether the relay is looking for failing events. A sweep would start the search again.
    pub(crate) fn is_searching(&self) -> bool {
        self.events < CLAIM_EVENTS
    }

    /// Notes that a claim of up to `limit` events failed. After a claim of one event, the relay skips the
    /// event, which has this name. Returns whether to log that.
    pub(crate) fn failed(&mut self, now: Instant, limit: usize, name: &str) -> bool {
        self.events = 1;
        if limit > 1 {
            return false;
        }
        let since = *self.failing_since.get_or_insert(now);
        if now.duration_since(since) >= MAX_SEARCH {
            self.failing_since = None;
            self.until = Some(now + self.pause.next());
        }
        self.has_skipped = true;
        let is_new =
            self.logged.len() < MAX_LOGGED && !self.logged.iter().any(|logged| logged == name);
        if is_new {
            self.logged.push(name.to_owned());
        }
        is_new
    }

    /// Notes that a claim found events and did not fail.
    pub(crate) fn found(&mut self) {
        self.events = (self.events * 2).min(CLAIM_EVENTS);
        self.failing_since = None;
        self.pause.reset();
    }

    /// Notes that no more events are pending, except the skipped ones.
    pub(crate) fn found_nothing(&mut self, now: Instant) {
        self.events = CLAIM_EVENTS;
        self.failing_since = None;
        let is_first = !std::mem::replace(&mut self.has_ended, true);
        if self.has_skipped {
            self.retry_at.get_or_insert_with(|| now + self.retry.next());
        } else if is_first {
            self.retry.reset();
            if !std::mem::take(&mut self.logged).is_empty() {
                tracing::info!("middleware works again for all events");
            }
        }
    }

    /// When to sweep for the skipped events.
    pub(crate) fn retry_at(&self) -> Option<Instant> {
        self.retry_at.filter(|_| !self.is_searching())
    }

    /// Notes that the next claims look at all events.
    pub(crate) fn swept(&mut self) {
        self.has_ended = false;
        self.has_skipped = false;
        self.retry_at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SWEEP: Duration = Duration::from_secs(15);

    #[tokio::test(start_paused = true)]
    async fn failing_events_are_found_one_by_one() {
        let now = Instant::now();
        let mut claims = Claims::new(SWEEP);
        assert_eq!(claims.limit(), CLAIM_EVENTS);
        // Nothing says yet which event failed.
        assert!(!claims.failed(now, CLAIM_EVENTS, "a"));
        assert_eq!(claims.limit(), 1);
        assert!(claims.is_searching());
        assert!(claims.failed(now, 1, "a"));
        assert!(!claims.failed(now, 1, "a"));
        assert!(claims.failed(now, 1, "b"));
        for expected in [2, 4, 8] {
            claims.found();
            assert_eq!(claims.limit(), expected);
        }
        for _ in 0..10 {
            claims.found();
        }
        assert_eq!(claims.limit(), CLAIM_EVENTS);
        assert!(!claims.is_searching());
    }

    #[tokio::test(start_paused = true)]
    async fn skipped_events_are_tried_again_less_and_less_often() {
        let now = Instant::now();
        let mut claims = Claims::new(SWEEP);
        let wait = |claims: &Claims| claims.retry_at().map(|at| (at - now).as_millis());
        let mut waits = Vec::new();
        for _ in 0..9 {
            claims.failed(now, 1, "a");
            assert_eq!(wait(&claims), None);
            claims.found_nothing(now);
            waits.extend(wait(&claims));
            // The next polls find nothing either.
            claims.found_nothing(now);
            assert_eq!(wait(&claims), waits.last().copied());
            claims.swept();
            assert_eq!(wait(&claims), None);
        }
        assert_eq!(
            waits,
            [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000]
        );
        // Nothing failed between two sweeps, so the waits are short again.
        claims.found_nothing(now);
        assert_eq!(wait(&claims), None);
        claims.failed(now, 1, "a");
        claims.found_nothing(now);
        assert_eq!(wait(&claims), Some(100));
    }

    #[tokio::test(start_paused = true)]
    async fn a_middleware_that_fails_for_every_event_gets_few_of_them() {
        let mut claims = Claims::new(SWEEP);
        let start = Instant::now();
        for step in [Duration::ZERO, MAX_SEARCH / 2] {
            tokio::time::advance(step).await;
            claims.failed(Instant::now(), 1, "a");
            assert!(claims.may_claim(Instant::now()));
        }
        tokio::time::advance(MAX_SEARCH / 2).await;
        claims.failed(Instant::now(), 1, "a");
        assert_eq!(
            claims.until,
            Some(start + MAX_SEARCH + Duration::from_millis(100))
        );
        assert!(!claims.may_claim(Instant::now()));
    }
}
