//! Corrects the schemas of unit variants in flattened enums.
//!
//! serde writes such a variant as a member of the struct, `"Home": null`. schemars describes it
//! correctly only if the variant has no doc comment. Otherwise schemars describes a string, which
//! an object never matches, so the schema would refuse valid events.

use percent_encoding::percent_decode_str;
use schemars::Schema;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::{Map, Value, json};

/// Replaces string variants next to `"type": "object"` with members.
pub(super) fn string_variants_to_members(schema: &mut Schema) {
    VariantRewriter::default().transform(schema);
    // A schema behind a reference is copied from `$defs`, where it is already corrected.
    if let Some(Value::Object(definitions)) = schema.get("$defs") {
        let definitions = definitions.clone();
        let mut rewriter = VariantRewriter {
            definitions,
            copying: Vec::new(),
        };
        rewriter.transform(schema);
    }
}

#[derive(Default)]
struct VariantRewriter {
    /// The definitions that references are resolved with; empty in the first pass, which leaves
    /// references alone.
    definitions: Map<String, Value>,
    /// The definitions being copied. A definition may refer to itself.
    copying: Vec<String>,
}

impl Transform for VariantRewriter {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        // `transform_subschemas` skips this keyword.
        if let Some(values) = schema.get_mut("unevaluatedProperties")
            && let Ok(values) = <&mut Schema>::try_from(values)
        {
            self.transform(values);
        }
        if let Some(schema) = schema.as_object_mut()
            && schema.get("type").is_some_and(|name| name == "object")
        {
            self.rewrite_combined(schema);
        }
    }
}

impl VariantRewriter {
    /// Rewrites the schemas that `allOf`, `anyOf`, `oneOf` or `$ref` combine with an object schema.
    fn rewrite_combined(&mut self, schema: &mut Map<String, Value>) {
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let Some(Value::Array(parts)) = schema.get_mut(keyword) else {
                continue;
            };
            for mut part in std::mem::take(parts) {
                match members(&part) {
                    Some(members) if keyword == "allOf" => parts.push(json!({ "oneOf": members })),
                    Some(members) => parts.extend(members),
                    None => {
                        if let Value::Object(part) = &mut part {
                            // A unit variant of an untagged enum writes nothing. In `oneOf` it
                            // would match together with any other variant.
                            if keyword == "anyOf" && part.get("type").is_some_and(|t| t == "null") {
                                part.remove("type");
                            }
                            self.rewrite_combined(part);
                        }
                        parts.push(part);
                    }
                }
            }
        }
        // Last, because the copy is already rewritten.
        if let Some(Value::String(reference)) = schema.get("$ref")
            && let Some(copy) = self.copy(reference)
        {
            schema.remove("$ref");
            match schema.entry("allOf").or_insert_with(|| json!([])) {
                Value::Array(all) => all.push(copy),
                other => *other = json!([copy]),
            }
        }
    }

    /// The rewritten copy of a referenced definition. `None` if the definition needs no change.
    fn copy(&mut self, reference: &str) -> Option<Value> {
        let name = decoded(reference.strip_prefix("#/$defs/")?);
        let definition = self.definitions.get(&name)?;
        if self.copying.contains(&name) {
            return None;
        }
        if let Some(members) = members(definition) {
            return Some(json!({ "oneOf": members }));
        }
        let before = definition.as_object()?.clone();
        let mut copy = before.clone();
        self.copying.push(name);
        self.rewrite_combined(&mut copy);
        self.copying.pop();
        (copy != before).then_some(Value::Object(copy))
    }
}

/// The object schemas that replace a schema of string variants, each with its description.
fn members(schema: &Value) -> Option<Vec<Value>> {
    let texts = schema.as_object()?;
    if texts.get("type")? != "string" {
        return None;
    }
    let names = match (texts.get("const"), texts.get("enum")) {
        (Some(name), _) => std::slice::from_ref(name),
        (None, Some(Value::Array(names))) => names.as_slice(),
        _ => return None,
    };
    let member = |name: &Value| {
        let mut member = texts.clone();
        member.remove("const");
        member.remove("enum");
        member.insert("type".into(), "object".into());
        member.insert(
            "properties".into(),
            json!({ name.as_str()?: { "type": "null" } }),
        );
        member.insert("required".into(), json!([name]));
        Some(Value::Object(member))
    };
    names.iter().map(member).collect()
}

