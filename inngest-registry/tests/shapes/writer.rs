//! Writes random values of shapes.

use serde_json::{Map, Value, json};

use super::{Document, FORMATS, NAMES, Rest, Shape, Struct};

/// Writes values of shapes, preferring edge cases.
pub(crate) struct Writer {
    state: u64,
    /// Whether to write undeclared properties.
    open: bool,
}

impl Writer {
    pub(crate) fn new(seed: u64, open: bool) -> Self {
        Self { state: seed, open }
    }

    /// `SplitMix64`.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn between(&mut self, low: u64, high: u64) -> u64 {
        match self.below(3) {
            0 => low,
            1 => high,
            _ => low + self.next() % (high - low + 1),
        }
    }

    fn pick<'t, T>(&mut self, list: &'t [T]) -> &'t T {
        let index = self.below(list.len());
        &list[index]
    }

    pub(crate) fn write(&mut self, document: &Document) -> Value {
        self.structure(document, &document.root, 0)
    }

    fn structure(&mut self, document: &Document, content: &Struct, depth: u32) -> Value {
        let mut object = Map::new();
        for field in &content.fields {
            // Omit optional properties at the depth limit, so that values are finite.
            if field.required || (depth < 6 && self.below(3) > 0) {
                let value = self.shape(document, &field.shape, depth + 1);
                object.insert(field.name.into(), value);
            }
        }
        let extra = self.below(3) == 0;
        if extra && content.rest == Rest::Integers {
            let name = *self.pick(&NAMES);
            object.entry(name).or_insert(json!(7));
        } else if extra && self.open && content.rest == Rest::Open {
            let name = *self.pick(&NAMES);
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
        self.pick(&all).clone()
    }

    fn text(&mut self, length: u64) -> Value {
        let letters = ['a', '1', 'ß', ' '];
        (0..length)
            .map(|_| *self.pick(&letters))
            .collect::<String>()
            .into()
    }

    fn shape(&mut self, document: &Document, shape: &Shape, depth: u32) -> Value {
        if depth > 12 {
            return json!(null);
        }
        let below = depth + 1;
        match shape {
            Shape::Boolean => json!(self.below(2) == 0),
            Shape::Integer(format) => {
                let (_, low, high) = FORMATS.iter().find(|(name, ..)| name == format).unwrap();
                match self.below(4) {
                    0 => json!(low),
                    1 => json!(high),
                    2 if *format == "uint64" => json!(u64::MAX),
                    _ => json!(self.below(100)),
                }
            }
            Shape::Bounded(low, high) => {
                let offset = self.between(0, u64::try_from(high - low).unwrap());
                json!(low + i64::try_from(offset).unwrap())
            }
            Shape::Number => self
                .pick(&[json!(0.5), json!(-1e9), json!(3), json!(2.0)])
                .clone(),
            Shape::Text(low, high) => {
                let length = self.between(*low, *high);
                self.text(length)
            }
            Shape::Pattern(pattern) => {
                let letter =
                    pattern.contains('a') && (!pattern.contains('|') || self.below(2) == 0);
                json!(if letter { "q" } else { "42" })
            }
            Shape::Values(values) | Shape::Documented(values) => json!(self.pick(values)),
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
                let count = if depth > 6 { 0 } else { self.below(3) };
                let mut object = Map::new();
                for _ in 0..count {
                    let name = *self.pick(&NAMES);
                    let value = self.shape(document, value, below);
                    object.insert(name.into(), value);
                }
                object.into()
            }
            Shape::Struct(content) => self.structure(document, content, depth),
            Shape::Nullable(_) | Shape::Option(_) if self.below(3) == 0 || depth > 6 => json!(null),
            Shape::Nullable(inner) => self.shape(document, inner, below),
            Shape::Option(index) | Shape::Reference(index) => {
                self.shape(document, &document.definitions[*index], below)
            }
            Shape::Tagged(variants) => {
                let (tag, content) = self.pick(variants);
                let mut value = self.structure(document, content, depth);
                value["kind"] = json!(tag);
                value
            }
            Shape::External(variants) => match self.pick(variants) {
                (name, None) => json!(name),
                (name, Some(content)) => json!({ *name: self.shape(document, content, below) }),
            },
            Shape::Untagged(branches) | Shape::One(branches) => {
                let branch = self.pick(branches);
                self.shape(document, branch, below)
            }
            Shape::Anything => self.anything(),
        }
    }
}
