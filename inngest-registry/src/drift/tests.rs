use serde_json::{Value, json};

use super::places::places;
use super::violation::violations;
use super::*;
use crate::samples::{Query, Source, read};

/// The findings of an event with this schema of its data, without the event and the example.
fn findings(data: &Value, definitions: &Value, samples: &[Value]) -> Vec<String> {
    let schema = json!({ "properties": { "data": data }, "$defs": definitions });
    let types: Catalogue = [EventType::of_schema("a", None, schema)]
        .into_iter()
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.json");
    let events = samples
        .iter()
        .map(|data| json!({ "name": "a", "data": data }));
    std::fs::write(&path, events.collect::<Value>().to_string()).unwrap();
    let samples = read(&Source::File(path), &Query::default()).unwrap();
    let report = Drift::new().run(&types, samples).unwrap();
    report
        .findings
        .into_iter()
        .map(|finding| finding.what)
        .collect()
}

/// The problems of values, each with its place.
fn problems(schema: &Value, values: &[Value]) -> String {
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(schema)
        .unwrap();
    let problems = values.iter().map(|value| {
        let found = violations(&validator, value);
        let lines = found
            .iter()
            .map(|it| format!("{} {}", it.pointer, it.problem));
        lines.collect::<Vec<_>>().join("; ") + "\n"
    });
    problems.collect()
}

#[test]
fn problems_do_not_quote_values() {
    let secret = "secret secret";
    let cases = [
        (json!({ "type": "integer" }), json!(secret)),
        (json!({ "type": ["integer", "null"] }), json!([secret])),
        (json!({ "type": "string" }), json!(1.5)),
        (json!({ "const": "a" }), json!(secret)),
        (json!({ "enum": ["a", 1, null] }), json!(secret)),
        (
            json!({ "enum": (0..20).collect::<Vec<_>>() }),
            json!(secret),
        ),
        (json!({ "minimum": 7 }), json!(6)),
        (json!({ "exclusiveMaximum": 7.5 }), json!(8)),
        (json!({ "multipleOf": 5 }), json!(8)),
        (json!({ "maxLength": 3 }), json!(secret)),
        (json!({ "minItems": 3 }), json!([secret])),
        (
            json!({ "prefixItems": [true], "items": false }),
            json!([1, secret]),
        ),
        (json!({ "pattern": "^a$" }), json!(secret)),
        (json!({ "format": "date-time" }), json!(secret)),
        (json!({ "format": "uuid" }), json!(secret)),
        (json!({ "uniqueItems": true }), json!([secret, secret])),
        (json!({ "contains": { "const": 1 } }), json!([secret])),
        (json!({ "not": { "type": "string" } }), json!(secret)),
        (
            json!({ "propertyNames": { "maxLength": 3 } }),
            json!({ secret: 1 }),
        ),
        (json!({ "maxProperties": 0 }), json!({ secret: 1 })),
        (
            json!({ "properties": { "a": false } }),
            json!({ "a": secret }),
        ),
        (json!({ "oneOf": [true, true] }), json!(secret)),
    ];
    let all: String = cases
        .iter()
        .map(|(schema, value)| problems(schema, std::slice::from_ref(value)))
        .collect();
    assert!(!all.contains("secret"), "{all}");
    insta::assert_snapshot!(all);
}

