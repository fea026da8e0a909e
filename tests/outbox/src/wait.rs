//! Waits for conditions by polling.

use std::time::Duration;

use tokio::time::Instant;

/// How long a condition may take on a slow machine.
const LONGEST: Duration = Duration::from_mins(1);

/// Polls a condition until it holds.
///
/// # Panics
///
/// The condition does not hold after a minute.
pub async fn eventually(condition: &str, holds: impl AsyncFnMut() -> bool) {
    let held = holds_within(LONGEST, holds).await;
    assert!(held, "after {LONGEST:?}, this does not hold: {condition}");
}

/// Polls a condition until it holds, for up to `timeout`. Returns whether it holds.
pub async fn holds_within(timeout: Duration, mut holds: impl AsyncFnMut() -> bool) -> bool {
    let deadline = Instant::now() + timeout;
    let mut polls = tokio::time::interval(Duration::from_millis(5));
    loop {
        if holds().await {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        polls.tick().await;
    }
}
