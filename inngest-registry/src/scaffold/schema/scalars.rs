//! Converts types without members: numbers, text, and enums of words.

use inngest_grammar::limits::MAX_INTEGER;
use serde_json::Value;

use super::keywords::{Keywords, description, literal, number};
use crate::scaffold::code::{Content, Type, Variant};
use crate::scaffold::names::{self, UniqueNames};

/// The types that a schema allows besides `null`.
pub(super) fn types(keywords: &Keywords) -> Vec<String> {
    let has = |words: &[&str]| words.iter().any(|word| keywords.has(word));
    match keywords.get("type") {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => {
            let names = names.iter().filter_map(Value::as_str).map(str::to_owned);
            // Every integer is a number.
            let mut names: Vec<_> = names.collect();
            if names.iter().any(|name| name == "number") {
                names.retain(|name| name != "integer");
            }
            names
        }
        _ if has(&[
            "properties",
            "required",
            "additionalProperties",
            "patternProperties",
        ]) =>
        {
            vec!["object".to_owned()]
        }
        _ if has(&["items", "prefixItems"]) => vec!["array".to_owned()],
        _ => type_of_values(keywords).into_iter().collect(),
    }
}

/// The type of all values that a schema lists, if they have one and it is a scalar.
fn type_of_values(keywords: &Keywords) -> Option<String> {
    let listed = keywords.get("enum").and_then(Value::as_array);
    let mut values = keywords
        .get("const")
        .into_iter()
        .chain(listed.into_iter().flatten());
    let of = |value: &Value| match value {
        Value::Bool(_) => Some("boolean"),
        Value::String(_) => Some("string"),
        Value::Number(number) if number.is_f64() => Some("number"),
        Value::Number(_) => Some("integer"),
        _ => None,
    };
    let first = of(values.next()?)?;
    values
        .all(|value| of(value) == Some(first))
        .then(|| first.to_owned())
}

pub(super) fn is_object(keywords: &Keywords) -> bool {
    types(keywords) == ["object"]
}

fn is_null(schema: &Value) -> bool {
    let Some(schema) = schema.as_object() else {
        return false;
    };
    schema.get("type").is_some_and(|name| name == "null")
        || schema.get("const").is_some_and(Value::is_null)
        || schema
            .get("enum")
            .is_some_and(|values| *values == Value::Array(vec![Value::Null]))
}

/// Removes `null` from what a schema accepts, and returns whether the schema accepted it.
pub(super) fn take_null(keywords: &mut Keywords) -> bool {
    if is_null(&keywords.to_value()) {
        for word in ["type", "const", "enum"] {
            keywords.take(word);
        }
        return true;
    }
    let mut nullable = None;
    if let Some(Value::Array(mut names)) = keywords.get("type").cloned() {
        let count = names.len();
        names.retain(|name| name != "null");
        nullable = Some(names.len() < count);
        match names.as_slice() {
            [one] => keywords.put("type", one.clone()),
            _ => keywords.put("type", names.into()),
        }
    }
    if let Some(Value::Array(mut values)) = keywords.get("enum").cloned() {
        let count = values.len();
        values.retain(|value| !value.is_null());
        let has_null = values.len() < count;
        nullable = Some(nullable.unwrap_or(true) && has_null);
        keywords.put("enum", values.into());
    }
    if nullable.is_none() && !keywords.has("type") {
        for word in ["anyOf", "oneOf"] {
            if let Some(Value::Array(mut alternatives)) = keywords.get(word).cloned() {
                let count = alternatives.len();
                alternatives.retain(|alternative| !is_null(alternative));
                if alternatives.len() < count {
                    nullable = Some(true);
                    keywords.put(word, alternatives.into());
                }
            }
        }
    }
    nullable.unwrap_or(false)
}

/// A value of an enum of words, and its description.
pub(super) type Word = (String, Option<String>);

/// The words that a schema accepts, if it accepts nothing else.
pub(super) fn words(keywords: &Keywords) -> Option<Vec<Word>> {
    if keywords.get("type").is_some_and(|name| name != "string") {
        return None;
    }
    let of = |value: &Value| Some((value.as_str()?.to_owned(), None));
    match (keywords.get("const"), keywords.get("enum")) {
        (Some(value), _) => return Some(vec![of(value)?]),
        (None, Some(Value::Array(values))) if !values.is_empty() => {
            return values.iter().map(of).collect();
        }
        _ => {}
    }
    let alternatives = keywords
        .get("oneOf")
        .or_else(|| keywords.get("anyOf"))?
        .as_array()?;
    let mut words = Vec::new();
    for alternative in alternatives {
        let docs = description(alternative);
        let inner = Keywords::of(alternative.as_object()?);
        if inner.has("oneOf") || inner.has("anyOf") {
            return None;
        }
        let inner = self::words(&inner)?;
        words.extend(inner.into_iter().map(|(word, _)| (word, docs.clone())));
    }
    (!words.is_empty()).then_some(words)
}

