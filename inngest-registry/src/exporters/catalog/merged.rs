//! Combines schemas that must all hold into one.

use serde_json::{Map, Value, json};

/// The keywords of several schemas that must all hold, without references and combinations.
#[derive(Default)]
pub(super) struct Merged(pub(super) Map<String, Value>);

impl Merged {
    pub(super) fn add(&mut self, schema: &Map<String, Value>) {
        for (keyword, value) in schema {
            match self.0.get_mut(keyword) {
                None if !is_combination(keyword) => {
                    self.0.insert(keyword.clone(), value.clone());
                }
                Some(known) if known != value => combine(keyword, known, value),
                _ => {}
            }
        }
    }
}

fn is_combination(keyword: &str) -> bool {
    matches!(keyword, "$ref" | "$defs" | "allOf" | "anyOf" | "oneOf")
}

fn combine(keyword: &str, known: &mut Value, other: &Value) {
    match keyword {
        "properties" | "patternProperties" => {
            let (Value::Object(known), Value::Object(other)) = (known, other) else {
                return;
            };
            for (name, schema) in other {
                let both = match known.get(name) {
                    Some(known) if known != schema => json!({ "allOf": [known, schema] }),
                    _ => schema.clone(),
                };
                known.insert(name.clone(), both);
            }
        }
        "required" => {
            let (Value::Array(known), Value::Array(other)) = (known, other) else {
                return;
            };
            for name in other {
                if !known.contains(name) {
                    known.push(name.clone());
                }
            }
        }
        "enum" => {
            if let (Value::Array(known), Value::Array(other)) = (known, other) {
                known.retain(|value| other.contains(value));
            }
        }
        "type" => *known = common_types(known, other),
        "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties"
            if other.as_f64() > known.as_f64() =>
        {
            *known = other.clone();
        }
        "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties"
            if other.as_f64() < known.as_f64() =>
        {
            *known = other.clone();
        }
        "additionalProperties" | "items" => match (&*known, other) {
            (Value::Bool(true), _) => *known = other.clone(),
            (Value::Object(_), Value::Object(_)) => *known = json!({ "allOf": [known, other] }),
            _ => {}
        },
        // Keep the first value. The finished example is checked against the whole schema.
        _ => {}
    }
}

/// The types that both allow.
fn common_types(a: &Value, b: &Value) -> Value {
    let names = |value: &Value| match value {
        Value::Array(names) => names.clone(),
        name => vec![name.clone()],
    };
    let (a, b) = (names(a), names(b));
    let (integer, number) = (Value::from("integer"), Value::from("number"));
    // A whole number is a number.
    let allows = |names: &[Value], name: &Value| {
        names.contains(name) || (*name == integer && names.contains(&number))
    };
    let mut both: Vec<_> = a.iter().filter(|name| allows(&b, name)).cloned().collect();
    for name in b {
        if allows(&a, &name) && !both.contains(&name) {
            both.push(name);
        }
    }
    match <[Value; 1]>::try_from(both) {
        Ok([only]) => only,
        Err(both) => both.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_keywords_satisfy_all_schemas() {
        let mut merged = Merged::default();
        for schema in [
            json!({
                "type": ["number", "object"], "minimum": 1, "maximum": 9, "enum": [1, 2],
                "properties": { "a": { "type": "string" } }, "required": ["a"], "$ref": "#",
            }),
            json!({
                "type": ["integer", "object"], "minimum": 2, "maximum": 10, "enum": [2, 3],
                "properties": { "a": { "minLength": 1 }, "b": true }, "required": ["b", "a"],
            }),
        ] {
            merged.add(schema.as_object().unwrap());
        }
        let expected = json!({
            "type": ["object", "integer"], "minimum": 2, "maximum": 9, "enum": [2],
            "properties": {
                "a": { "allOf": [{ "type": "string" }, { "minLength": 1 }] },
                "b": true,
            },
            "required": ["a", "b"],
        });
        assert_eq!(Value::Object(merged.0), expected);
    }
}
