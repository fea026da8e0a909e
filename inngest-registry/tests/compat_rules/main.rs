//! Each compatibility rule, named as in Confluent's schema registry, in both directions and with both
//! strictness levels.

use inngest_registry::compat::{Strictness, Verdict, compare};
use serde_json::{Value, json};

mod lists_and_unions;
mod objects;
mod values;

/// The expected verdicts: one letter for each direction, `c`ompatible, `b`reaking or `u`nknown, backward
/// first. If the standard verdict differs, it comes second.
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
