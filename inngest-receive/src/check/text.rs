//! Generates a string that a schema allows.

use serde_json::{Map, Value};

use super::keyword::{count, string};
use super::pattern::Pattern;

/// The largest supported `minLength`.
const MAX_MIN_LENGTH: usize = 1_000_000;

/// Strings of common formats. A type may be stricter than the pattern in its schema, but it probably accepts
/// the first of these strings that matches the pattern.
const COMMON: [&str; 14] = [
    "1",
    "a",
    "A",
    "1.5",
    "2026-11-21",
    "10:00:00",
    "2026-11-21T10:00:00",
    "2026-11-21T10:00:00Z",
    "PT1S",
    UUID,
    // Crockford's base 32, as in a ULID.
    "01JQDAE4RQF8MBCR55T5AK4KXS",
    "ada@example.com",
    "https://example.com/",
    "example.com",
];

const UUID: &str = "5f0c2f4e-6a3b-4f6d-9c0a-0f6f3c1f2a7b";

/// Returns the string, or why there is none. `maps` are the schemas that apply at once.
pub(super) fn text(maps: &[&Map<String, Value>]) -> Result<String, String> {
    let lengths = |key: &'static str| maps.iter().filter_map(move |map| count(map, key));
    let min_length = lengths("minLength").max().unwrap_or_default();
    let max_length = lengths("maxLength").min().unwrap_or(usize::MAX);
    if min_length > max_length.min(MAX_MIN_LENGTH) {
        return Err("no text has its length".to_owned());
    }
    let strings = |key: &'static str| maps.iter().filter_map(move |map| string(map, key));
    let format = strings("format").find_map(of_format);
    let mut patterns = Vec::new();
    for pattern in strings("pattern") {
        let parsed = Pattern::parse(pattern);
        patterns.push(parsed.ok_or_else(|| format!("its pattern `{pattern}` is not understood"))?);
    }
    let fits = |text: &str| {
        (min_length..=max_length).contains(&text.chars().count())
            && patterns.iter().all(|pattern| pattern.matches(text))
    };
    let padded = || "a".repeat(min_length.max(1).min(max_length));
    let common = format
        .into_iter()
        .chain(COMMON.into_iter().filter(|_| !patterns.is_empty()));
    let mut texts = common.map(str::to_owned).chain([padded()]);
    let generated = || {
        patterns
            .iter()
            .find_map(|pattern| pattern.generate(min_length, max_length))
    };
    let text = texts.find(|text| fits(text)).or_else(generated);
    text.filter(|text| fits(text))
        .ok_or_else(|| "no text that matches it was found".to_owned())
}

fn of_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "date-time" => "2026-11-21T10:00:00Z",
        "partial-date-time" => "2026-11-21T10:00:00",
        "zoned-date-time" => "2026-11-21T10:00:00+00:00[UTC]",
        "date" => "2026-11-21",
        "time" => "10:00:00Z",
        "partial-time" => "10:00:00",
        "duration" => "PT1S",
        "uuid" => UUID,
        "uri" | "iri" | "url" => "https://example.com/",
        "email" | "idn-email" => "ada@example.com",
        "ipv4" | "ip" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "hostname" | "idn-hostname" => "example.com",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_fit_formats_patterns_and_lengths() {
        for (schema, expected) in [
            (json!({}), Ok("a")),
            (json!({ "minLength": 3 }), Ok("aaa")),
            (json!({ "maxLength": 0 }), Ok("")),
            (json!({ "format": "date" }), Ok("2026-11-21")),
            (json!({ "format": "phone" }), Ok("a")),
            (json!({ "format": "duration", "pattern": "^P" }), Ok("PT1S")),
            (json!({ "pattern": "^-?[0-9]+$" }), Ok("1")),
            (
                json!({ "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
                Ok("2026-11-21"),
            ),
            (
                json!({ "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$" }),
                Ok("01JQDAE4RQF8MBCR55T5AK4KXS"),
            ),
            (
                json!({ "pattern": "^ORD-[0-9]+$", "minLength": 7 }),
                Ok("ORD-111"),
            ),
            (
                json!({ "minLength": 3, "maxLength": 2 }),
                Err("no text has its length"),
            ),
            (
                json!({ "pattern": "^(?!x)" }),
                Err("its pattern `^(?!x)` is not understood"),
            ),
            (
                json!({ "pattern": "^a$", "minLength": 2 }),
                Err("no text that matches it was found"),
            ),
            (
                json!({ "pattern": "^[a-z]*$", "minLength": 1_000_000 }),
                Err("no text that matches it was found"),
            ),
            (
                json!({ "pattern": "^((((x{1000}|){1000}){1000}){1000}){1000}$" }),
                Err("no text that matches it was found"),
            ),
        ] {
            let text = text(&[schema.as_object().unwrap()]);
            assert_eq!(
                text.as_deref().map_err(String::as_str),
                expected,
                "{schema}"
            );
        }
        let (one, other) = (json!({ "pattern": "^[a-z]+$" }), json!({ "minLength": 2 }));
        let maps = [one.as_object().unwrap(), other.as_object().unwrap()];
        assert_eq!(text(&maps).as_deref(), Ok("aa"));
    }
}
