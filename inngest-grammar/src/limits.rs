//! The limits of the event API, each measured on a real server unless its comment says otherwise.

/// The longest event name, in bytes.
///
/// The event API takes longer names, but the server registers no function for them, so no function
/// could ever run.
pub const MAX_NAME_BYTES: usize = 255;

/// The most sessions that an event may have.
pub const MAX_SESSIONS: usize = 5;

/// The longest key of a session, in bytes; the shortest has one.
pub const MAX_SESSION_KEY_BYTES: usize = 128;

/// The longest text that is the value of a session, in bytes; the shortest has one.
pub const MAX_SESSION_VALUE_BYTES: usize = 512;

/// The largest integer that the server keeps exactly, 2<sup>53</sup>−1; the smallest is its
/// negative.
///
/// Numbers are doubles on the server, and it says nothing when it stores another one.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// The largest event, in bytes.
pub const MAX_EVENT_BYTES: usize = 3 << 20;

/// The most events in one request.
pub const MAX_REQUEST_EVENTS: usize = 5_000;

/// The earliest time of an event, in milliseconds since the Unix epoch: 1980-01-01.
pub const MIN_MILLIS: i64 = 315_532_800_000;

/// The latest time of an event, in milliseconds since the Unix epoch: 2100-01-01.
pub const MAX_MILLIS: i64 = 4_102_444_800_000;

/// The most levels an event may have: the arrays and objects that are open at once in its JSON. The
/// event itself is the first, and `data` the second.
///
/// The server stores 9,998 levels. With 10,000 it answers with an event id and loses the event, and
/// with more it refuses (measured). The levels in between are a margin for an array around the event
/// and for what the server adds.
///
/// The stack grows while values are written, so that any thread can write this many. There is one
/// exception: serde itself first copies some variants of an enum, such as those with fields under
/// `#[serde(flatten)]`, and it does so on the stack that there is.
pub const MAX_DEPTH: usize = 9_990;

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are facts about the server, so a test states them apart from their definitions.
    #[test]
    fn limits_are_the_servers() {
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
