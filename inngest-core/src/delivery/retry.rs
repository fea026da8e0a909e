//! The retry policy.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

/// How often and how soon the client retries a failed request.
///
/// The client retries after connect errors, broken connections, timeouts, the statuses 408, 425,
/// 429 and 5xx, and responses that do not come from the event API. It does not retry after 400, 401
/// and 403. A retry keeps the bytes and the id seed, so an event does not run twice if the server
/// had already accepted it. If the server answers a batch with 400 or 403, the client resends parts of it,
/// regardless of the policy, until it has found the refused event.
///
/// The delay before attempt n+1 is random between 0 and `base` · 2^(n−1), at most `max_delay`. If
/// the server sends `Retry-After`, the client waits that long, at most `max_delay`.
///
/// In a test that pauses tokio's clock, delays follow that clock.
///
/// If no dev server responds, the client makes at most three attempts, because the dev server is
/// probably not running.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until a client uses it"]
pub struct RetryPolicy {
    attempts: u32,
    base: Duration,
    max_delay: Duration,
    max_elapsed: Duration,
}

impl Default for RetryPolicy {
    /// Twelve attempts, up to 30 seconds apart, within five minutes. If all fail immediately, they
    /// take 55 seconds on average. If each attempt fails with a probability of 30%, one in two
    /// million requests fails.
    fn default() -> Self {
        Self {
            attempts: 12,
            base: Duration::from_millis(100),
            max_delay: Duration::from_secs(30),
            max_elapsed: Duration::from_secs(300),
        }
    }
}

impl RetryPolicy {
    /// A single attempt.
    pub fn none() -> Self {
        Self::default().attempts(1)
    }

    /// Sets the maximum number of attempts, including the first; at least one.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sets the longest delay before the second attempt. It doubles with each further attempt.
    pub fn base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// Sets the longest delay before any attempt, even if the server asks for a longer one.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Sets the time after which no further attempt starts.
    pub fn max_elapsed(mut self, time: Duration) -> Self {
        self.max_elapsed = time;
        self
    }

    /// The policy for a dev server that does not respond.
    pub(crate) fn for_missing_dev_server(&self) -> Self {
        let policy = self.clone();
        let attempts = policy.attempts.min(3);
        policy.attempts(attempts)
    }

    /// The delay after this attempt, counting from 1; `None` after the last attempt. `random`
    /// must be uniformly distributed.
    pub(crate) fn delay(
        &self,
        attempt: u32,
        elapsed: Duration,
        requested: Option<Duration>,
        random: u32,
    ) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let delay = match requested {
            // A delay of zero, for example from a past date, is ignored.
            Some(requested) if !requested.is_zero() => requested.min(self.max_delay),
            _ => self.backoff(attempt, random),
        };
        (elapsed.saturating_add(delay) < self.max_elapsed).then_some(delay)
    }

    /// A random delay whose maximum doubles with each attempt.
    fn backoff(&self, attempt: u32, random: u32) -> Duration {
        let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
        let longest = self.base.saturating_mul(factor).min(self.max_delay);
        let part = longest.as_secs_f64() * f64::from(random) / f64::from(u32::MAX);
        Duration::try_from_secs_f64(part).unwrap_or(longest)
    }
}

/// Parses `Retry-After`: a number of seconds, or a date.
pub(crate) fn requested_delay(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit()) {
        // Treat a number that overflows as the longest delay.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn the_delay_doubles_up_to_its_maximum() {
        let policy = RetryPolicy::default();
        let longest = |attempt| {
            policy
                .delay(attempt, Duration::ZERO, None, u32::MAX)
                .unwrap()
                .as_millis()
        };
        assert_eq!(
            [longest(1), longest(2), longest(3), longest(11)],
            [100, 200, 400, 30_000]
        );
        assert_eq!(
            policy.delay(1, Duration::ZERO, None, 0),
            Some(Duration::ZERO)
        );
        assert_eq!(policy.delay(12, Duration::ZERO, None, 0), None);
        assert_eq!(
            RetryPolicy::none().delay(1, Duration::ZERO, Some(Duration::ZERO), 0),
            None
        );
    }

    #[test]
    fn no_attempt_starts_after_max_elapsed() {
        let policy = RetryPolicy::default().max_elapsed(Duration::from_secs(10));
        let delay = |elapsed, requested| {
            let requested = Some(Duration::from_secs(requested));
            policy.delay(1, Duration::from_secs(elapsed), requested, 0)
        };
        assert_eq!(delay(3, 5), Some(Duration::from_secs(5)));
        assert_eq!(delay(5, 5), None);
        assert_eq!(delay(11, 0), None);
    }

    #[test]
    fn retry_after_sets_the_delay() {
        let policy = RetryPolicy::default();
        let requested = |seconds| {
            policy
                .delay(1, Duration::ZERO, Some(Duration::from_secs(seconds)), 0)
                .unwrap()
        };
        assert_eq!(requested(7), Duration::from_secs(7));
        assert_eq!(requested(3_600), Duration::from_secs(30));
        let over = policy.delay(3, Duration::ZERO, Some(Duration::ZERO), u32::MAX);
        assert_eq!(over, Some(Duration::from_millis(400)));
    }

    #[test]
    fn large_limits_do_not_overflow() {
        let policy = RetryPolicy::default()
            .base(Duration::MAX)
            .max_delay(Duration::MAX)
            .max_elapsed(Duration::MAX);
        assert_eq!(policy.delay(1, Duration::ZERO, None, u32::MAX), None);
        assert_eq!(
            policy.delay(1, Duration::ZERO, None, 0),
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let requested = |value: &'static str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
            requested_delay(&headers, now)
        };
        assert_eq!(requested("120"), Some(Duration::from_secs(120)));
        assert_eq!(
            requested("Sun, 06 Nov 1994 08:49:47 GMT"),
            Some(Duration::from_secs(10))
        );
        assert_eq!(
            requested("Sun, 06 Nov 1994 08:00:00 GMT"),
            Some(Duration::ZERO)
        );
        assert_eq!(requested("soon"), None);
        assert_eq!(requested(""), None);
        let longest = Some(Duration::from_secs(u64::MAX));
        assert_eq!(requested("99999999999999999999"), longest);
        assert_eq!(requested_delay(&HeaderMap::new(), now), None);
    }
}
