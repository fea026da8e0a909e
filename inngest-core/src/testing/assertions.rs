//! Assertions for tests. They panic, as assertions do, with what was received.

use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::event::ReceivedEvent;
use super::received::Received;
use crate::batch::Batch;
use crate::event::Event;
use crate::event::into_payload::IntoPayload;
use crate::registry::Registry;

/// How many events a failure lists.
const LISTED: usize = 5;

impl Received {
    /// Asserts that an event of a type was sent for which `is_it` holds.
    ///
    /// # Panics
    ///
    /// There is none. The message lists the last events of the type, or says what came instead.
    #[track_caller]
    pub fn assert_sent<E: Event + DeserializeOwned>(&self, is_it: impl Fn(&E) -> bool) {
        let events = self.events();
        let of_type: Vec<&ReceivedEvent> = events.iter().filter(|e| e.name == E::NAME).collect();
        let decoded = of_type
            .iter()
            .filter_map(|event| E::deserialize(&event.data).ok());
        if !decoded.into_iter().any(|event| is_it(&event)) {
            fail(&format!(
                "no `{}` was sent for which the condition holds{}",
                E::NAME,
                instead(&events, &of_type)
            ));
        }
    }

    /// Asserts that an event with just this data was sent.
    ///
    /// # Panics
    ///
    /// There is none. The message compares it with the event of its type that is nearest, field by
    /// field.
    #[track_caller]
    pub fn assert_sent_event<E: Event>(&self, expected: &E) {
        let events = self.events();
        let of_type: Vec<&ReceivedEvent> = events.iter().filter(|e| e.name == E::NAME).collect();
        let wanted = match serde_json::to_value(expected) {
            Ok(wanted) => wanted,
            Err(error) => fail(&format!("the expected event cannot be serialized: {error}")),
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
                instead(&events, &of_type)
            )),
        }
    }

    /// Asserts that no event was sent.
    ///
    /// # Panics
    ///
    /// One was. The message lists the last ones.
    #[track_caller]
    pub fn assert_nothing_sent(&self) {
        let events = self.events();
        if !events.is_empty() {
            let all: Vec<&ReceivedEvent> = events.iter().collect();
            fail(&format!("{} events were sent{}", all.len(), listed(&all)));
        }
    }

    /// Asserts that every event is what the schema of its type says, for all types that are linked
    /// into the program.
    ///
    /// # Panics
    ///
    /// One is not, or is of a type that is not linked in. The message says where in it.
    #[track_caller]
    pub fn assert_valid(&self) {
        let registry = Registry::collect();
        let mut problems = Vec::new();
        for (index, event) in self.events().iter().enumerate() {
            let Some(descriptor) = registry.type_of(&event.name, event.v.as_deref()) else {
                problems.push(format!(
                    "event {index} (`{}`): no such type is linked in",
                    event.name
                ));
                continue;
            };
            let schema = descriptor.schema().to_value();
            let found = schema_violations(&schema, &event.name, &event.to_json());
            problems.extend(found.into_iter().map(|it| format!("event {index} {it}")));
        }
        if !problems.is_empty() {
            fail(&problems.join("\n"));
        }
    }
}

/// Asserts that an event is written as the schema of its type says.
///
/// The derive compares the attributes of the event's own fields with the schema, and does not see
/// what the types of these fields write. So a test calls this with events in which every kind of
/// value occurs: each variant of an enum, `Some` and `None`, empty lists and full ones.
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
///     // Without this, the schema would say integer.
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
/// The event is written in another way, which the message says for each place in it, or cannot be
/// sent at all.
#[track_caller]
pub fn assert_matches_schema<P: IntoPayload>(event: P) {
    let name = P::Event::NAME;
    let mut batch = Batch::new();
    if let Err(error) = batch.push(event) {
        fail(&format!("the event cannot be sent: {error}"));
    }
    let schema = P::Event::schema().to_value();
    let mut violations = Vec::new();
    for event in batch.events() {
        match serde_json::from_str(event) {
            Ok(event) => violations.extend(schema_violations(&schema, name, &event)),
            Err(error) => violations.push(format!("(`{name}`) is no JSON: {error}")),
        }
    }
    if !violations.is_empty() {
        fail(&format!("event {}", violations.join("\nevent ")));
    }
}

/// Where an event is not what a schema says, a line each.
fn schema_violations(schema: &Value, name: &str, event: &Value) -> Vec<String> {
    match jsonschema::draft202012::new(schema) {
        Ok(validator) => {
            let errors = validator.iter_errors(event);
            let mut errors: Vec<_> = errors
                .map(|error| (error.instance_path().to_string(), error.to_string()))
                .collect();
            // Their order depends on whether `serde_json/preserve_order` is enabled.
            errors.sort();
            let errors = errors.iter();
            errors
                .map(|(path, error)| format!("(`{name}`) at `{path}`: {error}"))
                .collect()
        }
        Err(error) => vec![format!("(`{name}`) has no valid schema: {error}")],
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "an assertion panics")]
fn fail(message: &str) -> ! {
    panic!("{message}")
}

/// What came in place of an event.
fn instead(all: &[ReceivedEvent], of_type: &[&ReceivedEvent]) -> String {
    if !of_type.is_empty() {
        return listed(of_type);
    }
    if all.is_empty() {
        return "; nothing was sent at all".to_owned();
    }
    let mut names: Vec<&str> = all.iter().map(|event| event.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    format!("; sent were `{}`", names.join("`, `"))
}

/// The last events, a line each.
fn listed(events: &[&ReceivedEvent]) -> String {
    let mut text = String::from(":");
    let skipped = events.len().saturating_sub(LISTED);
    if skipped > 0 {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "\n  ({skipped} earlier ones)");
    }
    for event in events.iter().skip(skipped) {
        let _ = write!(text, "\n  {} {}", event.name, event.data);
    }
    text
}

/// The places at which two values differ, a line each.
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