pub(super) fn unit_variants(words: &[Word]) -> Vec<Variant> {
    let mut names = UniqueNames::default();
    let is_first = |(index, (word, _)): &(usize, &Word)| {
        words.iter().take(*index).all(|(known, _)| known != word)
    };
    let distinct = words.iter().enumerate().filter(is_first);
    let variants = distinct.map(|(_, (word, docs))| Variant {
        docs: docs.clone(),
        key: word.clone(),
        name: names.assign(&[names::pascal(word)]),
        content: Content::Unit,
        serde: Vec::new(),
    });
    variants.collect()
}

/// The type of a scalar, and the attributes for its bounds.
pub(super) fn scalar(kind: &str, keywords: &mut Keywords) -> (Type, Vec<String>) {
    keywords.take("type");
    match kind {
        "boolean" => (Type::Plain("bool"), Vec::new()),
        "integer" => integer(keywords),
        "number" => {
            let mut bound = |keyword| match keywords.get(keyword) {
                Some(Value::Number(bound)) => {
                    let bound = number(bound);
                    keywords.take(keyword);
                    Some(bound)
                }
                _ => None,
            };
            let (least, most) = (bound("minimum"), bound("maximum"));
            (Type::Plain("f64"), limits("range", least, most))
        }
        _ => {
            let least = keywords.take_count("minLength");
            let most = keywords.take_count("maxLength");
            if (least, most) == (Some(1), Some(1)) && keywords.is_empty() {
                return (Type::Plain("char"), Vec::new());
            }
            let mut schemars = limits("length", least, most);
            if let Some(Value::String(pattern)) = keywords.take("pattern") {
                schemars.push(format!("regex(pattern = {})", literal(&pattern)));
            }
            (Type::STRING, schemars)
        }
    }
}

/// The integer types with the bounds that an exported schema has for them.
const INTEGERS: [(&str, i64, i64); 8] = [
    ("u8", 0, 0xff),
    ("u16", 0, 0xffff),
    ("u32", 0, 0xffff_ffff),
    ("u64", 0, MAX_INTEGER),
    ("i8", -0x80, 0x7f),
    ("i16", -0x8000, 0x7fff),
    ("i32", -0x8000_0000, 0x7fff_ffff),
    ("i64", -MAX_INTEGER, MAX_INTEGER),
];

/// The smallest type that holds the bounds, and an attribute for bounds that the type does not imply.
fn integer(keywords: &mut Keywords) -> (Type, Vec<String>) {
    let whole = |value: Option<&Value>| {
        let number = value?.as_number()?;
        number.as_i64().or_else(|| {
            let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
            #[expect(clippy::cast_possible_truncation, reason = "a bound beyond saturates")]
            Some(float as i64)
        })
    };
    let mut least = whole(keywords.get("minimum"));
    let mut most = whole(keywords.get("maximum"));
    for word in ["minimum", "maximum"] {
        if whole(keywords.get(word)).is_some() {
            keywords.take(word);
        }
    }
    if let Some(bound) = whole(keywords.get("exclusiveMinimum")) {
        keywords.take("exclusiveMinimum");
        least = Some(least.unwrap_or(i64::MIN).max(bound.saturating_add(1)));
    }
    if let Some(bound) = whole(keywords.get("exclusiveMaximum")) {
        keywords.take("exclusiveMaximum");
        most = Some(most.unwrap_or(i64::MAX).min(bound.saturating_sub(1)));
    }
    // Formats as schemars and OpenAPI write them.
    if let Some(format) = keywords
        .get("format")
        .and_then(Value::as_str)
        .map(str::to_owned)
    {
        let name = format.replace("uint", "u").replace("int", "i");
        if let Some((_, low, high)) = INTEGERS.iter().find(|(known, ..)| *known == name) {
            keywords.take("format");
            least = Some(least.unwrap_or(*low));
            most = Some(most.unwrap_or(*high));
        }
    }
    let low = least.unwrap_or(-MAX_INTEGER).max(-MAX_INTEGER);
    let high = most.unwrap_or(MAX_INTEGER).min(MAX_INTEGER);
    let fits = |(_, from, to): &&(&str, i64, i64)| *from <= low && high <= *to;
    let (name, from, to) = INTEGERS
        .iter()
        .find(fits)
        .copied()
        .unwrap_or(("i64", low, high));
    let bound = |bound: i64, own: i64| (bound != own).then(|| number(&bound.into()));
    (
        Type::Plain(name),
        limits("range", bound(low, from), bound(high, to)),
    )
}

/// `range(min = 1, max = 5)`, without missing bounds.
pub(super) fn limits<T: std::fmt::Display>(
    word: &str,
    least: Option<T>,
    most: Option<T>,
) -> Vec<String> {
    let least = least.map(|least| format!("min = {least}"));
    let most = most.map(|most| format!("max = {most}"));
    let all: Vec<_> = least.into_iter().chain(most).collect();
    if all.is_empty() {
        Vec::new()
    } else {
        vec![format!("{word}({})", all.join(", "))]
    }
}

/// Whether a set can hold the type.
pub(super) fn is_ordered(ty: &Type) -> bool {
    matches!(ty, Type::Plain(name) if *name != "f64")
}
