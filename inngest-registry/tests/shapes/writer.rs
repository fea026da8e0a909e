//! Writes random values of shapes.

use serde_json::{Map, Value, json};

use super::random::Random;
use super::{Document, FORMATS, NAMES, Rest, Shape, Struct};

/// Writes values of shapes, preferring edge cases.
pub(crate) struct Writer {
    random: Random,
    /// Whether to write undeclared properties.
    open: bool,
}

impl Writer {
    pub(crate) fn new(seed: u64, open: bool) -> Self {
        Self {
            random: Random::new(seed),
            open,
        }
    }

    fn between(&mut self, low: u64, high: u64) -> u64 {
        match self.random.below(3) {
            0 => low,
            1 => high,
            _ => low + self.random.next() % (high - low + 1),
        }
    }

    pub(crate) fn write(&mut self, document: &Document) -> Value {
        self.structure(document, &document.root, 0)
    }

    fn structure(&mut self, document: &Document, content: &Struct, depth: u32) -> Value {
        let mut object = Map::new();
        for field in &content.fields {
            // Omit optional properties at the depth limit, so that values are finite.
            if field.required || (depth < 6 && self.random.below(3) > 0) {
                let value = self.shape(document, &field.shape, depth + 1);
                object.insert(field.name.into(), value);
            }
        }
        let extra = self.random.chance(3);
        if extra && content.rest == Rest::Integers {
            let name = *self.random.pick(&NAMES);
            object.entry(name).or_insert(json!(7));
        } else if extra && self.open && content.rest == Rest::Open {
            let name = *self.random.pick(&NAMES);
            let value = self.anything();
            object.entry(name).or_insert(value);
        }
        object.into()
    }

    fn anything(&mut self) -> Value {
        let all = [
            json!(null),
            json!(true),
            json!(0),
            json!(-7),
            json!(1.5),
            json!(1e20),
            json!(""),
            json!("open"),
            json!("longer than any"),
            json!([]),
            json!([1, "a", null]),
            json!({}),
            json!({ "a": 1, "kind": "open", "a b": [] }),
        ];
        self.random.pick(&all).clone()
    }

    fn text(&mut self, length: u64) -> Value {
        let letters = ['a', '1', 'ß', ' '];
        (0..length)
            .map(|_| *self.random.pick(&letters))
            .collect::<String>()
            .into()
    }

    fn shape(&mut self, document: &Document, shape: &Shape, depth: u32) -> Value {
        if depth > 12 {
            return json!(null);
        }
        let below = depth + 1;
        match shape {
            Shape::Boolean => json!(self.random.chance(2)),
            Shape::Integer(format) => {
                let (_, low, high) = FORMATS.iter().find(|(name, ..)| name == format).unwrap();
                match self.random.below(4) {
                    0 => json!(low),
                    1 => json!(high),
                    2 if *format == "uint64" => json!(u64::MAX),
                    _ => json!(self.random.below(100)),
                }
            }
            Shape::Bounded(low, high) => {
                let offset = self.between(0, u64::try_from(high - low).unwrap());
                json!(low + i64::try_from(offset).unwrap())
            }
            Shape::Number => self
                .random
                .pick(&[json!(0.5), json!(-1e9), json!(3), json!(2.0)])
                .clone(),
            Shape::Text(low, high) => {
                let length = self.between(*low, *high);
                self.text(length)
            }
            Shape::Pattern(pattern) => {
                let letter =
                    pattern.contains('a') && (!pattern.contains('|') || self.random.chance(2));
                json!(if letter { "q" } else { "42" })
            }
            Shape::Values(values) | Shape::Documented(values) => json!(self.random.pick(values)),
            Shape::List(item, low, high) => {
                let length = self.between(*low, *high);
                let length = if depth > 6 { *low } else { length };
                (0..length)
                    .map(|_| self.shape(document, item, below))
                    .collect()
            }
            Shape::Tuple(items) => {
                let items = items.iter().map(|item| self.shape(document, item, below));
                items.collect::<Vec<_>>().into()
            }
            Shape::Map(value) => {
                let count = if depth > 6 { 0 } else { self.random.below(3) };
                let mut object = Map::new();
                for _ in 0..count {
                    let name = *self.random.pick(&NAMES);
                    let value = self.shape(document, value, below);
                    object.insert(name.into(), value);
                }
                object.into()
            }
            Shape::Struct(content) => self.structure(document, content, depth),
            Shape::Nullable(_) | Shape::Option(_) if self.random.chance(3) || depth > 6 => {
                json!(null)
            }
            Shape::Nullable(inner) => self.shape(document, inner, below),
            Shape::Option(index) | Shape::Reference(index) => {
                self.shape(document, &document.definitions[*index], below)
            }
            Shape::Tagged(variants) => {
                let (tag, content) = self.random.pick(variants);
                let mut value = self.structure(document, content, depth);
                value["kind"] = json!(tag);
                value
            }
            Shape::External(variants) => match self.random.pick(variants) {
                (name, None) => json!(name),
                (name, Some(content)) => json!({ *name: self.shape(document, content, below) }),
            },
            Shape::Untagged(branches) | Shape::One(branches) => {
                let branch = self.random.pick(branches);
                self.shape(document, branch, below)
            }
            Shape::Anything => self.anything(),
        }
    }
}
