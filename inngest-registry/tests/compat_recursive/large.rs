//! Large schemas with small changes are compared within a time limit.

use std::time::{Duration, Instant};

use inngest_registry::compat::Verdict::{Breaking, Compatible};
use inngest_registry::compat::{Strictness, Verdict, compare};
use serde_json::{Map, Value, json};

const COUNT: usize = 10_000;
const VARIANTS: usize = 1_000;
/// The number of definitions that each lead to all others.
const IN_CIRCLE: usize = 2_000;

/// The time limit for comparing two large schemas, in a debug build.
const AT_MOST: Duration = Duration::from_secs(2);

/// The processor time of this thread, if the system reports it. Wall-clock time would include other
/// programs.
fn processor_time() -> Option<Duration> {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    times
        .split(' ')
        .next()?
        .parse()
        .ok()
        .map(Duration::from_nanos)
}

fn timed(what: &str, old: &Value, new: &Value, expected: (Verdict, Verdict)) {
    let (started, before) = (Instant::now(), processor_time());
    let compared = compare(old, new, Strictness::Standard);
    let took = started.elapsed();
    let took = before
        .zip(processor_time())
        .map_or(took, |(before, after)| after.saturating_sub(before));
    println!("{what}: {took:?}");
    assert_eq!((compared.backward, compared.forward), expected, "{what}");
    assert_eq!(compared.changes.len(), 1, "{what}: {:#?}", compared.changes);
    assert!(took < AT_MOST, "{what}: {took:?}");
}

fn names(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|index| format!("p{index}"))
}

fn object(of: impl Fn(usize) -> Value) -> Value {
    let properties = names(COUNT).enumerate();
    let properties: Map<_, _> = properties.map(|(index, name)| (name, of(index))).collect();
    json!({ "type": "object", "properties": properties })
}

fn to(index: usize) -> Value {
    json!({ "$ref": format!("#/$defs/T{index}") })
}

#[test]
fn properties() {
    let mut old = object(|_| json!({ "type": "string" }));
    old["required"] = names(COUNT).collect();
    let mut new = old.clone();
    new["properties"]["new"] = json!({ "type": "string" });
    timed("one added", &old, &new, (Compatible, Compatible));
    let mut new = old.clone();
    new["properties"]["p77"] = json!({ "type": "integer" });
    timed("one changed", &old, &new, (Breaking, Breaking));
}

#[test]
fn definitions() {
    let definitions: Map<_, _> = (0..COUNT)
        .map(|index| {
            let definition = json!({ "type": "object", "properties": { "x": true } });
            (format!("T{index}"), definition)
        })
        .collect();
    let mut old = object(to);
    old["$defs"] = definitions.into();
    let mut new = old.clone();
    new["$defs"]["T77"]["properties"]["y"] = json!({ "type": "string" });
    timed("definitions", &old, &new, (Compatible, Compatible));
}

#[test]
fn definitions_in_a_circle() {
    let definitions: Map<_, _> = (0..IN_CIRCLE)
        .map(|index| {
            let next = to((index + 1) % IN_CIRCLE);
            let properties = json!({ "next": next, "x": { "type": "string" } });
            let definition = json!({ "type": "object", "properties": properties });
            (format!("T{index}"), definition)
        })
        .collect();
    let old = json!({ "type": "object", "properties": { "x": to(0) }, "$defs": definitions });
    let last = format!("T{}", IN_CIRCLE - 1);
    let mut new = old.clone();
    new["$defs"][&last]["properties"]["y"] = json!({ "type": "string" });
    timed("one added", &old, &new, (Compatible, Compatible));
    let mut new = old.clone();
    new["$defs"][&last]["properties"]["x"] = json!({ "type": "integer" });
    timed("one changed", &old, &new, (Breaking, Breaking));
}

#[test]
fn values() {
    let listed = |count| json!({ "type": "string", "enum": names(count).collect::<Vec<_>>() });
    timed(
        "listed",
        &listed(COUNT - 1),
        &listed(COUNT),
        (Compatible, Breaking),
    );
    let documented = |count| {
        let values = names(count).map(|name| json!({ "const": name, "description": "One." }));
        json!({ "oneOf": values.collect::<Vec<_>>() })
    };
    let (old, new) = (documented(COUNT - 1), documented(COUNT));
    timed("documented", &old, &new, (Compatible, Breaking));
}

#[test]
fn variants() {
    let external = |count| {
        let variants = names(count).map(|name| {
            json!({
                "type": "object",
                "properties": { &name: { "type": "object", "properties": { "x": true } } },
                "required": [&name],
                "additionalProperties": false,
            })
        });
        json!({ "oneOf": variants.collect::<Vec<_>>() })
    };
    let (old, new) = (external(VARIANTS - 1), external(VARIANTS));
    timed("external", &old, &new, (Compatible, Breaking));

    let internal = |count| {
        let variants = names(count).map(|name| {
            json!({
                "type": "object",
                "properties": { "kind": { "const": name }, "x": { "type": "string" } },
                "required": ["kind"],
            })
        });
        json!({ "oneOf": variants.collect::<Vec<_>>() })
    };
    let (old, mut new) = (internal(VARIANTS), internal(VARIANTS + 1));
    timed("internal", &old, &new, (Compatible, Breaking));
    new.clone_from(&old);
    new["oneOf"][77]["properties"]["x"] = json!({ "type": "integer" });
    timed("internal, one changed", &old, &new, (Breaking, Breaking));
}
