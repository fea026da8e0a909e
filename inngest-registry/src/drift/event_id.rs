//! Checks whether the id of an event is the one that its template prints from its data.

use inngest_grammar::template::{Piece, Template};
use serde_json::Value;

use super::shape::Shape;

/// A template whose placeholders are looked up in the data.
#[derive(Debug)]
pub(super) struct IdTemplate {
    pieces: Vec<IdPiece>,
}

#[derive(Debug)]
enum IdPiece {
    Text(String),
    Field {
        /// As in the template.
        name: String,
        /// The path in the data; `None` if it is unknown where the field is or how it is printed.
        path: Option<Vec<String>>,
    },
}

/// A piece of the expected id.
enum Expected<'a> {
    Text(&'a str),
    Value {
        name: &'a str,
        printed: String,
    },
    /// Any text that is not empty.
    Any,
}

/// Why an id is not the expected one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// The template prints no such id, whatever the values.
    Form,
    /// The id contradicts the data in these fields, in each one alone or in all together.
    Values(Vec<String>),
}

impl IdTemplate {
    /// Parses a template. `None` if the text is not one, as in an index that another tool wrote.
    pub(super) fn parse(text: &str, shape: &Shape) -> Option<Self> {
        let template = Template::parse(text).ok()?;
        let pieces = template.pieces().iter().map(|piece| match piece {
            Piece::Text(text) => IdPiece::Text(text.clone()),
            Piece::Placeholder(placeholder) => {
                let found = shape.follow("data", placeholder.path());
                let certain = found.filter(|(_, place)| place.prints_as_json());
                IdPiece::Field {
                    name: placeholder.path().to_owned(),
                    path: certain.map(|(path, _)| path),
                }
            }
        });
        Some(Self {
            pieces: pieces.collect(),
        })
    }

    /// Compares an id with the data.
    pub(super) fn mismatch(&self, id: &str, data: &Value) -> Option<Mismatch> {
        let expected: Vec<_> = self
            .pieces
            .iter()
            .map(|piece| piece.expected(data))
            .collect();
        let with = |is_fixed: &dyn Fn(&str) -> bool| {
            let pieces = expected.iter().map(|piece| match piece {
                Expected::Text(text) => Some(*text),
                Expected::Value { name, printed } if is_fixed(name) => Some(printed.as_str()),
                Expected::Value { .. } | Expected::Any => None,
            });
            matches(&pieces.collect::<Vec<_>>(), id)
        };
        if with(&|_| true) {
            return None;
        }
        if !with(&|_| false) {
            return Some(Mismatch::Form);
        }
        let names: Vec<&str> = expected
            .iter()
            .filter_map(|piece| match piece {
                Expected::Value { name, .. } => Some(*name),
                _ => None,
            })
            .collect();
        let alone = names.iter().filter(|name| !with(&|other| other == **name));
        let mut wrong: Vec<String> = alone.map(|name| (*name).to_owned()).collect();
        if wrong.is_empty() {
            wrong = names.iter().map(|name| (*name).to_owned()).collect();
        }
        Some(Mismatch::Values(wrong))
    }
}

impl IdPiece {
    fn expected(&self, data: &Value) -> Expected<'_> {
        let (name, path) = match self {
            Self::Text(text) => return Expected::Text(text),
            Self::Field { path: None, .. } => return Expected::Any,
            Self::Field {
                name,
                path: Some(path),
            } => (name, path),
        };
        let value = path.iter().try_fold(data, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            value => value.get(part),
        });
        match value.and_then(printed) {
            Some(printed) => Expected::Value { name, printed },
            // A field that is missing or has another type breaks the schema, which is reported.
            None => Expected::Any,
        }
    }
}

/// The text of a value in an id.
fn printed(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        // A server may return an integer as `5.0`.
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => Some(format!("{float:.0}")),
            _ => Some(number.to_string()),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether text consists of these pieces. `None` is any text that is not empty.
fn matches(pieces: &[Option<&str>], text: &str) -> bool {
    match pieces {
        [] => text.is_empty(),
        [Some(piece), rest @ ..] => text
            .strip_prefix(piece)
            .is_some_and(|text| matches(rest, text)),
        [None, rest @ ..] => {
            let mut ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
            ends.any(|end| text.get(end..).is_some_and(|text| matches(rest, text)))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(text: &str) -> IdTemplate {
        let schema = json!({ "properties": { "data": { "properties": {
            "itemId": { "type": "string" },
            "n": { "type": ["integer", "null"] },
            "kind": { "enum": ["a"] },
            "order": { "$ref": "#/$defs/Order" },
        } } }, "$defs": { "Order": { "properties": { "id": { "type": "integer" } } } } });
        IdTemplate::parse(text, &Shape::of(&schema, &["data"])).unwrap()
    }

    #[test]
    fn ids_are_compared_with_the_data() {
        let values = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned());
            Some(Mismatch::Values(names.collect()))
        };
        let data = json!({ "itemId": "a-b", "n": 7, "kind": "a", "order": { "id": 3.0 } });
        for (text, id, expected) in [
            ("item-{item_id}", "item-a-b", None),
            ("item-{item_id}", "item-a-c", values(&["item_id"])),
            ("item-{item_id}", "item-", Some(Mismatch::Form)),
            ("item-{item_id}", "order-a-b", Some(Mismatch::Form)),
            ("x-{n}-{item_id}", "x-7-a-b", None),
            ("x-{n}-{item_id}", "x-8-a-b", values(&["n"])),
            ("x-{n}-{item_id}", "x-8-c", values(&["n", "item_id"])),
            ("x-{order.id}", "x-3", None),
            ("x-{order.id}", "x-4", values(&["order.id"])),
            ("x-{n.0}", "x-7", None),
            // Variants of an enum and unknown fields may print any text.
            ("x-{kind}-{n}", "x-other-7", None),
            ("x-{kind}-{n}", "x-other-8", values(&["n"])),
            ("x-{gone}", "x-ü", None),
            ("x-{gone}", "x-", Some(Mismatch::Form)),
            ("{{{n}}}", "{7}", None),
        ] {
            assert_eq!(template(text).mismatch(id, &data), expected, "{text} {id}");
        }
        // A missing field is reported elsewhere.
        assert_eq!(template("x-{n}").mismatch("x-1", &json!({})), None);
        assert_eq!(
            template("x-{n}").mismatch("x-1", &json!({ "n": null })),
            None
        );
    }
}
