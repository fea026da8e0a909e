//! Interprets the server's response to a request.

use std::collections::HashSet;

use serde::Deserialize;

use crate::delivery::error::SendError;
use crate::delivery::event_id::EventId;
use crate::delivery::seed::Seed;
use crate::transport::contract::Answer;

/// What a response says about the events of a request.
#[derive(Debug)]
pub(crate) enum Response {
    /// The server accepted all events.
    Accepted(AcceptedIds),
    /// The server did not accept all events. It accepted the events with ids, and perhaps more.
    Failed {
        accepted: AcceptedIds,
        error: SendError,
    },
}

/// The first events of a request, which a response lists as accepted.
#[derive(Debug)]
pub(crate) enum AcceptedIds {
    /// The number of events. Their ids follow from the request's seed.
    OfSeed(usize),
    /// Ids from a server that ignores the seed. A resent event would run again.
    Given(Vec<EventId>),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    ids: Option<Vec<String>>,
    status: Option<serde_json::Value>,
    /// The message in responses with status 400 and 401.
    error: Option<String>,
    /// The message in other responses.
    message: Option<String>,
}

impl Body {
    /// Whether the body reports a failure despite status 200.
    fn reports_failure(&self) -> bool {
        self.status.as_ref().is_some_and(|status| *status != 200)
            || self
                .error
                .as_ref()
                .is_some_and(|text| !text.trim().is_empty())
    }

    /// The server's error message, sanitized. Empty if there is none.
    fn message(self, key: &str) -> String {
        let messages = [self.error, self.message].into_iter().flatten();
        let mut messages = messages.map(|text| sanitize(&text, key));
        messages.find(|text| !text.is_empty()).unwrap_or_default()
    }

    fn message_or_default(self, key: &str) -> String {
        let message = self.message(key);
        if message.is_empty() {
            "it gave no reason".to_owned()
        } else {
            message
        }
    }
}

/// The maximum length of a message in characters.
const MAX_MESSAGE_CHARS: usize = 500;

/// Sanitizes external text: one line, limited length, no event key. A gateway may repeat the key
/// when it quotes the path.
fn sanitize(text: &str, key: &str) -> String {
    let masked = mask_key(text, key);
    let is_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let mut words = masked
        .trim()
        .chars()
        .map(|c| if is_break(c) { ' ' } else { c });
    let mut shown: String = words.by_ref().take(MAX_MESSAGE_CHARS).collect();
    if words.next().is_some() {
        shown.push('…');
    }
    shown
}

/// Replaces the event key in text with `…`.
fn mask_key(text: &str, key: &str) -> String {
    // A short key may be part of ordinary words. Replace it only between other characters.
    let is_short = key.len() <= 3;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut masked = String::with_capacity(text.len().min(4 * MAX_MESSAGE_CHARS));
    let mut copied = 0;
    for (at, _) in text.match_indices(key) {
        let (before, after) = (text.get(..at), text.get(at + key.len()..));
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let stands_alone = !before.ends_with(is_word) && !after.starts_with(is_word);
        if !key.is_empty() && (!is_short || stands_alone || before.ends_with("/e/")) {
            masked.push_str(text.get(copied..at).unwrap_or_default());
            masked.push('…');
            copied = at + key.len();
        }
    }
    masked.push_str(text.get(copied..).unwrap_or_default());
    masked
}

