//! Assertions on received events. They panic with a description of what was received.

use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::event::ReceivedEvent;
use super::received::Received;
use super::schemas::{self, Violation};
use super::value::Object;
use crate::batch::Batch;
use crate::encode::event::Members as _;
use crate::error::PayloadError;
use crate::event::Event;
use crate::event::into_payload::IntoPayload;
use crate::schema;

/// How many events a failure message lists.
const LISTED: usize = 5;

impl Received {
    /// Asserts that an event of type `E` that satisfies the predicate was sent.
    ///
    /// # Panics
    ///
    /// Panics if none was sent. The message lists the last events of the type, or the names of the
    /// events sent instead.
    #[track_caller]
    pub fn assert_sent<E: Event + DeserializeOwned>(&self, predicate: impl Fn(&E) -> bool) {
        let events = self.events();
        let of_type: Vec<&ReceivedEvent> = events.iter().filter(|e| e.name == E::NAME).collect();
        let decoded = of_type
            .iter()
            .filter_map(|event| E::deserialize(&event.data).ok());
        if !decoded.into_iter().any(|event| predicate(&event)) {
            fail(&format!(
                "no `{}` that satisfies the condition was sent{}",
                E::NAME,
                describe_other_events(&events, &of_type)
            ));
        }
    }

    /// Asserts that an event with exactly this data was sent.
    ///
    /// # Panics
    ///
    /// Panics if none was sent. The message compares the expected event, field by field, with the
    /// most similar event of its type.
    #[track_caller]
    pub fn assert_sent_event<E: Event>(&self, expected: &E) {
        let events = self.events();
        let of_type: Vec<&ReceivedEvent> = events.iter().filter(|e| e.name == E::NAME).collect();
        let wanted = match data_of(expected) {
            Ok(wanted) => wanted,
            Err(error) => fail(&format!("the expected event cannot be sent: {error}")),
        };
        let compared = of_type
            .iter()
            .map(|event| differences(&wanted, &event.data));
        match compared.min_by_key(Vec::len) {
            Some(nearest) if nearest.is_empty() => {}
            Some(nearest) => fail(&format!(
                "no such `{}` was sent; the nearest of {} differs in\n  {}",
                E::NAME,
                of_type.len(),
                nearest.join("\n  ")
            )),
            None => fail(&format!(
                "no `{}` was sent{}",
                E::NAME,
                describe_other_events(&events, &of_type)
            )),
        }
    }

    /// Asserts that no event was sent.
    ///
    /// # Panics
    ///
    /// Panics if any was sent. The message lists the last ones.
    #[track_caller]
    pub fn assert_nothing_sent(&self) {
        let events = self.events();
        if !events.is_empty() {
            let all: Vec<&ReceivedEvent> = events.iter().collect();
            let were_sent = match all.len() {
                1 => "1 event was sent".to_owned(),
                number => format!("{number} events were sent"),
            };
            fail(&format!("{were_sent}{}", list_events(&all)));
        }
    }

    /// Asserts that every event matches the schema of its type. All types linked into the program
    /// are known, unless [`EventServerBuilder::schemas`](super::EventServerBuilder::schemas) sets
    /// others.
    ///
    /// # Panics
    ///
    /// Panics if an event does not match, or its type is not linked into the program. The message
    /// has the path of each mismatch.
    #[track_caller]
    pub fn assert_valid(&self) {
        let mut problems = Vec::new();
        for (index, event) in self.events().iter().enumerate() {
            let Some(violations) = self.schemas().violations(event) else {
                problems.push(format!(
                    "event {index} (`{}`): its type is not linked into the program",
                    event.name
                ));
                continue;
            };
            let lines = violations.iter().map(|it| line(&event.name, it));
            problems.extend(lines.map(|line| format!("event {index} {line}")));
        }
        if !problems.is_empty() {
            fail(&problems.join("\n"));
        }
    }
}