/// Decodes the name in a reference: percent-encoding, then `~1` for `/` and `~0` for `~`.
fn decoded(part: &str) -> String {
    let name = percent_decode_str(part).decode_utf8_lossy();
    name.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(schema: Value) -> Value {
        let mut schema = Schema::try_from(schema).unwrap();
        string_variants_to_members(&mut schema);
        schema.to_value()
    }

    fn member(name: &str) -> Value {
        json!({ "type": "object", "properties": { name: { "type": "null" } }, "required": [name] })
    }

    #[test]
    fn string_variants_beside_an_object_become_members() {
        let open = json!({ "type": "object", "required": ["Locker"] });
        let home = json!({ "type": "string", "const": "Home", "description": "To the door." });
        let shops = json!({ "type": "string", "enum": ["Shop", "Kiosk"] });
        let mut home_member = member("Home");
        home_member["description"] = "To the door.".into();
        let before = json!([open, home, shops]);
        let after = json!([open, home_member, member("Shop"), member("Kiosk")]);
        for (before, after) in [
            (json!({ "oneOf": before }), json!({ "oneOf": after })),
            (
                json!({ "anyOf": [{ "oneOf": before }, {}] }),
                json!({ "anyOf": [{ "oneOf": after }, {}] }),
            ),
            (
                json!({ "allOf": [{ "oneOf": before }, { "oneOf": [home] }] }),
                json!({ "allOf": [{ "oneOf": after }, { "oneOf": [home_member] }] }),
            ),
            (
                json!({ "allOf": [shops] }),
                json!({ "allOf": [{ "oneOf": [member("Shop"), member("Kiosk")] }] }),
            ),
            (
                json!({ "anyOf": [{ "type": "null" }, shops] }),
                json!({ "anyOf": [{}, member("Shop"), member("Kiosk")] }),
            ),
        ] {
            // Objects are rewritten at any position. Other string schemas stay as they are.
            let mut beside = [before.clone(), after];
            for schema in &mut beside {
                schema["type"] = "object".into();
            }
            let around = |schema: &Value| {
                json!({
                    "properties": { "a": schema, "b": before },
                    "unevaluatedProperties": { "items": schema },
                    "$defs": { "C": schema },
                })
            };
            assert_eq!(rewritten(around(&beside[0])), around(&beside[1]));
        }
    }

    #[test]
    fn references_are_copied_and_rewritten() {
        let definitions = json!({
            "a b/c": { "type": "string", "enum": ["Home", "Shop"] },
            "Again": { "description": "Where to deliver.", "$ref": "#/$defs/a%20b~1c" },
            "Itself": { "anyOf": [{ "$ref": "#/$defs/Itself" }, { "$ref": "#/$defs/Again" }] },
            "Struct": { "type": "object", "required": ["x"] },
        });
        let copy = json!({ "oneOf": [member("Home"), member("Shop")] });
        let again = json!({ "description": "Where to deliver.", "allOf": [copy] });
        for (before, after) in [
            (
                json!({ "$ref": "#/$defs/a%20b~1c" }),
                json!({ "allOf": [copy] }),
            ),
            (
                json!({ "$ref": "#/$defs/Again" }),
                json!({ "allOf": [again] }),
            ),
            (
                json!({ "anyOf": [{ "$ref": "#/$defs/Itself" }] }),
                json!({
                    "anyOf": [{
                        "allOf": [{
                            "anyOf": [{ "$ref": "#/$defs/Itself" }, { "allOf": [again] }],
                        }],
                    }],
                }),
            ),
            (
                json!({ "$ref": "#/$defs/Struct" }),
                json!({ "$ref": "#/$defs/Struct" }),
            ),
        ] {
            let around = |mut schema: Value| {
                schema["type"] = "object".into();
                json!({ "properties": { "data": schema }, "$defs": definitions })
            };
            assert_eq!(rewritten(around(before)), around(after));
        }
    }
}
