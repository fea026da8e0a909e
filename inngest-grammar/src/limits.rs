//! The limits of the event API, each measured on a real server unless its comment says otherwise.

/// The longest event name, in bytes.
///
/// The event API accepts longer names, but the server registers no function for them, so no function
/// could ever run.
pub const MAX_NAME_BYTES: usize = 255;

/// The maximum number of sessions of one event.
pub const MAX_SESSIONS: usize = 5;

/// The maximum length of a session key, in bytes. The minimum is 1.
pub const MAX_SESSION_KEY_BYTES: usize = 128;

/// The maximum length of a session value that is text, in bytes. The minimum is 1.
pub const MAX_SESSION_VALUE_BYTES: usize = 512;

/// The largest integer that the server stores exactly, 2<sup>53</sup>−1. The smallest is its
/// negative.
///
/// The server stores numbers as doubles and rounds other integers without an error.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// The maximum size of an event, in bytes.
pub const MAX_EVENT_BYTES: usize = 3 << 20;

/// The maximum number of events in one request.
pub const MAX_REQUEST_EVENTS: usize = 5_000;

/// The earliest event time, in milliseconds since the Unix epoch: 1980-01-01.
pub const MIN_MILLIS: i64 = 315_532_800_000;

/// The latest event time, in milliseconds since the Unix epoch: 2100-01-01.
pub const MAX_MILLIS: i64 = 4_102_444_800_000;

/// The maximum nesting depth of an event: the number of arrays and objects that are open at once in
/// its JSON. The event itself is level 1 and `data` is level 2.
///
/// The server stores 9,998 levels. At 10,000 levels it returns an event id and loses the event, and it
/// rejects deeper events (measured). The difference leaves room for an array around the event and for
/// levels that the server adds.
///
/// The stack grows during serialization, so any thread can write this many levels. The exception is
/// enum variants that serde buffers, such as variants with `#[serde(flatten)]` fields: the buffering
/// uses the thread's own stack.
pub const MAX_DEPTH: usize = 9_990;

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are facts about the server, so this test repeats them as literals.
    #[test]
    fn limits_match_the_server() {
        assert_eq!(MAX_NAME_BYTES, 255);
        assert_eq!(MAX_SESSIONS, 5);
        assert_eq!(MAX_DEPTH, 9_990);
        assert_eq!(MAX_SESSION_KEY_BYTES, 128);
        assert_eq!(MAX_SESSION_VALUE_BYTES, 512);
        assert_eq!(MAX_INTEGER, 9_007_199_254_740_991);
        assert_eq!(MAX_EVENT_BYTES, 3_145_728);
        assert_eq!(MAX_REQUEST_EVENTS, 5_000);
        let years = |from: i64, to: i64| {
            let days = (from..to).map(|y| {
                if y % 4 == 0 && y % 100 != 0 || y % 400 == 0 {
                    366
                } else {
                    365
                }
            });
            days.sum::<i64>() * 24 * 60 * 60 * 1000
        };
        assert_eq!(MIN_MILLIS, years(1970, 1980));
        assert_eq!(MAX_MILLIS, years(1970, 2100));
    }
}
