//! The time of comparing large schemas with small changes grows with their size, not with its square.

use std::time::{Duration, Instant};

use inngest_registry::compat::Verdict::{Breaking, Compatible};
use inngest_registry::compat::{Strictness, Verdict, compare};
use serde_json::{Map, Value, json};

/// How much larger the large schemas are.
const LARGER: usize = 8;
/// The time may grow this much more than the size, for example because the processor's caches are full. Work
/// for each pair of parts would take `LARGER * LARGER` times as long.
const SLACK: u32 = 3;

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

/// The shortest time of some comparisons.
fn time(
    what: &str,
    [old, new]: &[Value; 2],
    times: usize,
    expected: (Verdict, Verdict),
) -> Duration {
    let mut shortest = Duration::MAX;
    for _ in 0..times {
        let (started, before) = (Instant::now(), processor_time());
        let compared = compare(old, new, Strictness::Standard);
        let took = started.elapsed();
        let took = before
            .zip(processor_time())
            .map_or(took, |(before, after)| after.saturating_sub(before));
        shortest = shortest.min(took);
        assert_eq!((compared.backward, compared.forward), expected, "{what}");
        assert_eq!(compared.changes.len(), 1, "{what}: {:#?}", compared.changes);
    }
    shortest
}

/// Compares schemas with `count` parts, and schemas with fewer.
fn assert_linear(
    what: &str,
    count: usize,
    schemas: impl Fn(usize) -> [Value; 2],
    expected: (Verdict, Verdict),
) {
    let small = time(what, &schemas(count / LARGER), 3, expected);
    let large = time(what, &schemas(count), 1, expected);
    let growth = u32::try_from(LARGER).unwrap() * SLACK;
    assert!(large < small * growth, "{what}: {small:?}, then {large:?}");
}

fn names(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|index| format!("p{index}"))
}

fn object(count: usize, of: impl Fn(usize) -> Value) -> Value {
    let properties = names(count).enumerate();
    let properties: Map<_, _> = properties.map(|(index, name)| (name, of(index))).collect();
    json!({ "type": "object", "properties": properties })
}

fn to(index: usize) -> Value {
    json!({ "$ref": format!("#/$defs/T{index}") })
}

/// A schema, and the same with a change.
fn changed(old: Value, change: impl Fn(&mut Value)) -> [Value; 2] {
    let mut new = old.clone();
    change(&mut new);
    [old, new]
}

#[test]
fn properties() {
    let old = |count| {
        let mut old = object(count, |_| json!({ "type": "string" }));
        old["required"] = names(count).collect();
        old
    };
    let added = |count| {
        changed(old(count), |new| {
            new["properties"]["new"] = json!({ "type": "string" });
        })
    };
    assert_linear("one added", 8_000, added, (Compatible, Compatible));
    let retyped = |count| {
        changed(old(count), |new| {
            new["properties"]["p77"] = json!({ "type": "integer" });
        })
    };
    assert_linear("one changed", 8_000, retyped, (Breaking, Breaking));
}

#[test]
fn definitions() {
    let schemas = |count| {
        let definitions: Map<_, _> = (0..count)
            .map(|index| {
                let definition = json!({ "type": "object", "properties": { "x": true } });
                (format!("T{index}"), definition)
            })
            .collect();
        let mut old = object(count, to);
        old["$defs"] = definitions.into();
        changed(old, |new| {
            new["$defs"]["T77"]["properties"]["y"] = json!({ "type": "string" });
        })
    };
    assert_linear("definitions", 8_000, schemas, (Compatible, Compatible));
}

#[test]
fn definitions_in_a_circle() {
    let old = |count| {
        let definitions: Map<_, _> = (0..count)
            .map(|index| {
                let next = to((index + 1) % count);
                let properties = json!({ "next": next, "x": { "type": "string" } });
                let definition = json!({ "type": "object", "properties": properties });
                (format!("T{index}"), definition)
            })
            .collect();
        json!({ "type": "object", "properties": { "x": to(0) }, "$defs": definitions })
    };
    let last = |count| format!("T{}", count - 1);
    let added = |count| {
        changed(old(count), |new| {
            new["$defs"][last(count)]["properties"]["y"] = json!({ "type": "string" });
        })
    };
    assert_linear("one added", 1_600, added, (Compatible, Compatible));
    let retyped = |count| {
        changed(old(count), |new| {
            new["$defs"][last(count)]["properties"]["x"] = json!({ "type": "integer" });
        })
    };
    assert_linear("one changed", 1_600, retyped, (Breaking, Breaking));
}

#[test]
fn values() {
    let listed = |count| {
        [count - 1, count]
            .map(|count| json!({ "type": "string", "enum": names(count).collect::<Vec<_>>() }))
    };
    assert_linear("listed", 8_000, listed, (Compatible, Breaking));
    let documented = |count| {
        [count - 1, count].map(|count| {
            let values = names(count).map(|name| json!({ "const": name, "description": "One." }));
            json!({ "oneOf": values.collect::<Vec<_>>() })
        })
    };
    assert_linear("documented", 8_000, documented, (Compatible, Breaking));
}

#[test]
fn variants() {
    let external = |count| {
        [count - 1, count].map(|count| {
            let variants = names(count).map(|name| {
                json!({
                    "type": "object",
                    "properties": { &name: { "type": "object", "properties": { "x": true } } },
                    "required": [&name],
                    "additionalProperties": false,
                })
            });
            json!({ "oneOf": variants.collect::<Vec<_>>() })
        })
    };
    assert_linear("external", 800, external, (Compatible, Breaking));

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
    let added = |count| [count, count + 1].map(internal);
    assert_linear("internal", 800, added, (Compatible, Breaking));
    let retyped = |count| {
        changed(internal(count), |new| {
            new["oneOf"][77]["properties"]["x"] = json!({ "type": "integer" });
        })
    };
    assert_linear("internal, one changed", 800, retyped, (Breaking, Breaking));
}
