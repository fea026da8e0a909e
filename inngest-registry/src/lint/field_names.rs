//! Guesses what a field contains from the field's name.

use serde_json::{Map, Value};

use crate::walk::{has_type, list};

/// Words that mark a secret or personal data anywhere in a name.
const SENSITIVE: [&str; 11] = [
    "credential",
    "credentials",
    "cvc",
    "cvv",
    "iban",
    "passphrase",
    "passport",
    "passwd",
    "password",
    "secret",
    "ssn",
];

/// Words that mark a secret or personal data at the end of a name. Before other words, they only name a
/// topic: `email_template`, `token_count`.
const SENSITIVE_AT_THE_END: [&str; 26] = [
    "access key",
    "api key",
    "apikey",
    "authorization",
    "birth date",
    "birthday",
    "card number",
    "cookie",
    "date of birth",
    "dob",
    "email",
    "email address",
    "first name",
    "full name",
    "ip address",
    "last name",
    "mail",
    "otp",
    "phone",
    "phone number",
    "private key",
    "social security number",
    "surname",
    "tax id",
    "token",
    "tokens",
];

/// Words that mark a time at the end of a name.
const TIMES: [&str; 6] = ["at", "date", "datetime", "on", "time", "timestamp"];

/// Words that mark a number at the end of a name.
const NUMBERS: [&str; 26] = [
    "age",
    "amount",
    "bytes",
    "cents",
    "count",
    "days",
    "height",
    "hours",
    "latitude",
    "length",
    "longitude",
    "milliseconds",
    "minutes",
    "ms",
    "percent",
    "percentage",
    "price",
    "quantity",
    "score",
    "seconds",
    "size",
    "subtotal",
    "sum",
    "total",
    "weight",
    "width",
];

/// Whether the name of a field suggests a secret or personal data.
pub(super) fn is_sensitive(name: &str, schema: &Map<String, Value>) -> bool {
    let words = words(name);
    let ends = |end: &&str| {
        let end: Vec<_> = end.split(' ').collect();
        words.ends_with(
            &end.iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>(),
        )
    };
    let is_flag = has_type(schema, "boolean");
    let is_number = has_type(schema, "integer") || has_type(schema, "number");
    let contains = words.iter().any(|word| SENSITIVE.contains(&word.as_str()));
    !is_flag && (contains || (!is_number && SENSITIVE_AT_THE_END.iter().any(ends)))
}

/// Whether the name of a field suggests a time, but its schema allows any text.
pub(super) fn is_time_as_text(name: &str, schema: &Map<String, Value>) -> bool {
    let words = words(name);
    let is_time = |last: &String| {
        let is_preposition = last == "at" || last == "on";
        TIMES.contains(&last.as_str()) && (!is_preposition || words.len() > 1)
    };
    is_any_text(schema) && words.last().is_some_and(is_time)
}

/// Whether the name of a field suggests a number, but its schema allows any text.
pub(super) fn is_number_as_text(name: &str, schema: &Map<String, Value>) -> bool {
    let is_number = |last: &String| NUMBERS.contains(&last.as_str());
    is_any_text(schema) && words(name).last().is_some_and(is_number)
}

/// Whether a schema accepts any text, like the schema of a `String` or `Option<String>`.
fn is_any_text(schema: &Map<String, Value>) -> bool {
    let limits = ["format", "pattern", "enum", "const", "contentEncoding"];
    has_type(schema, "string") && !limits.iter().any(|limit| schema.contains_key(*limit))
}

/// The words of a name in lower case: `createdAt` and `created_at` are `created` and `at`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        let starts = !c.is_alphanumeric() || (c.is_uppercase() && was_lower);
        if starts && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase() || c.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether the schema of an enum accepts only the values that it lists. `None` if it is not the schema of an
/// enum.
pub(super) fn is_closed_enum(schema: &Map<String, Value>) -> Option<bool> {
    if schema.contains_key("enum") {
        return Some(has_type(schema, "string"));
    }
    let alternatives: Vec<_> = list(schema, "oneOf")
        .iter()
        .chain(list(schema, "anyOf"))
        .filter(|alternative| !alternative.as_object().is_some_and(is_null))
        .collect();
    if alternatives.len() < 2 {
        return None;
    }
    let objects: Option<Vec<_>> = alternatives.into_iter().map(Value::as_object).collect();
    // `true` accepts everything.
    let Some(objects) = objects else {
        return Some(false);
    };
    let is_result = objects.len() == 2
        && ["Ok", "Err"].iter().all(|name| {
            let requires =
                |one: &&Map<String, Value>| list(one, "required") == [Value::from(*name)];
            objects.iter().any(requires)
        });
    Some(!is_result && objects.iter().all(|alternative| is_listed(alternative)))
}

