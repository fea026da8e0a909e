//! Turns failed and uncertain events back into pending ones.

use std::borrow::Cow;

use inngest_core::{Batch, StoredRequest};
use serde_json::value::RawValue;

use crate::error::OutboxError;
use crate::rows::{EventRow, RequestRow, Rows, storable};
use crate::store::aside::AsideRow;

/// Which ids events have when they are retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryIds {
    /// The same event id and the same deduplication id.
    ///
    /// If the server has the event after all, no function runs twice within 24 hours after it arrived, or 30
    /// minutes if the function has `batchEvents`. An event that was never in a request, such as a row that
    /// was not a valid event, gets its event id now.
    Same,
    /// A new event id. If the event has a deduplication id, it also gets a new one: the old one followed by
    /// `-retry-` and a ULID.
    ///
    /// All functions run, even if the server has the event already. Use it to run the functions once more, or
    /// if Inngest would ignore the event because an earlier one has the same deduplication id.
    New,
}

/// The length of a ULID.
const ULID: usize = 26;

const RETRY: &str = "-retry-";

/// The rows that send events again.
pub(crate) fn rows(events: &[AsideRow], ids: RetryIds) -> Result<Rows, OutboxError> {
    let mut rows = Rows::default();
    for event in events {
        match ids {
            RetryIds::Same => match request(event) {
                Some(request) => rows.requests.push(request),
                None => rows.events.push(pending(event)),
            },
            RetryIds::New => rows.events.push(with_new_id(event)?),
        }
    }
    Ok(rows)
}

/// A request with this event alone, which keeps its event id. `None` if it was never in a request.
fn request(event: &AsideRow) -> Option<RequestRow> {
    let request = StoredRequest::new(event.seed.as_deref()?, vec![Cow::Borrowed(&*event.body)])
        .with_traceparent(event.traceparent.as_deref().map(Cow::Borrowed));
    // A person may have changed the row. A relay then says what is wrong with the event.
    Batch::new().push_request(&request).ok()?;
    Some(RequestRow::of(&request))
}

fn pending(event: &AsideRow) -> EventRow {
    EventRow {
        name: event.name.clone(),
        dedup_id: event.dedup_id.clone(),
        traceparent: event.traceparent.clone(),
        body: event.body.clone(),
    }
}

fn with_new_id(event: &AsideRow) -> Result<EventRow, OutboxError> {
    let mut row = pending(event);
    let Some((place, id)) = id_of(&event.body) else {
        return Ok(row);
    };
    let before = match id.rsplit_once(RETRY) {
        Some((before, ulid)) if ulid.len() == ULID => before,
        _ => &id,
    };
    let ulid = StoredRequest::new(StoredRequest::new_seed()?, Vec::new()).event_id(0);
    let ulid = ulid.map(|ulid| ulid.to_string()).unwrap_or_default();
    let id = format!("{before}{RETRY}{ulid}");
    let json = serde_json::Value::from(&*id).to_string();
    row.body.replace_range(place, &json);
    row.dedup_id = Some(storable(&id));
    Ok(row)
}

/// The deduplication id in the JSON of an event: its position and its text.
fn id_of(event: &str) -> Option<(std::ops::Range<usize>, String)> {
    #[derive(serde::Deserialize)]
    struct Event<'a> {
        #[serde(borrow)]
        id: Option<&'a RawValue>,
    }
    let id = serde_json::from_str::<Event<'_>>(event).ok()?.id?.get();
    // A borrowed raw value points into the event.
    let start = id.as_ptr().addr().checked_sub(event.as_ptr().addr())?;
    let place = start..start.checked_add(id.len())?;
    (event.get(place.clone())? == id).then_some(())?;
    let text: String = serde_json::from_str(id).ok()?;
    (!text.is_empty()).then_some((place, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = "1743130137367,eii2YKXRVTJPuA==";

    fn event(body: &str, seed: Option<&str>) -> AsideRow {
        AsideRow {
            name: "shop/order.placed".into(),
            seed: seed.map(Into::into),
            traceparent: Some("00-1-2-01".into()),
            body: body.into(),
            ..AsideRow::default()
        }
    }

    #[test]
    fn only_valid_events_with_a_seed_keep_their_ids() {
        let body = r#"{"name":"shop/order.placed","id":"order-1"}"#;
        let of = |event| rows(&[event], RetryIds::Same).unwrap();
        let rows = of(event(body, Some(SEED)));
        assert!(rows.events.is_empty());
        let [request] = &rows.requests[..] else {
            panic!("one request");
        };
        assert_eq!((&*request.seed, request.events), (SEED, 1));
        assert_eq!(request.body, format!("[{body}]"));
        assert_eq!(request.traceparent.as_deref(), Some("00-1-2-01"));
        assert!(!request.is_uncertain);
        for other in [
            event(body, None),
            event(body, Some("")),
            event(body, Some("1,x")),
            event("[1]", Some(SEED)),
        ] {
            let rows = of(other);
            assert_eq!((rows.events.len(), rows.requests.len()), (1, 0));
        }
    }

    #[test]
    fn a_new_id_changes_only_the_id() {
        let with_id =
            r#"{ "name" : "a", "data": {"id":1.50, "x":1e400}, "id" : "order-\"1" , "v":"2"}"#;
        let of = |body: &str| {
            let rows = rows(&[event(body, Some(SEED))], RetryIds::New).unwrap();
            rows.events.into_iter().next().unwrap()
        };
        let row = of(with_id);
        let id = row.dedup_id.clone().unwrap();
        let ulid = id.strip_prefix("order-\"1-retry-").unwrap();
        assert_eq!(ulid.len(), ULID);
        let json = format!("\"order-\\\"1-retry-{ulid}\"");
        assert_eq!(row.body, with_id.replace(r#""order-\"1""#, &json));
        // The next retry replaces what this one added.
        let again = of(&row.body);
        let id_again = again.dedup_id.unwrap();
        assert_eq!(id_again.len(), id.len());
        assert_ne!(id_again, id);

        for unchanged in [
            r#"{"name":"a","data":{"id":"x"}}"#,
            r#"{"name":"a","id":null}"#,
            r#"{"name":"a","id":""}"#,
            r#"{"name":"a","id":1}"#,
            "[]",
            "",
        ] {
            let row = of(unchanged);
            assert_eq!((&*row.body, row.dedup_id), (unchanged, None));
        }
    }
}
