//! Compatibility rules for lists, unions and references.

use serde_json::{Value, json};

use inngest_registry::compat::{Strictness, compare};

use crate::check;

#[test]
fn definitions_of_older_drafts() {
    let tuple = |kind: &str| {
        json!({
            "items": [{ "$ref": "#/definitions/a" }],
            "definitions": { "a": { "type": kind } },
        })
    };
    let dependency = |kind: &str| {
        json!({
            "dependencies": { "a": { "$ref": "#/definitions/a" }, "b": ["a"] },
            "definitions": { "a": { "properties": { "b": { "type": kind } } } },
        })
    };
    check(&[
        ("of a tuple", tuple("integer"), tuple("string"), &["bb"]),
        (
            "the same tuple",
            tuple("integer"),
            tuple("integer"),
            &["cc"],
        ),
        (
            "a tuple and a list of no schemas",
            json!({ "type": "array", "items": [] }),
            json!({ "type": "array", "items": { "type": "integer" } }),
            &["bc"],
        ),
        (
            "of a dependency",
            dependency("integer"),
            dependency("string"),
            &["bb"],
        ),
        (
            "the same dependency",
            dependency("integer"),
            dependency("integer"),
            &["cc"],
        ),
        (
            "a dependency of names",
            json!({ "type": "object", "dependencies": { "b": ["a"] } }),
            json!({ "type": "object", "dependencies": { "b": ["a", "c"] } }),
            &["bc"],
        ),
    ]);
}

#[test]
fn items() {
    let list = |item: &str| json!({ "type": "array", "items": { "type": item } });
    let tuple = |items: &[&str], rest: Value| {
        let items: Vec<_> = items.iter().map(|item| json!({ "type": item })).collect();
        json!({ "type": "array", "prefixItems": items, "items": rest })
    };
    check(&[
        ("items changed", list("string"), list("boolean"), &["bb"]),
        ("items extended", list("integer"), list("number"), &["cb"]),
        (
            "SCHEMA_ADDED",
            json!({ "type": "array" }),
            list("string"),
            &["bc"],
        ),
        (
            "ITEM_ADDED_TO_OPEN_CONTENT_MODEL",
            tuple(&["string"], json!(true)),
            tuple(&["string", "boolean"], json!(true)),
            &["bc"],
        ),
        (
            "ITEM_ADDED_TO_CLOSED_CONTENT_MODEL",
            tuple(&["string"], json!(false)),
            tuple(&["string", "boolean"], json!(false)),
            &["cb"],
        ),
        (
            "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
            tuple(&["string", "boolean"], json!({ "type": "string" })),
            tuple(&["string"], json!({ "type": "string" })),
            &["bb"],
        ),
        (
            "ADDITIONAL_ITEMS_NARROWED",
            tuple(&["string"], json!(true)),
            tuple(&["string"], json!({ "type": "string" })),
            &["bc"],
        ),
        (
            "ADDITIONAL_ITEMS_REMOVED",
            tuple(&["string"], json!({ "type": "string" })),
            tuple(&["string"], json!(false)),
            &["bc"],
        ),
        (
            "items that are never there",
            json!({ "type": "array", "maxItems": 1, "prefixItems": [{ "type": "string" }] }),
            tuple(&["string", "boolean"], json!(false)),
            &["cb"],
        ),
        (
            "a longer tuple",
            json!({ "type": "array", "prefixItems": [{ "type": "string" }],
                    "minItems": 1, "maxItems": 1 }),
            json!({ "type": "array", "prefixItems": [{ "type": "string" }, { "type": "string" }],
                    "minItems": 2, "maxItems": 2 }),
            &["bb"],
        ),
        (
            "a tuple as an older draft has it",
            json!({ "type": "array", "items": [{ "type": "integer" }], "additionalItems": false }),
            tuple(&["number"], json!(false)),
            &["cb"],
        ),
        (
            "contains",
            json!({ "type": "array", "contains": { "type": "integer" } }),
            json!({ "type": "array", "contains": { "type": "number" } }),
            &["cu"],
        ),
    ]);
}