/// Whether an alternative has a constant, a constant tag, or a variant's name as its only member.
fn is_listed(alternative: &Map<String, Value>) -> bool {
    let properties = alternative.get("properties").and_then(Value::as_object);
    let has_tag = properties.is_some_and(|properties| {
        let is_tag = |property: &Value| property.get("const").is_some();
        let is_only = properties.len() == 1 && list(alternative, "required").len() == 1;
        is_only && alternative.get("additionalProperties") == Some(&Value::Bool(false))
            || properties.values().any(is_tag)
    });
    has_tag || alternative.contains_key("const") || alternative.contains_key("enum")
}

fn is_null(schema: &Map<String, Value>) -> bool {
    schema.get("type") == Some(&Value::from("null"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(schema: Value) -> Map<String, Value> {
        serde_json::from_value(schema).unwrap()
    }

    #[test]
    fn sensitive_names_are_detected() {
        let text = object(json!({ "type": "string" }));
        for name in [
            "password",
            "passwordHash",
            "new_password",
            "client_secret",
            "accessToken",
            "token",
            "API-Key",
            "SSN",
            "email",
            "billing_email",
            "lastName",
            "dateOfBirth",
            "iban",
            "ip_address",
        ] {
            assert!(is_sensitive(name, &text), "{name}");
        }
        for name in [
            "email_template",
            "token_count",
            "name",
            "secretary",
            "mailbox",
            "phone_model",
            "address",
        ] {
            assert!(!is_sensitive(name, &text), "{name}");
        }
        let number = object(json!({ "type": "integer" }));
        let flag = object(json!({ "type": "boolean" }));
        assert!(is_sensitive("ssn", &number));
        assert!(!is_sensitive("output_tokens", &number) && !is_sensitive("has_password", &flag));
    }

    #[test]
    fn names_of_times_and_numbers_are_detected() {
        let text = object(json!({ "type": ["string", "null"] }));
        for name in [
            "created_at",
            "createdAt",
            "due_date",
            "timestamp",
            "expires_on",
            "startTime",
        ] {
            assert!(is_time_as_text(name, &text), "{name}");
        }
        for name in [
            "at",
            "look_at_me",
            "format",
            "on",
            "sometime",
            "candidate",
            "timezone",
        ] {
            assert!(!is_time_as_text(name, &text), "{name}");
        }
        for name in ["quantity", "lineCount", "total", "price", "timeout_ms"] {
            assert!(is_number_as_text(name, &text), "{name}");
        }
        for name in ["order_number", "account", "discount_code", "coverage"] {
            assert!(!is_number_as_text(name, &text), "{name}");
        }
        for typed in [
            json!({ "type": "string", "format": "date-time" }),
            json!({ "type": "string", "pattern": "^[0-9]+$" }),
            json!({ "type": "integer" }),
            json!({ "type": "string", "enum": ["a"] }),
        ] {
            let schema = object(typed);
            assert!(
                !is_time_as_text("created_at", &schema) && !is_number_as_text("total", &schema)
            );
        }
    }

    #[test]
    fn closed_enums_are_detected() {
        let tagged = |tag: &str| json!({ "properties": { "kind": { "const": tag }, "x": true } });
        let external = |name: &str| json!({ "properties": { name: true }, "required": [name], "additionalProperties": false });
        for (schema, expected) in [
            (json!({ "type": "string", "enum": ["a", "b"] }), Some(true)),
            (json!({ "type": "integer", "enum": [1, 2] }), Some(false)),
            (
                json!({ "oneOf": [{ "const": "a" }, { "const": "b" }] }),
                Some(true),
            ),
            (json!({ "oneOf": [tagged("a"), tagged("b")] }), Some(true)),
            (
                json!({ "oneOf": [external("A"), { "enum": ["B"] }] }),
                Some(true),
            ),
            (
                json!({ "anyOf": [{ "enum": ["a"] }, { "type": "string" }] }),
                Some(false),
            ),
            (
                json!({ "anyOf": [tagged("a"), tagged("b"), true] }),
                Some(false),
            ),
            (
                json!({ "anyOf": [{ "$ref": "#/$defs/A" }, { "type": "null" }] }),
                None,
            ),
            (
                json!({ "oneOf": [external("Ok"), external("Err")] }),
                Some(false),
            ),
            (json!({ "type": "string" }), None),
        ] {
            assert_eq!(
                is_closed_enum(&object(schema.clone())),
                expected,
                "{schema}"
            );
        }
    }
}
