//! What the server's answers mean.

use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer};

use super::error::SendError;
use super::receipt::EventId;
use super::seed::Seed;
use crate::transport::Answer;

/// The ids that the server gave to the events of a request, in order.
#[derive(Debug)]
pub(crate) enum Ids {
    /// Those that the request's seed asks for.
    OfSeed,
    /// Those of a server that stands in for Inngest's, or that did not read the seed.
    Given(Vec<EventId>),
}

/// What an answer says of the events of a request.
#[derive(Debug)]
pub(crate) enum Meaning {
    /// All were taken.
    Taken(Ids),
    /// Not all were taken: those of these ids were, and perhaps some of the others.
    Failed {
        taken: Vec<EventId>,
        error: SendError,
    },
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    ids: Option<Vec<Id>>,
    /// In answers with status 400 and 401.
    error: Option<String>,
    /// Elsewhere.
    message: Option<String>,
}

/// An id; an empty one stands for none.
struct Id(Option<EventId>);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id")
            }

            // Most are seen where they stand in the answer, so that none needs memory of its own.
            fn visit_str<E>(self, text: &str) -> Result<Id, E> {
                Ok(Id((!text.is_empty()).then(|| EventId::from_answer(text))))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

impl Body {
    fn words(self) -> String {
        let said = [self.error, self.message];
        let said = said
            .into_iter()
            .flatten()
            .find(|text| !text.trim().is_empty());
        said.unwrap_or_else(|| "it gave no reason".to_owned())
    }
}

/// Reads an answer to a request of `events` events and `bytes` bytes to the server at `url`.
pub(crate) fn read(
    answer: &Answer,
    events: usize,
    bytes: usize,
    seed: &Seed,
    url: &str,
) -> Meaning {
    if answer.status == 200 && seed.is_confirmed_by(&answer.body, events) {
        return Meaning::Taken(Ids::OfSeed);
    }
    let url = url.to_owned();
    // Checked once for being text, not for each id.
    let body = str::from_utf8(&answer.body).ok();
    let body: Result<Body, _> = serde_json::from_str(body.unwrap_or_default());
    let failed = |error| Meaning::Failed {
        taken: Vec::new(),
        error,
    };
    match (answer.status, body) {
        (200, Ok(Body { ids: Some(ids), .. })) => taken(ids, events, url),
        (200, Ok(_)) => failed(SendError::InvalidAnswer {
            url,
            problem: "it has no `ids`".to_owned(),
        }),
        (200, Err(_)) => failed(SendError::InvalidAnswer {
            url,
            problem: "it is not the JSON of an event API".to_owned(),
        }),
        (status @ 201..300, _) => failed(SendError::InvalidAnswer {
            url,
            problem: format!("its status is {status}"),
        }),
        (400, Ok(mut body)) => {
            let taken: Vec<EventId> = ids_of(body.ids.take().unwrap_or_default()).collect();
            if taken.len() >= events {
                let ids = taken.len();
                return failed(SendError::InvalidAnswer {
                    url,
                    problem: format!("it refuses an event and has {ids} ids for {events} events"),
                });
            }
            let message = body.words();
            let error = SendError::Refused { message };
            Meaning::Failed { taken, error }
        }
        // The API's answer may be cut short, and then events before the refused one are taken.
        (400, Err(_)) => failed(SendError::InvalidAnswer {
            url,
            problem: "its status is 400 and its body is not the JSON of an event API".to_owned(),
        }),
        (401, body) => failed(SendError::UnknownEventKey {
            url,
            message: body.unwrap_or_default().words(),
        }),
        (403, body) => failed(SendError::NotAllowed {
            message: body.unwrap_or_default().words(),
        }),
        (413, _) => failed(SendError::RequestTooLarge { bytes }),
        (300..400 | 404 | 405, _) => failed(SendError::WrongUrl {
            url,
            status: answer.status,
            hint: hint(answer.status),
        }),
        (status, _) => failed(SendError::UnexpectedStatus {
            url,
            status,
            hint: hint(status),
        }),
    }
}

fn taken(ids: Vec<Id>, events: usize, url: String) -> Meaning {
    let answered = ids.len();
    let found: Vec<EventId> = ids_of(ids).collect();
    if found.len() == events && answered == events {
        return Meaning::Taken(Ids::Given(found));
    }
    Meaning::Failed {
        taken: Vec::new(),
        error: SendError::InvalidAnswer {
            url,
            problem: format!("it has {} ids for {events} events", found.len()),
        },
    }
}

fn ids_of(ids: Vec<Id>) -> impl Iterator<Item = EventId> {
    ids.into_iter().filter_map(|Id(id)| id)
}

fn hint(status: u16) -> &'static str {
    match status {
        300..400 => "; redirects are not followed, give the base URL that it points to",
        404 | 405 => "; check that the base URL is that of Inngest or a dev server",
        429 => "; it takes no more events for now, send fewer or later",
        500.. => "; the server or a proxy before it has a problem, send again later",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: u16, body: &str, events: usize) -> (Vec<String>, Option<String>) {
        let answer = Answer::new(status, body.to_owned());
        let strings = |ids: Vec<EventId>| ids.iter().map(ToString::to_string).collect();
        let seed = Seed::new().unwrap();
        match read(&answer, events, 100, &seed, "http://host/e/") {
            Meaning::Taken(Ids::OfSeed) => panic!("nobody knows the seed"),
            Meaning::Taken(Ids::Given(ids)) => (strings(ids), None),
            Meaning::Failed { taken, error } => (strings(taken), Some(error.to_string())),
        }
    }

    #[test]
    fn all_ids_are_needed() {
        let (ids, error) = meaning(200, r#"{"ids":["a","b"],"status":200}"#, 2);
        assert_eq!((ids, error), (vec!["a".into(), "b".into()], None));
        for body in [
            r#"{"ids":["a"],"status":200}"#,
            r#"{"ids":["a","b","c"],"status":200}"#,
            r#"{"ids":["a",""],"status":200}"#,
            r#"{"ids":[1,2],"status":200}"#,
            r#"{"status":200}"#,
            "<html></html>",
            "",
        ] {
            let (ids, error) = meaning(200, body, 2);
            assert!(ids.is_empty() && error.is_some(), "{body}");
        }
    }

    #[test]
    fn a_refusal_names_those_that_were_taken_before_it() {
        let (ids, error) = meaning(400, r#"{"ids":["a"],"status":400,"error":"bad name"}"#, 3);
        assert_eq!(ids, ["a"]);
        assert_eq!(error.unwrap(), "the server refused an event: bad name");
        let (ids, _) = meaning(400, r#"{"ids":[""],"status":400,"error":"EOF"}"#, 3);
        assert!(ids.is_empty());
        for body in [r#"{"ids":["a","b"],"status":400}"#, r#"{"ids":["a"#, ""] {
            let (ids, error) = meaning(400, body, 2);
            assert!(ids.is_empty(), "{body}");
            assert!(error.unwrap().contains("is not the event API's"), "{body}");
        }
    }

    #[test]
    fn statuses_have_their_own_words() {
        let text = |status, body| meaning(status, body, 1).1.unwrap();
        let refused = r#"{"status":401,"message":"","error":"Event key not found"}"#;
        assert!(text(401, refused).contains("Event key not found; check INNGEST_EVENT_KEY"));
        assert!(text(403, "{}").contains("it gave no reason; look at the key's allow"));
        assert!(text(413, "").contains("a request of 100 bytes is too large"));
        assert!(text(404, "not found").contains("status 404; check that the base URL"));
        assert!(text(303, "").contains("redirects are not followed"));
        assert!(text(503, "").contains("status 503; the server"));
    }
}