#[test]
fn unions() {
    let of = |key: &str, types: &[&str]| {
        let types: Vec<_> = types.iter().map(|name| json!({ "type": name })).collect();
        json!({ key: types })
    };
    let tagged = |tags: &[&str]| {
        let variants: Vec<_> = tags
            .iter()
            .map(|tag| {
                json!({
                    "type": "object",
                    "properties": { "kind": { "type": "string", "const": tag } },
                    "required": ["kind"],
                })
            })
            .collect();
        json!({ "oneOf": variants })
    };
    check(&[
        (
            "SUM_TYPE_EXTENDED",
            of("oneOf", &["string"]),
            of("oneOf", &["null", "string"]),
            &["cb"],
        ),
        (
            "SUM_TYPE_NARROWED",
            tagged(&["a", "b"]),
            tagged(&["b"]),
            &["bc"],
        ),
        (
            "the order of variants",
            tagged(&["a", "b"]),
            tagged(&["b", "a"]),
            &["cc"],
        ),
        (
            "a value beside variants",
            json!({ "oneOf": [{ "const": "x" }, { "type": "object" }] }),
            json!({ "oneOf": [{ "enum": ["x", "y"] }, { "type": "object" }] }),
            &["cb"],
        ),
        (
            "COMBINED_TYPE_EXTENDED",
            of("oneOf", &["string", "boolean"]),
            of("anyOf", &["boolean", "string", "null"]),
            &["cb"],
        ),
        (
            "COMBINED_TYPE_CHANGED",
            of("anyOf", &["string"]),
            of("allOf", &["string", "number"]),
            &["bc"],
        ),
        (
            "the same, whatever the combination",
            of("anyOf", &["string", "null"]),
            json!({ "type": ["null", "string"] }),
            &["cc"],
        ),
        (
            "branches that overlap",
            of("oneOf", &["integer", "string"]),
            of("oneOf", &["integer", "number", "string"]),
            &["bb"],
        ),
        (
            "PRODUCT_TYPE_EXTENDED",
            json!({ "allOf": [{ "type": "string" }] }),
            json!({ "allOf": [{ "type": "string" }, { "minLength": 1 }] }),
            &["bc"],
        ),
        (
            "NOT_TYPE_NARROWED",
            json!({ "not": { "type": ["string", "null"] } }),
            json!({ "not": { "type": "null" } }),
            &["cb"],
        ),
        (
            "a condition that is the same",
            json!({ "type": "object", "if": { "required": ["a"] }, "then": { "required": ["b"] } }),
            json!({ "type": "object", "if": { "required": ["a"] }, "then": { "required": ["b"] },
                    "description": "new" }),
            &["cc"],
        ),
    ]);
}

#[test]
fn references() {
    let tree = |name: Value, root: Value| {
        json!({
            "$ref": "#/$defs/Tree",
            "$defs": {
                "Tree": {
                    "type": "object",
                    "properties": {
                        "name": name,
                        "children": { "type": "array", "items": root },
                    },
                    "required": ["name"],
                },
            },
        })
    };
    let to = |pointer: &str| json!({ "$ref": pointer });
    let integer = || json!({ "type": "integer" });
    check(&[
        (
            "the same tree",
            tree(integer(), to("#/$defs/Tree")),
            tree(integer(), to("#")),
            &["cc"],
        ),
        (
            "a tree of other names",
            tree(integer(), to("#/$defs/Tree")),
            tree(json!({ "type": "number" }), to("#/$defs/Tree")),
            &["cb"],
        ),
        (
            "a reference to nothing",
            integer(),
            to("#/$defs/Nothing"),
            &["uu"],
        ),
        (
            "a reference to another document",
            to("https://example.com/other.json"),
            integer(),
            &["uu"],
        ),
        (
            "a reference that leads nowhere",
            integer(),
            json!({ "$ref": "#/$defs/A", "$defs": { "A": { "$ref": "#/$defs/A" } } }),
            &["ub"],
        ),
        (
            "a pointer with escapes",
            json!({ "$ref": "#/$defs/a~1b%20c", "$defs": { "a/b c": integer() } }),
            integer(),
            &["cc"],
        ),
    ]);
}

/// For each enum, added variants and changed properties of a variant get a verdict.
#[test]
fn enums_of_many_variants() {
    let content = |index: usize| json!({ "type": "object", "properties": { "x": { "type": "integer", "minimum": index } } });
    let external = |count: usize| {
        let variants = (0..count).map(|index| {
            json!({
                "type": "object",
                "properties": { format!("v{index}"): content(index) },
                "required": [format!("v{index}")],
                "additionalProperties": false,
            })
        });
        json!({ "oneOf": variants.collect::<Vec<_>>() })
    };
    let adjacent = |count: usize| {
        let variants = (0..count).map(|index| {
            let tag = json!({ "type": "string", "const": format!("v{index}") });
            json!({
                "type": "object",
                "properties": { "t": tag, "c": content(index) },
                "required": ["t", "c"],
            })
        });
        json!({ "oneOf": variants.collect::<Vec<_>>() })
    };
    let internal = |count: usize| {
        let variants = (0..count).map(|index| {
            let mut content = content(index);
            content["properties"]["kind"] = json!({ "const": format!("v{index}") });
            content["required"] = json!(["kind"]);
            content
        });
        json!({ "oneOf": variants.collect::<Vec<_>>() })
    };
    let documented = |count: usize| {
        let values = (0..count).map(|index| {
            json!({ "type": "string", "const": format!("v{index}"), "description": "A value." })
        });
        json!({ "oneOf": values.collect::<Vec<_>>() })
    };
    // Integers, as `serde_repr` writes them.
    let numbered = |count: usize| {
        let values = (0..count).map(|index| json!({ "const": index, "description": "A value." }));
        json!({ "oneOf": values.collect::<Vec<_>>() })
    };
    let edited = |mut schema: Value| {
        schema["oneOf"][3]["properties"]["y"] = json!({ "type": "string" });
        schema
    };
    check(&[
        ("external", external(60), external(61), &["cb"]),
        (
            "external, edited",
            external(60),
            edited(external(60)),
            &["cb"],
        ),
        ("adjacent", adjacent(60), adjacent(61), &["cb"]),
        (
            "adjacent, edited",
            adjacent(60),
            edited(adjacent(60)),
            &["bc", "cc"],
        ),
        ("internal", internal(60), internal(61), &["cb"]),
        (
            "internal, edited",
            internal(60),
            edited(internal(60)),
            &["bc", "cc"],
        ),
        ("documented", documented(400), documented(401), &["cb"]),
        ("numbered", numbered(100), numbered(101), &["cb"]),
    ]);
}

