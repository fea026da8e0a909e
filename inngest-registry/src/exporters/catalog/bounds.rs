//! Describes the bounds of values in words, as HTML.

use serde_json::{Map, Value};

use super::schema::{Definitions, alternatives, values};
use super::words::literal;
use crate::exporters::html::code;

/// The bounds of a schema and of its items, one sentence each.
pub(super) fn of<'a>(definitions: Definitions<'a>, schema: &'a Value) -> Vec<String> {
    let chain = definitions.chain(schema);
    let mut found = Vec::new();
    for schema in &chain {
        for bound in own_bounds(schema) {
            if !found.contains(&bound) {
                found.push(bound);
            }
        }
    }
    let branches = chain.last().map(|schema| alternatives(schema));
    let branches = branches.unwrap_or_default().into_iter();
    let branches: Option<Vec<_>> = branches
        .map(|schema| match own_bounds(schema.as_object()?).as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        })
        .collect();
    if let Some([first, rest @ ..]) = branches.as_deref() {
        let rest = rest.iter().map(|bound| format!(" or {bound}"));
        found.push(first.clone() + &rest.collect::<String>());
    }
    let inner = chain.iter().find_map(|schema| {
        let items = schema.get("items").filter(|items| items.is_object());
        items.or_else(|| values(schema).filter(|values| values.is_object()))
    });
    if let Some(inner) = inner {
        let inner = definitions.chain(inner);
        let each = inner.iter().flat_map(|schema| own_bounds(schema));
        found.extend(each.map(|bound| format!("each: {bound}")));
    }
    found
}

fn own_bounds(schema: &Map<String, Value>) -> Vec<String> {
    let number = |keyword| schema.get(keyword).filter(|value| value.is_number());
    let mut found = Vec::new();
    let least = number("minimum").map(grouped);
    let most = number("maximum").map(grouped);
    match (least, most) {
        (Some(least), Some(most)) => found.push(format!("{least} to {most}")),
        (Some(least), None) => found.push(format!("at least {least}")),
        (None, Some(most)) => found.push(format!("at most {most}")),
        (None, None) => {}
    }
    for (keyword, words) in [
        ("exclusiveMinimum", "more than"),
        ("exclusiveMaximum", "less than"),
        ("multipleOf", "a multiple of"),
    ] {
        found.extend(number(keyword).map(|value| format!("{words} {}", grouped(value))));
    }
    for (least, most, thing) in [
        ("minLength", "maxLength", "character"),
        ("minItems", "maxItems", "item"),
        ("minProperties", "maxProperties", "name"),
    ] {
        found.extend(size(schema.get(least), schema.get(most), thing));
    }
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        found.push("no duplicate items".to_owned());
    }
    if let Some(Value::String(format)) = schema.get("format") {
        found.push(match named_format(format) {
            Some(words) => words.to_owned(),
            None => format!("format {}", code(format)),
        });
    }
    if let Some(Value::String(pattern)) = schema.get("pattern") {
        found.push(format!("matches {}", code(pattern)));
    }
    if let Some(default) = schema.get("default") {
        found.push(format!("default {}", literal(default)));
    }
    found
}

fn size(least: Option<&Value>, most: Option<&Value>, thing: &str) -> Option<String> {
    let count = |value: &Value| value.as_u64();
    let words = |n: u64| {
        let plural = if n == 1 { "" } else { "s" };
        format!("{} {thing}{plural}", grouped(&n.into()))
    };
    let least = least.and_then(count).filter(|n| *n > 0);
    Some(match (least, most.and_then(count)) {
        (Some(least), Some(most)) if least == most => format!("exactly {}", words(most)),
        (Some(least), Some(most)) => format!("{} to {}", grouped(&least.into()), words(most)),
        (Some(least), None) => format!("at least {}", words(least)),
        (None, Some(most)) => format!("at most {}", words(most)),
        (None, None) => return None,
    })
}

/// The formats that JSON Schema defines, in words.
fn named_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "date-time" => "date and time, like 2026-11-21T09:30:00Z",
        "date" => "date, like 2026-11-21",
        "time" => "time, like 09:30:00Z",
        "duration" => "duration, like PT1H30M",
        "email" | "idn-email" => "email address",
        "uuid" => "UUID",
        "uri" | "iri" => "web address",
        "ipv4" => "IPv4 address",
        "ipv6" => "IPv6 address",
        "hostname" | "idn-hostname" => "host name",
        _ => return None,
    })
}

/// A number with its digits in groups of three.
fn grouped(number: &Value) -> String {
    let text = number.to_string();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("\u{2212}", digits),
        None => ("", text.as_str()),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text;
    }
    let mut out = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bounds_become_words() {
        let bounds = |schema: Value| of(Definitions::of(&json!({})), &schema).join("; ");
        for (schema, expected) in [
            (
                json!({ "type": "string", "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }] }),
                "IPv4 address or IPv6 address",
            ),
            (
                json!({ "minimum": -5, "maximum": 4_294_967_295_u32 }),
                "\u{2212}5 to 4,294,967,295",
            ),
            (json!({ "minimum": 0.5 }), "at least 0.5"),
            (
                json!({ "exclusiveMaximum": 1000, "multipleOf": 5 }),
                "less than 1,000; a multiple of 5",
            ),
            (
                json!({ "minLength": 1, "maxLength": 1 }),
                "exactly 1 character",
            ),
            (
                json!({ "minLength": 1, "maxLength": 512 }),
                "1 to 512 characters",
            ),
            (
                json!({ "minItems": 0, "maxItems": 3, "uniqueItems": true }),
                "at most 3 items; no duplicate items",
            ),
            (
                json!({ "format": "uuid", "pattern": "^<" }),
                "UUID; matches <code>^&lt;</code>",
            ),
            (
                json!({ "items": { "minimum": 1 }, "default": [] }),
                "default <code>[]</code>; each: at least 1",
            ),
        ] {
            assert_eq!(bounds(schema.clone()), expected, "{schema}");
        }
    }
}
