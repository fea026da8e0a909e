//! Replaces the keywords that schemars writes for Rust types with ones that every validator knows.
//!
//! schemars writes `"format": "uint64"`, which no validator checks and which strict validators, such
//! as ajv, reject as unknown. Where standard keywords can express the format, they replace it, so
//! that a schema accepts exactly what the type writes.

use inngest_grammar::limits::MAX_INTEGER;
use serde_json::{Map, Value, json};

use crate::walk::{Place, each_schema_mut, has_type};

/// Replaces the formats of Rust types that JSON Schema does not define.
pub(crate) fn replace_formats(schema: &mut Value) {
    each_schema_mut(schema, Place::Schema, &mut |schema| {
        let Some(Value::String(format)) = schema.get("format") else {
            return;
        };
        let bounds = match format.as_str() {
            "int8" => (i8::MIN.into(), i8::MAX.into()),
            "int16" => (i16::MIN.into(), i16::MAX.into()),
            "int32" => (i32::MIN.into(), i32::MAX.into()),
            "uint8" => (0, u8::MAX.into()),
            "uint16" => (0, u16::MAX.into()),
            "uint32" => (0, u32::MAX.into()),
            "int64" | "int128" | "int" => (-MAX_INTEGER, MAX_INTEGER),
            "uint64" | "uint128" | "uint" => (0, MAX_INTEGER),
            // JSON numbers are finite, and the client refuses to send any other number.
            "float" | "double" if has_type(schema, "number") => {
                schema.remove("format");
                return;
            }
            "ip" if has_type(schema, "string") => {
                schema.remove("format");
                if !schema.contains_key("anyOf") {
                    let either = json!([{ "format": "ipv4" }, { "format": "ipv6" }]);
                    schema.insert("anyOf".into(), either);
                }
                return;
            }
            // JSON Schema has no format for a time without an offset or with a zone name. It has
            // `duration`, but without fractions, signs, or weeks together with days, and jiff
            // writes all three.
            "partial-time" | "partial-date-time" | "zoned-date-time" | "duration"
                if has_type(schema, "string") =>
            {
                schema.remove("format");
                return;
            }
            _ => return,
        };
        if has_type(schema, "integer") {
            schema.remove("format");
            tighten(schema, bounds);
        }
    });
}

/// Removes alternatives that the `type` of the schema rules out.
///
/// A variant that is not an object cannot be flattened into a struct. schemars keeps it, and strict
/// validators reject a schema that has both.
pub(crate) fn remove_impossible_alternatives(schema: &mut Value) {
    each_schema_mut(schema, Place::Schema, &mut |schema| {
        if schema.get("type").is_some_and(|name| name == "object") {
            keep_objects(schema);
        }
    });
}

fn keep_objects(schema: &mut Map<String, Value>) {
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let Some(Value::Array(parts)) = schema.get_mut(keyword) else {
            continue;
        };
        if keyword != "allOf" {
            parts.retain(|part| {
                let name = part.get("type").and_then(Value::as_str);
                name.is_none_or(|name| name == "object")
            });
            // An empty list is not valid in a schema.
            if parts.is_empty() {
                parts.push(Value::Bool(false));
            }
        }
        for part in parts.iter_mut().filter_map(Value::as_object_mut) {
            keep_objects(part);
        }
    }
}

/// Sets each bound unless the schema already has a narrower one.
fn tighten(schema: &mut Map<String, Value>, (minimum, maximum): (i64, i64)) {
    #[expect(clippy::cast_precision_loss, reason = "all bounds are within ±2^53")]
    let outside = |schema: &Map<String, Value>, keyword: &str, bound: i64, sign: f64| {
        schema
            .get(keyword)
            .and_then(Value::as_f64)
            .is_none_or(|given| given * sign > bound as f64 * sign)
    };
    if outside(schema, "minimum", minimum, -1.0) {
        schema.insert("minimum".into(), minimum.into());
    }
    if outside(schema, "maximum", maximum, 1.0) {
        schema.insert("maximum".into(), maximum.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_rust_types_are_replaced() {
        for (before, after) in [
            (
                json!({ "type": "integer", "format": "uint32", "minimum": 0 }),
                json!({ "type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32 }),
            ),
            (
                json!({ "type": ["integer", "null"], "format": "uint64", "minimum": 1 }),
                json!({ "type": ["integer", "null"], "minimum": 1, "maximum": MAX_INTEGER }),
            ),
            (
                json!({ "type": "integer", "format": "int64", "maximum": 9, "minimum": -1e30 }),
                json!({ "type": "integer", "minimum": -MAX_INTEGER, "maximum": 9 }),
            ),
            (
                json!({ "type": "number", "format": "double" }),
                json!({ "type": "number" }),
            ),
            (
                json!({ "type": ["string", "null"], "format": "ip" }),
                json!({
                    "type": ["string", "null"],
                    "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }],
                }),
            ),
            (
                json!({ "type": "string", "format": "partial-date-time" }),
                json!({ "type": "string" }),
            ),
            (
                json!({ "type": ["string", "null"], "format": "duration" }),
                json!({ "type": ["string", "null"] }),
            ),
        ] {
            let mut schema = json!({ "items": [before] });
            replace_formats(&mut schema);
            assert_eq!(schema, json!({ "items": [after] }));
        }
    }

    #[test]
    fn impossible_alternatives_are_removed() {
        let text = json!({ "type": "string", "const": "a" });
        let object = json!({ "type": "object", "required": ["b"] });
        let open = json!({ "$ref": "#/$defs/c" });
        let all = json!([text, object, open]);
        let mut schema = json!({
            "properties": { "x": { "type": "object", "anyOf": all }, "y": { "oneOf": all } },
        });
        remove_impossible_alternatives(&mut schema);
        let possible = json!([object, open]);
        assert_eq!(
            schema,
            json!({
                "properties": { "x": { "type": "object", "anyOf": possible }, "y": { "oneOf": all } },
            })
        );
        // Nested alternatives are removed too, and a list is never left empty.
        let mut schema = json!({
            "type": "object",
            "allOf": [{ "anyOf": [{ "oneOf": all }, {}] }, { "oneOf": [text] }],
        });
        remove_impossible_alternatives(&mut schema);
        assert_eq!(
            schema,
            json!({
                "type": "object",
                "allOf": [{ "anyOf": [{ "oneOf": possible }, {}] }, { "oneOf": [false] }],
            })
        );
    }

    #[test]
    fn other_formats_are_kept() {
        let schema = json!({
            "properties": {
                "format": { "type": "string", "format": "date-time" },
                "own": { "type": "string", "format": "int32" },
                "data": { "const": { "type": "integer", "format": "int32" } },
            },
        });
        let mut after = schema.clone();
        replace_formats(&mut after);
        assert_eq!(after, schema);
    }
}