#[test]
fn errors_explain_the_intended_alternative() {
    let optional = json!({ "anyOf": [{ "$ref": "#/$defs/P" }, { "type": "null" }], "$defs": { "P": {
        "type": "object", "properties": { "x": { "type": "integer" } }, "required": ["x"] } } });
    let tagged = json!({ "oneOf": [
        { "properties": { "kind": { "const": "a" }, "x": { "type": "integer" } }, "required": ["kind", "x"] },
        { "properties": { "kind": { "const": "b" } }, "required": ["kind"] },
    ] });
    let variant = |name: &str, content: Value| {
        json!({ "type": "object", "properties": { name: content }, "required": [name],
            "additionalProperties": false })
    };
    let point = json!({ "properties": { "x": { "type": "integer" }, "y": { "type": "integer" } } });
    let external = json!({ "oneOf": [
        { "enum": ["unit"], "type": "string" },
        variant("a", json!({ "type": "integer" })),
        variant("b", json!({ "type": "string" })),
        variant("point", point),
    ] });
    let documented = json!({ "oneOf": [{ "const": "a" }, { "const": "b", "description": "B." }] });
    let unclear = json!({ "anyOf": [{ "properties": { "a": { "type": "string" } }, "required": ["a"] },
        { "properties": { "a": { "type": "integer" } }, "required": ["a"] }] });
    let texts = [
        problems(&optional, &[json!({ "x": "s" }), json!({}), json!(7)]),
        problems(
            &tagged,
            &[
                json!({ "kind": "a", "x": "s" }),
                json!({ "kind": "a" }),
                json!({ "kind": "s" }),
            ],
        ),
        problems(
            &external,
            &[
                json!("s"),
                json!({ "a": "s" }),
                json!({ "c": 1 }),
                json!({ "point": { "x": "s", "y": "s" } }),
            ],
        ),
        problems(&documented, &[json!("s")]),
        problems(&unclear, &[json!({ "a": null })]),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn keys_of_maps_are_not_printed() {
    let map = json!({ "properties": { "map": { "type": "object", "additionalProperties":
        { "type": "object", "properties": { "x": { "type": "integer" } } } } } });
    let samples = [json!({ "map": { "secret": { "x": "s", "why": 1 } } })];
    insta::assert_snapshot!(findings(&map, &json!({}), &samples).join("\n"), @r"
    1 of 1 sample breaks `data.map{}.x`: it is a string instead of an integer
    1 of 1 sample has `data.map{}.why`, which is not declared
    ");
    // Integers as keys have a pattern.
    let map = json!({ "properties": { "map": { "patternProperties": { "^\\d+$": { "type": "integer" } },
        "additionalProperties": false } } });
    let samples = [json!({ "map": { "secret": 1, "7": "s" } })];
    insta::assert_snapshot!(findings(&map, &json!({}), &samples).join("\n"), @r"
    1 of 1 sample breaks `data.map{}`: it is a string instead of an integer
    1 of 1 sample breaks `data.map{}`: it is not declared, and the schema allows no other fields
    ");
    // Many undeclared fields of one object are probably the keys of a map.
    let many: serde_json::Map<_, _> = (0..30).map(|n| (format!("secret{n}"), n.into())).collect();
    let known = json!({ "properties": { "known": true } });
    let found = findings(&known, &json!({}), &[many.into()]);
    insta::assert_snapshot!(found.join("\n"), @r"
    the samples have more than 20 undeclared fields in `data`; if these are the keys of a map, declare a map
    the sample does not have `data.known`
    ");
    let refused = json!({ "properties": { "known": true }, "additionalProperties": false });
    let samples = (0..40).map(|n| json!({ "known": 1, format!("key{n}"): 1 }));
    let found = findings(&refused, &json!({}), &samples.collect::<Vec<_>>());
    // The note about a map is one more.
    assert_eq!(found.len(), 22, "{found:?}");
    assert_eq!(
        found[0],
        "20 of 40 samples break `data`: it has other fields, which the schema refuses"
    );
}

#[test]
fn open_schemas_declare_all_fields() {
    for data in [
        json!({}),
        json!(true),
        json!({ "type": "object" }),
        json!({ "properties": { "a": true }, "additionalProperties": true }),
        json!({ "anyOf": [{ "properties": { "a": {} } }, { "type": "object" }] }),
        json!({ "properties": { "x": { "type": ["string", "number"] }, "a": {} } }),
        json!({ "allOf": [{ "$ref": "#/$defs/X" }, { "properties": { "a": {} } }] }),
        json!({ "oneOf": [{ "properties": { "a": {} } }, { "properties": { "x": { "type": "string" } } }] }),
    ] {
        let definitions = json!({ "X": { "properties": { "x": { "type": "number" } } } });
        let found = findings(&data, &definitions, &[json!({ "x": 1, "a": { "b": 2 } })]);
        assert_eq!(found, [] as [&str; 0], "{data}");
    }
}

#[test]
fn refused_and_missing_fields_are_reported_once() {
    let data = json!({ "properties": { "a": {}, "b": {}, "c": { "properties": { "d": {} } } },
        "required": ["a"], "additionalProperties": false });
    insta::assert_snapshot!(findings(&data, &json!({}), &[json!({ "e": 1 })]).join("\n"), @r"
    1 of 1 sample breaks `data.a`: it is missing
    1 of 1 sample breaks `data.e`: it is not declared, and the schema allows no other fields
    the sample does not have `data.b`
    the sample does not have `data.c`
    ");
}

/// 20 kinds that all contain each other.
#[test]
fn mutually_recursive_kinds_are_few_places() {
    let names: Vec<_> = (0..20).map(|n| format!("k{n}")).collect();
    let fields = |own: &str| -> serde_json::Map<String, Value> {
        let others = names.iter().map(|name| {
            let of =
                json!({ "anyOf": [{ "$ref": format!("#/$defs/{name}") }, { "type": "null" }] });
            (name.clone(), of)
        });
        others
            .chain([(format!("own_{own}"), json!({ "type": "integer" }))])
            .collect()
    };
    let kind = |name: &String| {
        (
            name.clone(),
            json!({ "type": "object", "properties": fields(name) }),
        )
    };
    let definitions = names.iter().map(kind).collect::<serde_json::Map<_, _>>();
    let root = json!({ "$ref": "#/$defs/k0" });
    let value = json!({ "k1": { "k2": { "k1": { "own_k1": "s", "own_k2": 1 }, "own_k2": 1 } }, "own_k0": 1 });
    let found = findings(&root, &definitions.into(), &[value]);
    let unseen = found
        .iter()
        .filter(|what| what.starts_with("the sample does not have"))
        .count();
    insta::assert_snapshot!(found[..found.len() - unseen].join("\n"), @r"
    1 of 1 sample breaks `data.k1.own_k1`: it is a string instead of an integer
    1 of 1 sample has `data.k1.own_k2`, which is not declared; did you mean `own_k1`?
    ");
    // Each kind has one place, and few of its fields were seen.
    assert!(unseen < 20 * 21, "{unseen}");
}

#[test]
fn many_uses_of_a_definition_are_bounded() {
    // Each kind contains the next one twice: 2^30 paths.
    let definitions: serde_json::Map<_, _> = (0..30)
        .map(|n| {
            let next = json!({ "$ref": format!("#/$defs/k{}", n + 1) });
            (
                format!("k{n}"),
                json!({ "properties": { "a": next, "b": next } }),
            )
        })
        .collect();
    let schema =
        json!({ "properties": { "data": { "$ref": "#/$defs/k0" } }, "$defs": definitions });
    let places = places(&schema, &["data"]).len();
    assert!((50..2_200).contains(&places), "{places}");
}

#[test]
fn a_schema_that_refers_to_another_file_is_an_error() {
    let schema = json!({ "properties": { "data": { "$ref": "https://example.com/x.json" } } });
    let event = EventType::of_schema("a", None, schema);
    let error = Tally::new(&event).err().unwrap();
    let start = "cannot check values against the schema of `a`: ";
    assert!(error.to_string().starts_with(start), "{error}");
}

/// The kinds and paths of the findings of an event with an unversioned type and one of version `1`.
fn kinds(schema: &Value, template: Option<&str>, event: &Value) -> Vec<(DriftKind, String)> {
    let mut unversioned = EventType::of_schema("plain", None, schema.clone());
    let mut versioned = EventType::of_schema("versioned", Some("1"), schema.clone());
    for event in [&mut unversioned, &mut versioned] {
        event.id_template = template.map(str::to_owned);
    }
    let types: Catalogue = [unversioned, versioned].into_iter().collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.json");
    std::fs::write(&path, event.to_string()).unwrap();
    let samples = read(&Source::File(path), &Query::default()).unwrap();
    let findings = Drift::new().run(&types, samples).unwrap().findings;
    let findings = findings
        .into_iter()
        .filter(|finding| finding.kind != DriftKind::UnseenEvent);
    findings
        .map(|finding| (finding.kind, finding.path.unwrap_or_default()))
        .collect()
}

#[test]
fn versions_select_the_schema() {
    let none: [(DriftKind, String); 0] = [];
    let finding = |kind, path: &str| [(kind, path.to_owned())];
    let schema =
        json!({ "properties": { "v": { "const": "unused" }, "data": {} }, "required": ["v"] });
    let kinds = |event: Value| kinds(&schema, None, &event);
    assert_eq!(kinds(json!({ "name": "plain" })), none);
    assert_eq!(kinds(json!({ "name": "plain", "v": null })), none);
    let undeclared = finding(DriftKind::UndeclaredVersion, "");
    assert_eq!(kinds(json!({ "name": "plain", "v": "1" })), undeclared);
    assert_eq!(kinds(json!({ "name": "versioned", "v": "1" })), none);
    assert_eq!(kinds(json!({ "name": "versioned", "v": "2" })), undeclared);
    assert_eq!(
        kinds(json!({ "name": "versioned" })),
        finding(DriftKind::NoVersion, "")
    );
    assert_eq!(
        kinds(json!({ "name": "none", "v": "1" })),
        finding(DriftKind::UnknownName, "")
    );
    assert_eq!(kinds(json!({ "name": "inngest/function.failed" })), none);
}

#[test]
fn server_additions_and_omissions_are_not_drift() {
    let none: [(DriftKind, String); 0] = [];
    let invalid = |path: &str| [(DriftKind::Invalid, path.to_owned())];
    let schema = json!({
        "properties": {
            "id": { "pattern": "^never$" },
            "ts": { "minimum": 315_532_800_000_i64 },
            "data": {},
            "user": { "properties": {} },
            "meta": { "properties": { "sessions": {} }, "required": ["sessions"] },
        },
        "required": ["id", "ts", "data", "user", "meta"],
    });
    let kinds = |template, event: Value| kinds(&schema, template, &event);
    let listed = json!({ "name": "plain", "internal_id": "1", "id": "1" });
    assert_eq!(kinds(None, listed), none);
    let whole = json!({ "name": "plain", "ts": 0, "user": {}, "meta": { "sessions": {} } });
    assert_eq!(kinds(None, whole.clone()), none);
    let with = |key: &str, value: Value| {
        let mut event = whole.clone();
        event[key] = value;
        event
    };
    assert_eq!(kinds(None, with("user", Value::Null)), invalid("user"));
    assert_eq!(kinds(None, with("meta", Value::Null)), invalid("meta"));
    assert_eq!(
        kinds(None, with("meta", json!({}))),
        invalid("meta.sessions")
    );
    assert_eq!(kinds(None, with("ts", json!(1))), invalid("ts"));
    let id = |kind| [(kind, "id".to_owned())];
    assert_eq!(
        kinds(None, with("id", json!("x"))),
        id(DriftKind::UndeclaredId)
    );
    assert_eq!(kinds(Some("x-{n}"), with("id", json!("x-1"))), none);
    assert_eq!(
        kinds(Some("x-{n}"), with("id", json!("y-1"))),
        id(DriftKind::WrongId)
    );
    assert_eq!(kinds(Some("x-{n}"), whole.clone()), id(DriftKind::NoId));
}

#[cfg(feature = "http")]
#[test]
fn ids_that_a_source_does_not_tell_are_not_missing() {
    use crate::samples::Origin;
    let schema = json!({
        "properties": { "data": {}, "user": { "properties": { "email": {} } }, "meta": {} },
        "required": ["id", "ts", "data", "user", "meta"],
    });
    let mut event = EventType::of_schema("plain", None, schema);
    event.id_template = Some("x-{n}".to_owned());
    let types: Catalogue = [event].into_iter().collect();
    let run = |samples: [Sample; 1]| Drift::new().run(&types, samples.map(Ok)).unwrap();
    let sent = || json!({ "name": "plain", "data": {} });
    let report = run([Sample::of_insights(sent(), Origin::Item(1)).unwrap()]);
    assert_eq!(
        report.to_string(),
        "no drift: 1 sample of 1 event type, 0 breaking, 0 notes, ids not compared"
    );
    assert_eq!(report.without_ids, 1);
    let report = run([Sample::new(sent(), Origin::Item(1)).unwrap()]);
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.kind == DriftKind::NoId)
    );
    assert_eq!(report.without_ids, 0);
}