/// Asserts that an event's JSON matches the schema of its type.
///
/// The derive checks the attributes of the event's own fields against the schema, but does not see
/// how their types serialize. So call this in a test with events that cover every kind of value:
/// each variant of an enum, `Some` and `None`, empty and non-empty lists.
///
/// ```
/// use inngest_core::Event;
/// use inngest_core::testing::assert_matches_schema;
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "shop/delivery.planned", id = "delivery-planned-{order}")]
/// struct DeliveryPlanned {
///     order: u64,
///     slot: Option<Slot>,
/// }
///
/// #[derive(Serialize, JsonSchema)]
/// struct Slot {
///     // Without this, the schema would have type `integer`.
///     #[schemars(with = "String")]
///     #[serde(serialize_with = "as_time")]
///     minute: u16,
/// }
///
/// fn as_time<S: serde::Serializer>(minute: &u16, serializer: S) -> Result<S::Ok, S::Error> {
///     serializer.collect_str(&format_args!("{:02}:{:02}", minute / 60, minute % 60))
/// }
///
/// for slot in [None, Some(Slot { minute: 510 })] {
///     assert_matches_schema(DeliveryPlanned { order: 1, slot });
/// }
/// ```
///
/// # Panics
///
/// Panics if the JSON does not match, with the path of each mismatch, or if the event cannot be
/// sent.
#[track_caller]
pub fn assert_matches_schema<P: IntoPayload>(event: P) {
    let Some(event_type) = P::__TYPE else {
        fail("a raw event has no schema; give an event of a type with `#[derive(Event)]`");
    };
    let mut batch = Batch::new();
    if let Err(error) = batch.push(event) {
        fail(&format!("the event cannot be sent: {error}"));
    }
    let name = event_type.name;
    let schema = schemas::compile(&schema::event(event_type).to_value());
    let mut problems = Vec::new();
    for event in batch.events() {
        match serde_json::from_str(event) {
            Ok(event) => {
                let violations = schemas::violations(&schema, &event);
                problems.extend(violations.iter().map(|it| line(name, it)));
            }
            Err(error) => problems.push(format!("(`{name}`) is not JSON: {error}")),
        }
    }
    if !problems.is_empty() {
        fail(&format!("event {}", problems.join("\nevent ")));
    }
}

fn line(name: &str, Violation { path, message }: &Violation) -> String {
    format!("(`{name}`) at `{path}`: {message}")
}

#[track_caller]
#[expect(clippy::panic, reason = "an assertion panics")]
fn fail(message: &str) -> ! {
    panic!("{message}")
}

/// The event's data as the server stores it: as the client writes it, and with the server's numbers.
fn data_of<E: Event>(event: &E) -> Result<Value, PayloadError> {
    let mut text = Vec::new();
    event.write_data(&mut text)?;
    // The client writes no number that overflows a double.
    let (data, _) = Object::read(&text);
    let (data, _) = data.into_value();
    Ok(data)
}

/// Describes the events that were sent instead.
fn describe_other_events(all: &[ReceivedEvent], of_type: &[&ReceivedEvent]) -> String {
    if !of_type.is_empty() {
        return list_events(of_type);
    }
    if all.is_empty() {
        return "; nothing was sent at all".to_owned();
    }
    let mut names: Vec<&str> = all.iter().map(|event| event.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    format!("; these were sent: `{}`", names.join("`, `"))
}

/// Lists the last events, one per line.
fn list_events(events: &[&ReceivedEvent]) -> String {
    let mut text = String::from(":");
    let skipped = events.len().saturating_sub(LISTED);
    // Writing to a `String` cannot fail.
    let _ = match skipped {
        0 => Ok(()),
        1 => write!(text, "\n  (1 earlier one)"),
        _ => write!(text, "\n  ({skipped} earlier ones)"),
    };
    for event in events.iter().skip(skipped) {
        let _ = write!(text, "\n  {} {}", event.name, event.data);
    }
    text
}

/// Lists the paths at which two values differ, one per line.
fn differences(expected: &Value, found: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    compare("data", expected, found, &mut lines);
    lines
}

fn compare(path: &str, expected: &Value, found: &Value, lines: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                match b.get(key) {
                    Some(other) => compare(&format!("{path}.{key}"), value, other, lines),
                    None => lines.push(format!("{path}.{key}: expected {value}, found nothing")),
                }
            }
            for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                lines.push(format!("{path}.{key}: expected nothing, found {value}"));
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (value, other)) in a.iter().zip(b).enumerate() {
                compare(&format!("{path}[{index}]"), value, other, lines);
            }
        }
        _ if expected == found => {}
        _ => lines.push(format!("{path}: expected {expected}, found {found}")),
    }
}
