//! Reads the events that a server lists, page by page.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};

use serde_json::Value;

use super::paged::{Paged, Pages};
use super::sample::{Origin, Sample};
use super::source::Query;
use crate::error::{Error, Problem};
use crate::http::{Address, Http, segment};
use crate::message;

/// The maximum number of events on a page. A server may list fewer.
const PAGE: usize = 100;

/// The events that a server lists, newest first.
pub(super) struct Listing {
    http: Http,
    /// The path of the first page.
    path: String,
    /// The event at the end of the last page. The next page continues with older events.
    cursor: Option<String>,
}

impl Listing {
    pub(super) fn new(url: &str, query: &Query) -> Result<Paged<Self>, Error> {
        let (address, credentials) = Address::parse("the URL of the events", url)?;
        let limit = query.limit.map_or(PAGE, |limit| limit.clamp(1, PAGE));
        // With a name, the server selects the events, and fewer pages are needed.
        let limit = if query.name.is_some() { PAGE } else { limit };
        let mut path = format!("/v1/events?limit={limit}");
        let optional = [
            ("name", &query.name),
            ("received_after", &query.received_after),
        ];
        for (key, value) in optional {
            if let Some(value) = value {
                // Writing to a `String` does not fail.
                let _ = write!(path, "&{key}={}", segment(value));
            }
        }
        Ok(Paged::new(Self {
            http: Http::new(address, credentials.as_ref(), None)?,
            path,
            cursor: None,
        }))
    }

    fn no_list(&self, problem: &str) -> Error {
        Error(Problem::NoList {
            address: self.http.address().to_string(),
            problem: problem.to_owned(),
        })
    }
}

/// The server's own id of an event.
fn event_id(row: &Value) -> Option<&str> {
    row.get("internal_id")?.as_str()
}

impl Pages for Listing {
    type Row = Value;

    /// Requests the next page.
    fn read(&mut self, ready: &mut VecDeque<Value>) -> Result<bool, Error> {
        let mut path = self.path.clone();
        if let Some(cursor) = &self.cursor {
            // Writing to a `String` does not fail.
            let _ = write!(path, "&cursor={}", segment(cursor));
        }
        let answer = self.http.get(&path)?;
        if !answer.is_success() {
            return Err(self.no_list(&format!(
                "it answered with status {}; name the URL of a dev server, such as \
                 `http://127.0.0.1:8288`",
                answer.status
            )));
        }
        let body: Value = serde_json::from_str(&answer.text).map_err(|error| {
            self.no_list(&format!(
                "its answer is not JSON: {error}; name the URL of a dev server, such as \
                 `http://127.0.0.1:8288`"
            ))
        })?;
        let Some(Value::Array(rows)) = body.get("data") else {
            // The server answers with status 200 to requests that it refuses.
            let problem = match body.get("error").and_then(Value::as_str) {
                Some(error) => {
                    format!("it answered `{}`", message::plain(&self.http.redact(error)))
                }
                None => {
                    "its answer is not a list of events; name the URL of a dev server, such as \
                         `http://127.0.0.1:8288`"
                        .to_owned()
                }
            };
            return Err(self.no_list(&problem));
        };
        // A server that does not know cursors answers with the first page again.
        let cursor = self.cursor.as_deref();
        let is_older = |row: &&Value| cursor.is_none_or(|cursor| event_id(row) < Some(cursor));
        ready.extend(rows.iter().filter(is_older).cloned());
        self.cursor = rows.last().and_then(event_id).map(str::to_owned);
        // Without ids, there is no next page.
        Ok(ready.is_empty() || self.cursor.is_none())
    }

    fn sample(&mut self, row: Value) -> (Origin, Result<Sample, String>) {
        let origin = Origin::EventId(event_id(&row).unwrap_or("without id").to_owned());
        (origin.clone(), Sample::new(row, origin))
    }

    fn name(&self) -> impl fmt::Display {
        self.http.address()
    }
}
