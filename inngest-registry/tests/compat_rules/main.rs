//! The rules of compatibility one by one, in the names that Confluent's schema registry gives them,
//! each in both directions and both strictnesses.

use inngest_registry::compat::{Strictness, Verdict, compare};
use serde_json::{Value, json};

mod lists_and_unions;
mod objects;
mod values;

/// What is expected of a rule: a letter for each direction, `c`ompatible, `b`reaking or `u`nknown,
/// backward first. Where the standard verdict is another, it is the second.
type Case = (&'static str, Value, Value, &'static [&'static str]);

fn check(cases: &[Case]) {
    let letter = |verdict| match verdict {
        Verdict::Compatible => 'c',
        Verdict::Breaking => 'b',
        Verdict::Unknown => 'u',
    };
    let mut wrong = Vec::new();
    for (rule, old, new, expected) in cases {
        let strict = expected[0];
        let standard = expected.get(1).unwrap_or(&strict);
        for (strictness, expected) in [
            (Strictness::Strict, strict),
            (Strictness::Standard, standard),
        ] {
            let compared = compare(old, new, strictness);
            let found: String = [compared.backward, compared.forward]
                .map(letter)
                .iter()
                .collect();
            if found != *expected {
                wrong.push(format!(
                    "{rule} ({strictness:?}): {found}, not {expected}: {:#?}",
                    compared.changes
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn object(properties: &Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

fn closed(properties: &Value) -> Value {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}
