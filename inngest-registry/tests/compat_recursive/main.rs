//! Types that refer to each other: one edit is one change with the right verdict, however many paths
//! reach it.

mod derived;
mod kinds;
mod large;
#[expect(dead_code, reason = "other tests pick from lists")]
#[path = "../support/random.rs"]
mod random;

use inngest_registry::compat::{Comparison, Strictness, Verdict, compare};
use serde_json::{Value, json};

use self::kinds::{Effect, Kinds};
use self::random::Random;

fn verdict(breaks: bool) -> Verdict {
    if breaks {
        Verdict::Breaking
    } else {
        Verdict::Compatible
    }
}

fn judge(compared: &Comparison, effect: Effect, context: &str) {
    assert_eq!(
        compared.backward,
        verdict(effect.backward_breaks),
        "{context}: {compared:#?}"
    );
    assert_eq!(
        compared.forward,
        verdict(effect.forward_breaks),
        "{context}: {compared:#?}"
    );
    assert_eq!(
        compared.changes.len(),
        effect.changes,
        "{context}: {compared:#?}"
    );
    for change in &compared.changes {
        assert!(!change.what.contains("told"), "{context}: {change:#?}");
    }
}

/// If the verdict is compatible, the reader accepts every value that the writer writes.
fn is_sound(writer: &Kinds, reader: &Value, said: Verdict, random: &mut Random, context: &str) {
    let own = jsonschema::validator_for(&writer.schema()).unwrap();
    let other = jsonschema::validator_for(reader).unwrap();
    for _ in 0..20 {
        let value = writer.value(random);
        if own.is_valid(&value) && !other.is_valid(&value) {
            assert_eq!(said, Verdict::Breaking, "{context}: {value}");
        }
    }
}

#[test]
fn one_edit_is_one_change() {
    for seed in 0..120 {
        let mut random = Random::new(seed);
        let count = 2 + random.below(19);
        let old = Kinds::random(count, &mut random);
        let (new, what, effect) = old.edited(&mut random);
        let context = format!("seed {seed}, {count} kinds, {what}");
        let (before, after) = (old.schema(), new.schema());

        let compared = compare(&before, &after, Strictness::Standard);
        judge(&compared, effect, &context);
        let turned = Effect {
            backward_breaks: effect.forward_breaks,
            forward_breaks: effect.backward_breaks,
            ..effect
        };
        judge(
            &compare(&after, &before, Strictness::Standard),
            turned,
            &context,
        );
        is_sound(&old, &after, compared.backward, &mut random, &context);
        is_sound(&new, &before, compared.forward, &mut random, &context);

        let strict = compare(&before, &after, Strictness::Strict);
        for change in &strict.changes {
            assert!(!change.what.contains("told"), "{context}: {change:#?}");
        }
    }
}

/// Five kinds of expressions; one gets another field.
#[test]
fn expression_tree() {
    let to = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    let names = ["Unary", "Binary", "Call", "Index", "Literal"];
    let expression: Vec<_> = names
        .iter()
        .map(|name| {
            let mut variant = to(name);
            variant["type"] = json!("object");
            variant["properties"] = json!({ "kind": { "type": "string", "const": name } });
            variant["required"] = json!(["kind"]);
            variant
        })
        .collect();
    let of = |properties: Value| {
        let required: Vec<_> = properties.as_object().unwrap().keys().cloned().collect();
        json!({ "type": "object", "properties": properties, "required": required })
    };
    let old = json!({
        "type": "object",
        "properties": { "root": to("Expression") },
        "required": ["root"],
        "$defs": {
            "Expression": { "oneOf": expression },
            "Unary": of(json!({ "of": to("Expression") })),
            "Binary": of(json!({ "left": to("Expression"), "right": to("Expression") })),
            "Call": of(json!({
                "function": to("Expression"),
                "arguments": { "type": "array", "items": to("Expression") },
            })),
            "Index": of(json!({ "of": to("Expression"), "by": to("Expression") })),
            "Literal": of(json!({ "value": { "type": "string" } })),
        },
    });
    let mut new = old.clone();
    new["$defs"]["Call"]["properties"]["name"] = json!({ "type": ["string", "null"] });
    let compared = compare(&old, &new, Strictness::Standard);
    assert_eq!(compared.backward, Verdict::Compatible);
    assert_eq!(compared.forward, Verdict::Compatible);
    let [change] = compared.changes.as_slice() else {
        panic!("{compared:#?}");
    };
    assert_eq!(change.path, "root<Call>.name");
    assert_eq!(change.what, "was added, optional");

    new["$defs"]["Call"]["required"] = json!(["function", "arguments", "name"]);
    let compared = compare(&old, &new, Strictness::Standard);
    assert_eq!(compared.backward, Verdict::Breaking);
    assert_eq!(compared.forward, Verdict::Compatible);
    assert_eq!(compared.changes.len(), 1, "{compared:#?}");
}

/// A change in a definition that is used twice is listed once.
#[test]
fn other_places_of_a_definition_are_listed() {
    let of = |address: Value| {
        json!({
            "type": "object",
            "properties": {
                "billing": { "$ref": "#/$defs/Address" },
                "shipping": { "$ref": "#/$defs/Address" },
                "returns": { "type": "array", "items": { "$ref": "#/$defs/Parcel" } },
            },
            "$defs": {
                "Parcel": {
                    "type": "object",
                    "properties": { "to": { "$ref": "#/$defs/Address" } },
                },
                "Address": { "type": "object", "properties": address },
            },
        })
    };
    let old = of(json!({ "street": { "type": "string" } }));
    let new = of(json!({ "street": { "type": "string", "maxLength": 80 } }));
    let compared = compare(&old, &new, Strictness::Standard);
    let [change] = compared.changes.as_slice() else {
        panic!("{compared:#?}");
    };
    assert_eq!(change.path, "billing.street");
    assert_eq!(change.also_at, ["returns[].to.street", "shipping.street"]);
    assert_eq!(change.backward, Verdict::Breaking);
}

/// A definition that breaks readers in one place and not in another is breaking.
#[test]
fn worst_place_decides_the_verdict() {
    let of = |minimum: u32| {
        json!({
            "type": "object",
            "properties": {
                "any": { "anyOf": [{ "$ref": "#/$defs/Count" }, { "type": "integer" }] },
                "count": { "$ref": "#/$defs/Count" },
            },
            "$defs": { "Count": { "type": "integer", "minimum": minimum } },
        })
    };
    let compared = compare(&of(0), &of(1), Strictness::Standard);
    assert_eq!(compared.backward, Verdict::Breaking);
    let breaking =
        |change: &&inngest_registry::compat::Change| change.backward == Verdict::Breaking;
    let breaking: Vec<_> = compared.changes.iter().filter(breaking).collect();
    assert_eq!(breaking.len(), 1, "{compared:#?}");
    assert_eq!(breaking[0].what, "the minimum was 0 and is now 1");
}
