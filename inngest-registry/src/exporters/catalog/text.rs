//! Generates example strings for names, formats, patterns and lengths.

use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind};
use serde_json::{Map, Value};

use crate::compat::pattern;

/// The maximum length of an example, in characters.
const LONGEST: usize = 1_000;

/// An example of a string with this schema. `name` is the name of its field. Different values of `number`
/// give different strings if possible.
pub(super) fn example(schema: &Map<String, Value>, name: &str, number: usize) -> Option<String> {
    let of_format = schema
        .get("format")
        .and_then(Value::as_str)
        .and_then(format);
    let text = match of_format {
        Some(text) => text.to_owned(),
        None => of_name(name, number),
    };
    let text = sized(&text, schema)?;
    match schema.get("pattern").and_then(Value::as_str) {
        None => Some(text),
        Some(pattern) => matching(pattern, &[&text]),
    }
}

/// The first text that matches the pattern, or else one generated from the pattern.
pub(super) fn matching(pattern: &str, texts: &[&str]) -> Option<String> {
    let known = pattern::compile(pattern)?;
    if let Some(text) = texts.iter().find(|text| known.is_match(text)) {
        return Some((*text).to_owned());
    }
    let hir = regex_syntax::parse(&pattern::translated(pattern)?).ok()?;
    let mut text = String::new();
    write(&hir, &mut text)?;
    known.is_match(&text).then_some(text)
}

fn format(format: &str) -> Option<&'static str> {
    Some(match format {
        "date-time" => "2026-11-21T09:30:00Z",
        "date" => "2026-11-21",
        "time" => "09:30:00Z",
        "duration" => "PT1H30M",
        "email" | "idn-email" => "someone@example.com",
        "uuid" => "019aa5d1-4c10-7a3b-8f52-6f0a1be3d9c4",
        "uri" | "iri" => "https://example.com/",
        "ip" | "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "hostname" | "idn-hostname" => "example.com",
        _ => return None,
    })
}

/// Text that shows which field it is for: `item-1` for `item_id`, `last four` for `last_four`.
fn of_name(name: &str, number: usize) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && words.ends_with(char::is_lowercase) {
            words.push(' ');
        }
        if c.is_alphanumeric() {
            words.extend(c.to_lowercase());
        } else if !words.is_empty() && !words.ends_with(' ') {
            words.push(' ');
        }
    }
    let words = words.trim_end();
    let number = number + 1;
    match words.strip_suffix("id") {
        Some("") => format!("id-{number}"),
        Some(owner) if owner.ends_with(' ') => {
            format!("{}-{number}", owner.trim_end().replace(' ', "-"))
        }
        _ if words.ends_with("email") => format!("someone{number}@example.com"),
        _ if ["url", "uri"].iter().any(|word| words.ends_with(word)) => {
            format!("https://example.com/{number}")
        }
        _ if words.is_empty() => format!("text {number}"),
        _ if number == 1 => words.to_owned(),
        _ => format!("{words} {number}"),
    }
}

/// The text, repeated or cut to a length that the schema allows.
fn sized(text: &str, schema: &Map<String, Value>) -> Option<String> {
    let count = |keyword| {
        let count = schema.get(keyword).and_then(Value::as_u64);
        count.map(|count| usize::try_from(count).unwrap_or(usize::MAX))
    };
    let (least, most) = (count("minLength").unwrap_or(0), count("maxLength"));
    let length = text
        .chars()
        .count()
        .max(least)
        .min(most.unwrap_or(usize::MAX));
    let fits = length >= least && length <= LONGEST;
    fits.then(|| text.chars().cycle().take(length).collect())
}

/// Appends short text that matches, provided that boundaries and the text around it allow it.
fn write(hir: &Hir, out: &mut String) -> Option<()> {
    if out.len() > LONGEST {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => out.push(member(class)?),
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                write(&repetition.sub, out)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, out)?,
        HirKind::Concat(parts) => {
            for part in parts {
                write(part, out)?;
            }
        }
        HirKind::Alternation(alternatives) => write(alternatives.first()?, out)?,
    }
    Some(())
}

/// A character of the class, if possible a common one.
fn member(class: &Class) -> Option<char> {
    let class = match class {
        Class::Unicode(class) => class.clone(),
        Class::Bytes(class) => class.to_unicode_class()?,
    };
    let ranges = class.ranges();
    let has = |c: &char| {
        ranges
            .iter()
            .any(|range| range.start() <= *c && *c <= range.end())
    };
    let usual = ['1', 'a', 'A', '-', ' '].into_iter().find(has);
    usual.or(ranges.first().map(ClassUnicodeRange::start))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_become_texts() {
        for (name, expected) in [
            ("item_id", "item-1"),
            ("parentItemId", "parent-item-1"),
            ("id", "id-1"),
            ("last_four", "last four"),
            ("paid", "paid"),
            ("contact-email", "someone1@example.com"),
            ("", "text 1"),
        ] {
            assert_eq!(of_name(name, 0), expected, "{name}");
        }
    }

    #[test]
    fn texts_fit_their_schemas() {
        for (schema, expected) in [
            (json!({ "format": "date" }), Some("2026-11-21")),
            (json!({ "format": "partial-time" }), Some("name")),
            (json!({ "minLength": 6, "maxLength": 6 }), Some("namena")),
            (json!({ "maxLength": 2 }), Some("na")),
            (json!({ "minLength": 3, "maxLength": 2 }), None),
            (json!({ "minLength": 1_000_000 }), None),
            (json!({ "pattern": "^n" }), Some("name")),
            (json!({ "pattern": "^[A-Z]{2}\\d+$" }), Some("AA1")),
            (json!({ "pattern": "^(?:web|shop)-[^0-9]?$" }), Some("web-")),
            (json!({ "pattern": "^a{9999}$" }), None),
            (json!({ "pattern": "(" }), None),
        ] {
            let text = example(schema.as_object().unwrap(), "name", 0);
            assert_eq!(text.as_deref(), expected, "{schema}");
        }
    }
}
