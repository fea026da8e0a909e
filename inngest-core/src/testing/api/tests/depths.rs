//! Checks the limits of nesting depth.

use super::*;

/// The nesting depth at which events are accepted and stored.
#[test]
fn nesting_depth_limits() {
    for array in [true, false] {
        let nested = |levels: usize| {
            if array {
                "[".repeat(levels) + &"]".repeat(levels)
            } else {
                r#"{"a":"#.repeat(levels) + "1" + &"}".repeat(levels)
            }
        };
        for (levels, accepted, too_deep_to_store) in [
            (1, true, false),
            (599, true, false),
            (600, true, false),
            (9_997, true, false),
            (9_998, true, true),
            (9_999, false, false),
            (200_000, false, false),
        ] {
            let deep = nested(levels);
            for field in ["data", "user", "else"] {
                let event = format!(r#"{{"name":"a","{field}":{{"x":{deep}}}}}"#);
                for body in [event.clone(), format!("[{event}]")] {
                    let mut parsed = read(None, body.as_bytes());
                    assert_eq!(parsed.accepted.len(), usize::from(accepted), "{levels}");
                    if let Some(event) = parsed.accepted.pop() {
                        assert_eq!(event.too_deep_to_store, too_deep_to_store, "{levels}");
                        let Some(object) = event.data.or(event.user) else {
                            continue;
                        };
                        let (value, whole) = object.into_value();
                        // Comparing, printing and dropping the value fits a test's stack.
                        assert_eq!(value.clone(), value);
                        assert!(!format!("{value:?}{value}").is_empty());
                        assert_eq!(whole.is_some(), levels > 599, "{levels}");
                        let whole = whole.as_deref().map(str::to_owned);
                        let whole = whole.unwrap_or_else(|| value.to_string());
                        assert_eq!(whole, format!(r#"{{"x":{deep}}}"#));
                    }
                }
            }
        }
        // Discarded values can be as deep.
        let deep = nested(9_000);
        for body in [
            format!(r#"{{"name":"a","data":{{"x":{deep},"x":1}}}}"#),
            format!(r#"{{"name":"a","data":{{"x":{deep}}},"data":{{"x":1}}}}"#),
            format!(r#"{{"name":"a","data":{{"x":{deep}}},"data":null}}"#),
            format!(r#"{{"name":"a","data":{{"_inngest":{deep}}}}}"#),
        ] {
            assert!(!data(one(&body)).to_string().contains("[["));
        }
        for body in [
            format!(r#"{{"name":"a","data":{{"x":{deep},"y":1e400}}}}"#),
            format!(r#"{{"name":"a","data":{{"x":{deep}}},"ts":1}}"#),
            format!(r#"{{"name":"a","data":{{"x":{deep}}},"id":{deep}}}"#),
            format!(r#"{{"name":"a","meta":{{"sessions":{{"x":{deep}}}}}}}"#),
        ] {
            assert!(read(None, body.as_bytes()).error.is_some());
        }
    }
}