#[test]
fn too_large_schemas_are_unknown() {
    let branches = |count: usize| {
        let branches =
            (0..count).map(|index| json!({ "type": "integer", "multipleOf": index + 2 }));
        json!({ "oneOf": branches.collect::<Vec<_>>() })
    };
    let compared = compare(&branches(1_100), &branches(1_101), Strictness::Standard);
    let said: Vec<_> = compared.changes.iter().map(|change| &change.what).collect();
    assert_eq!(
        said,
        [
            "changed, and because of its size it cannot be told whether anything that is written is \
             refused",
            "may now be integer 1101, too",
        ]
    );
}

/// Validators of older drafts ignore keywords beside `$ref`, and other programs may not.
#[test]
fn keywords_beside_references_of_older_drafts() {
    let of = |draft: &str| {
        json!({
            "$schema": draft,
            "properties": { "a": { "$ref": "#/definitions/a", "maxLength": 3 } },
            "definitions": { "a": { "type": "string" } },
        })
    };
    let short = json!({ "properties": { "a": { "type": "string", "maxLength": 3 } } });
    let old = of("http://json-schema.org/draft-07/schema#");
    let new = of("https://json-schema.org/draft/2020-12/schema");
    check(&[
        ("older", old.clone(), short.clone(), &["bc"]),
        ("newer", new.clone(), short, &["cc"]),
        ("from older to newer", old, new, &["bc"]),
    ]);
}

/// A schema with its own `$id` embeds a document, and its references start there.
#[test]
fn references_of_embedded_documents() {
    let of = |inner: &str, outer: &str| {
        json!({
            "$id": "https://example.com/outer",
            "properties": { "a": { "$ref": "#/$defs/a" }, "b": { "$ref": "#/$defs/b" } },
            "$defs": {
                "a": {
                    "$id": "https://example.com/a",
                    "items": { "$ref": "#/$defs/b" },
                    "contains": { "$ref": "https://example.com/a#/$defs/b" },
                    "$defs": { "b": { "type": inner } },
                },
                "b": { "type": outer },
            },
        })
    };
    let relative = |to: &str, kind: &str| json!({ "$id": "a/b", "$defs": { "c": { "type": kind } }, "items": { "$ref": to } });
    let recursive = |kind: &str| {
        json!({
            "items": { "$ref": "#/$defs/a/$defs/b" },
            "$defs": { "a": {
                "$id": "https://example.com/a",
                "type": kind,
                "$defs": { "b": { "$recursiveRef": "#" } },
            } },
        })
    };
    check(&[
        (
            "inner",
            of("integer", "string"),
            of("string", "string"),
            &["bb"],
        ),
        (
            "outer",
            of("integer", "integer"),
            of("integer", "string"),
            &["bb"],
        ),
        (
            "through the embedded document",
            json!({ "$ref": "#/$defs/a/items", "$defs": { "a": {
                "$id": "https://example.com/a",
                "items": { "$ref": "#/$defs/b" },
                "$defs": { "b": { "type": "integer" } },
            }, "b": { "type": "string" } } }),
            json!({ "type": "string" }),
            &["bb"],
        ),
        (
            "relative to its own folder",
            relative("a/b#/$defs/c", "integer"),
            relative("#/$defs/c", "integer"),
            &["uu"],
        ),
        (
            "to the document that it is in",
            recursive("integer"),
            recursive("string"),
            &["uu"],
        ),
    ]);
}

#[test]
fn invalid_schemas_are_unknown() {
    let of = |value: Value| json!({ "properties": { "a": value }, "required": ["a"] });
    let integer = || of(json!({ "type": "integer" }));
    for value in [json!(null), json!("integer"), json!(["integer"]), json!(1)] {
        check(&[("invalid", of(value), integer(), &["uu"])]);
    }
}

/// A reader fills in a default, but a condition does not.
#[test]
fn defaults_do_not_meet_conditions() {
    let of = |otherwise: Value| {
        let condition = json!({ "properties": { "a": { "default": 1 } }, "required": ["a"] });
        json!({ "type": "object", "if": condition, "else": otherwise })
    };
    check(&[("else", of(json!(true)), of(json!(false)), &["uc"])]);
}