/// Reads the response to a request with `events` events and `bytes` bytes. `url` names the server, and
/// `key` is the event key as it appears in the path.
pub(crate) fn read(
    answer: &Answer,
    events: usize,
    bytes: usize,
    seed: &Seed,
    url: &str,
    key: &str,
) -> Response {
    if answer.status == 200 && seed.is_confirmed_by(&answer.body, events) {
        return Response::Accepted(AcceptedIds::OfSeed(events));
    }
    // Validate UTF-8 once, not for each id.
    let body = str::from_utf8(&answer.body).ok();
    let body = body.filter(|text| text.trim_start().starts_with('{'));
    let body = serde_json::from_str::<Body>(body.unwrap_or_default());
    let failed = |error| Response::Failed {
        accepted: AcceptedIds::OfSeed(0),
        error,
    };
    let invalid = |problem: String| {
        let url = url.to_owned();
        failed(SendError::InvalidAnswer { url, problem })
    };
    match (answer.status, body) {
        (200, Ok(body)) if body.reports_failure() => {
            invalid("its status is 200 but its body reports a failure".to_owned())
        }
        (200, Ok(Body { ids: Some(ids), .. })) => {
            let listed = ids.len();
            let found = non_blank(&ids);
            if found.len() == events && listed == events {
                // A server other than Inngest's may return one id for all events. It still accepted
                // all of them.
                return Response::Accepted(AcceptedIds::Given(found));
            }
            invalid(format!(
                "its `ids` has length {} instead of {events}",
                found.len()
            ))
        }
        (200, Ok(_)) => invalid("it has no `ids`".to_owned()),
        (200, Err(_)) => invalid("its body is not the JSON of an event API".to_owned()),
        (status @ 201..300, _) => invalid(format!("its status is {status}")),
        (400, Ok(body)) => {
            let listed = non_blank(body.ids.as_deref().unwrap_or_default());
            let ids = listed.len();
            let accepted = match seed.count_accepted(&listed, events) {
                Some(accepted) => AcceptedIds::OfSeed(accepted),
                None => AcceptedIds::Given(listed),
            };
            match &accepted {
                AcceptedIds::Given(ids) if has_duplicates(ids) => {
                    return invalid("it lists an id twice".to_owned());
                }
                AcceptedIds::OfSeed(accepted) if *accepted >= events => {
                    return invalid("it refuses an event but lists the id of the last".to_owned());
                }
                _ if ids >= events => {
                    return invalid(format!(
                        "it refuses an event but its `ids` has length {ids} and there are {events} events"
                    ));
                }
                _ => {}
            }
            let message = body.message_or_default(key);
            let error = SendError::Refused { message };
            Response::Failed { accepted, error }
        }
        // A truncated response may hide that the server accepted events before the refused one.
        (400, Err(_)) => {
            invalid("its status is 400 but its body is not the JSON of an event API".to_owned())
        }
        (401, body) => failed(SendError::UnknownEventKey {
            url: url.to_owned(),
            message: body.unwrap_or_default().message_or_default(key),
        }),
        (403, body) => failed(SendError::NotAllowed {
            message: body.unwrap_or_default().message_or_default(key),
        }),
        (413, _) => failed(SendError::RequestTooLarge { bytes }),
        (300..400 | 404 | 405, _) => failed(SendError::WrongUrl {
            url: url.to_owned(),
            status: answer.status,
            hint: hint(answer.status),
        }),
        (status, body) => failed(SendError::UnexpectedStatus {
            url: url.to_owned(),
            status,
            message: body.unwrap_or_default().message(key),
            hint: hint(status),
        }),
    }
}

/// Whether an id occurs twice. Inngest never returns an id twice, even for duplicate deduplication
/// ids (measured).
fn has_duplicates(ids: &[EventId]) -> bool {
    let mut seen = HashSet::with_capacity(ids.len());
    !ids.iter().all(|id| seen.insert(id))
}

fn non_blank(ids: &[String]) -> Vec<EventId> {
    let ids = ids.iter().filter(|id| !id.trim().is_empty());
    ids.map(|id| EventId::from_text(id)).collect()
}

fn hint(status: u16) -> &'static str {
    match status {
        300..400 => "; set the base URL to the target, because redirects are not followed",
        402 => "; check the account's plan and billing in the Inngest dashboard",
        404 | 405 | 409 | 410 | 421 => {
            "; check that the base URL is the URL of Inngest or a dev server"
        }
        407 => "; add the user name and password that the proxy requires to the proxy's URL",
        425 => "; send the events later, when the server is ready for them",
        431 => "; check what adds headers, because they are too large for the server or a proxy",
        429 => "; send fewer events or send them later, because a limit was reached",
        500.. => "; send the events later, because the server or a proxy failed",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str, events: usize) -> (Vec<String>, Option<String>) {
        let answer = Answer::new(status, body.to_owned());
        let strings = |ids: Vec<EventId>| ids.iter().map(ToString::to_string).collect();
        let seed = Seed::new().unwrap();
        match read(&answer, events, 100, &seed, "http://host/e/", "key-1") {
            Response::Accepted(AcceptedIds::OfSeed(_)) => panic!("the ids do not match the seed"),
            Response::Accepted(AcceptedIds::Given(ids)) => (strings(ids), None),
            Response::Failed { accepted, error } => {
                let ids = match accepted {
                    AcceptedIds::Given(ids) => ids,
                    AcceptedIds::OfSeed(accepted) => {
                        (0..accepted).map(|n| seed.event_id(n)).collect()
                    }
                };
                (strings(ids), Some(error.to_string()))
            }
        }
    }

    #[test]
    fn a_success_needs_all_ids() {
        let (ids, error) = response(200, r#"{"ids":["a","b"],"status":200}"#, 2);
        assert_eq!((ids, error), (vec!["a".into(), "b".into()], None));
        for body in [
            r#"{"ids":["a"],"status":200}"#,
            r#"{"ids":["a","b","c"],"status":200}"#,
            r#"{"ids":["a",""],"status":200}"#,
            r#"{"ids":["a","  "],"status":200}"#,
            r#"{"ids":["a","b"],"status":500,"error":"internal error"}"#,
            r#"{"ids":["a","b"],"status":"500"}"#,
            r#"{"ids":["a","b"],"error":"bad"}"#,
            r#"[["a","b"]]"#,
            r#"{"ids":[1,2],"status":200}"#,
            r#"{"status":200}"#,
            "<html></html>",
            "",
        ] {
            let (ids, error) = response(200, body, 2);
            assert!(ids.is_empty() && error.is_some(), "{body}");
        }
    }

    #[test]
    fn a_refusal_lists_accepted_events() {
        let (ids, error) = response(400, r#"{"ids":["a"],"status":400,"error":"bad name"}"#, 3);
        assert_eq!(ids, ["a"]);
        assert_eq!(
            error.unwrap(),
            "the server refused the event: bad name; correct the event, or leave it out"
        );
        let (ids, _) = response(400, r#"{"ids":[""],"status":400,"error":"EOF"}"#, 3);
        assert!(ids.is_empty());
        for body in [r#"{"ids":["a","b"],"status":400}"#, r#"{"ids":["a"#, ""] {
            let (ids, error) = response(400, body, 2);
            assert!(ids.is_empty(), "{body}");
            assert!(
                error.unwrap().contains("does not come from the event API"),
                "{body}"
            );
        }
    }

    #[test]
    fn a_success_may_contain_an_empty_error() {
        for body in [
            r#"{"ids":["a"]}"#,
            r#"{"ids":["a"],"status":200,"error":""}"#,
            r#"{"ids":["a"],"status":null,"error":null}"#,
        ] {
            assert_eq!(
                response(200, body, 1),
                (vec!["a".to_owned()], None),
                "{body}"
            );
        }
    }

    #[test]
    fn one_id_for_all_events_is_a_success() {
        let (ids, error) = response(200, r#"{"ids":["a","a"],"status":200}"#, 2);
        assert_eq!((ids.len(), error), (2, None));
    }

    #[test]
    fn a_refusal_may_list_only_some_accepted_events() {
        let seed = Seed::new().unwrap();
        let list = |indices: &[usize], events| {
            let ids: Vec<_> = indices
                .iter()
                .map(|n| seed.event_id(*n).to_string())
                .collect();
            let body = serde_json::json!({ "ids": ids, "status": 400, "error": "no" });
            let answer = Answer::new(400, body.to_string());
            read(&answer, events, 100, &seed, "http://host/e/", "key-1")
        };
        for (indices, first) in [(&[0, 1][..], 2), (&[1], 2), (&[0, 3], 4), (&[], 0)] {
            let response = list(indices, 6);
            assert!(
                matches!(
                    response,
                    Response::Failed {
                        accepted: AcceptedIds::OfSeed(accepted),
                        error: SendError::Refused { .. }
                    } if accepted == first
                ),
                "{response:?}"
            );
        }
        for (indices, events) in [(&[3][..], 4), (&[0, 1], 2)] {
            let response = list(indices, events);
            let invalid = SendError::may_have_been_accepted;
            assert!(
                matches!(&response, Response::Failed { error, .. } if invalid(error)),
                "{response:?}"
            );
        }
        // These ids are not in the order of the seed's ids.
        let response = list(&[1, 0], 6);
        assert!(matches!(
            response,
            Response::Failed {
                accepted: AcceptedIds::Given(_),
                ..
            }
        ));
    }

    #[test]
    fn server_messages_hide_the_key() {
        for (text, key, expected) in [
            ("cannot POST /e/key-1.", "key-1", "cannot POST /e/…."),
            ("xkey-1x key-1", "key-1", "x…x …"),
            (
                "Event key a not found at /e/a/",
                "a",
                "Event key … not found at /e/…/",
            ),
            ("e: /e/e", "e", "…: /…/…"),
            ("/e/abc?x=abc", "abc", "/e/…?x=…"),
            ("a\r\nb\u{7}\u{2028}c\n", "key-1", "a  b  c"),
            ("", "key-1", ""),
        ] {
            assert_eq!(sanitize(text, key), expected, "{text}");
        }
        let long = sanitize(&"é".repeat(3_000_000), "key-1");
        assert_eq!(long.chars().count(), MAX_MESSAGE_CHARS + 1);
        // Truncation leaves no part of the key.
        let cut = format!("{}key-1", "x".repeat(MAX_MESSAGE_CHARS - 2));
        assert!(!sanitize(&cut, "key-1").contains("ke"), "{cut}");
    }

    #[test]
    fn each_status_has_its_own_message() {
        let text = |status, body| response(status, body, 1).1.unwrap();
        let refused = r#"{"status":401,"message":"","error":"Event key not found"}"#;
        assert!(text(401, refused).contains("Event key not found; check INNGEST_EVENT_KEY"));
        assert!(text(403, "{}").contains("it gave no reason; look at the key's allow"));
        assert!(text(413, "").contains("a request of 100 bytes is too large"));
        assert!(text(404, "not found").contains("status 404; check that the base URL"));
        assert!(text(303, "").contains("redirects are not followed"));
        assert!(text(503, "").contains("status 503; send the events later"));
        let reason = r#"{"error":"Event keys are required of key-1","status":503}"#;
        assert!(text(503, reason).contains("status 503: Event keys are required of …; send"));
        for status in [402, 407, 409, 410, 421, 425, 429, 431] {
            let message = text(status, "");
            assert!(message.contains(&format!("status {status}; ")), "{message}");
        }
    }

    #[test]
    fn each_invalid_success_has_its_own_problem() {
        for (status, body, problem) in [
            (
                200,
                r#"{"ids":["a","b"],"status":500}"#,
                "reports a failure",
            ),
            (
                200,
                r#"{"ids":["a","b"],"error":"no"}"#,
                "reports a failure",
            ),
            (
                200,
                r#"{"ids":["a"]}"#,
                "its `ids` has length 1 instead of 2",
            ),
            (
                200,
                r#"{"ids":["a",""]}"#,
                "its `ids` has length 1 instead of 2",
            ),
            (
                200,
                r#"{"ids":["a","b",""]}"#,
                "its `ids` has length 2 instead of 2",
            ),
            (
                200,
                r#"{"ids":["a","b","c"]}"#,
                "its `ids` has length 3 instead of 2",
            ),
            (200, "{}", "it has no `ids`"),
            (200, "<html>", "is not the JSON of an event API"),
            (201, r#"{"ids":["a","b"]}"#, "its status is 201"),
            (204, "", "its status is 204"),
            (299, "", "its status is 299"),
        ] {
            let (ids, error) = response(status, body, 2);
            assert!(ids.is_empty(), "{body}");
            let error = error.unwrap();
            assert!(error.contains(problem), "{status} {body}: {error}");
        }
    }

    #[test]
    fn ids_of_the_seed_are_recognized_only_in_a_success() {
        let seed = Seed::new().unwrap();
        let ids = [seed.event_id(0), seed.event_id(1)].map(|id| id.to_string());
        let body = format!(r#"{{"ids":["{}","{}"],"status":200}}"#, ids[0], ids[1]);
        let read = |status| {
            let answer = Answer::new(status, body.clone());
            read(&answer, 2, 100, &seed, "http://host/e/", "key-1")
        };
        let success = read(200);
        assert!(matches!(
            success,
            Response::Accepted(AcceptedIds::OfSeed(2))
        ));
        assert!(matches!(read(503), Response::Failed { .. }));
        assert!(matches!(read(400), Response::Failed { .. }));
    }

    #[test]
    fn a_refusal_that_lists_a_foreign_id_twice_is_invalid() {
        let (ids, error) = response(400, r#"{"ids":["a","a"],"error":"no"}"#, 4);
        assert!(ids.is_empty());
        assert!(error.unwrap().contains("lists an id twice"));
        let (ids, error) = response(400, r#"{"ids":["a","b"],"error":"no"}"#, 4);
        assert_eq!(ids, ["a", "b"]);
        assert!(error.unwrap().contains("refused the event"));
        for status in [300, 399, 404, 405] {
            let (_, error) = response(status, "", 1);
            assert!(error.unwrap().contains("no event API"), "{status}");
        }
    }
}
