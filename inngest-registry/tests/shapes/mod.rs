//! Generates random types: their schemas as schemars writes them, the values they serialize to, and
//! typical edits.

#[path = "../support/random.rs"]
mod random;
mod writer;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

pub(crate) use self::writer::Writer;

#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Boolean,
    /// A Rust integer type, named by its format.
    Integer(&'static str),
    Bounded(i64, i64),
    Number,
    Text(u64, u64),
    /// `D` are digits and `L` letters, or the text may be any.
    Pattern(&'static str),
    Values(Vec<&'static str>),
    List(Box<Self>, u64, u64),
    Tuple(Vec<Self>),
    Map(Box<Self>),
    Struct(Struct),
    Nullable(Box<Self>),
    /// `Option<T>` of a referenced type.
    Option(usize),
    /// An enum without data and with a doc comment on each value.
    Documented(Vec<&'static str>),
    /// `#[serde(tag = "kind")]`
    Tagged(Vec<(&'static str, Struct)>),
    /// Serde's default representation: externally tagged.
    External(Vec<(&'static str, Option<Self>)>),
    /// `#[serde(untagged)]`
    Untagged(Vec<Self>),
    /// Written by hand: exactly one variant matches.
    One(Vec<Self>),
    Anything,
    Reference(usize),
}

#[derive(Clone, Debug)]
pub(crate) struct Struct {
    fields: Vec<Field>,
    rest: Rest,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    name: &'static str,
    shape: Shape,
    required: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rest {
    Open,
    /// `#[serde(deny_unknown_fields)]`
    Refused,
    /// A flattened map of integers.
    Integers,
}

#[derive(Clone, Debug)]
pub(crate) struct Document {
    root: Struct,
    definitions: Vec<Shape>,
}

const NAMES: [&str; 5] = ["a", "b", "c", "total", "a b"];
const WORDS: [&str; 5] = ["open", "paid", "void", "x", "1"];
/// Variants of large enums.
const KINDS: [&str; 30] = [
    "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9", "k10", "k11", "k12", "k13", "k14",
    "k15", "k16", "k17", "k18", "k19", "k20", "k21", "k22", "k23", "k24", "k25", "k26", "k27",
    "k28", "k29",
];
const FORMATS: [(&str, i64, i64); 6] = [
    ("uint8", 0, 255),
    ("int32", -2_147_483_648, 2_147_483_647),
    ("uint32", 0, 4_294_967_295),
    ("int64", i64::MIN, i64::MAX),
    ("uint64", 0, i64::MAX),
    ("int8", -128, 127),
];
const PATTERNS: [&str; 3] = ["^\\d{2}$", "^[a-z]$", "^(\\d{2}|[a-z])$"];
const DEFINITIONS: usize = 2;

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&NAMES[..])
}

fn words() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(&WORDS[..], 1..4)
}

fn rest() -> impl Strategy<Value = Rest> {
    prop_oneof![6 => Just(Rest::Open), 2 => Just(Rest::Refused), 1 => Just(Rest::Integers)]
}

fn structure(shape: impl Strategy<Value = Shape> + Clone) -> impl Strategy<Value = Struct> {
    let names = prop::sample::subsequence(&NAMES[..], 0..4);
    names.prop_flat_map(move |names| {
        let fields: Vec<_> = names
            .into_iter()
            .map(|name| {
                (shape.clone(), any::<bool>()).prop_map(move |(shape, required)| Field {
                    name,
                    shape,
                    required,
                })
            })
            .collect();
        (fields, rest()).prop_map(|(fields, rest)| Struct { fields, rest })
    })
}

fn leaf() -> impl Strategy<Value = Shape> + Clone {
    prop_oneof![
        Just(Shape::Boolean),
        prop::sample::select(&FORMATS[..]).prop_map(|(format, ..)| Shape::Integer(format)),
        (-3_i64..4, 0_i64..5).prop_map(|(low, width)| Shape::Bounded(low, low + width)),
        Just(Shape::Number),
        (0_u64..3, 0_u64..4).prop_map(|(low, width)| Shape::Text(low, low + width)),
        prop::sample::select(&PATTERNS[..]).prop_map(Shape::Pattern),
        words().prop_map(Shape::Values),
        Just(Shape::Anything),
        (0..DEFINITIONS).prop_map(Shape::Reference),
        (0..DEFINITIONS).prop_map(Shape::Option),
    ]
}

pub(crate) fn shape() -> impl Strategy<Value = Shape> + Clone {
    leaf().prop_recursive(3, 24, 3, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            (boxed.clone(), 0_u64..2, 0_u64..3).prop_map(|(s, low, w)| Shape::List(
                s,
                low,
                low + w
            )),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Shape::Tuple),
            boxed.clone().prop_map(Shape::Map),
            structure(inner.clone()).prop_map(Shape::Struct),
            boxed.prop_map(Shape::Nullable),
            words()
                .prop_flat_map({
                    let inner = inner.clone();
                    move |words| {
                        let structs = words.into_iter().map(|word| {
                            structure(inner.clone()).prop_map(move |content| (word, content))
                        });
                        structs.collect::<Vec<_>>()
                    }
                })
                .prop_map(Shape::Tagged),
            words()
                .prop_flat_map({
                    let inner = inner.clone();
                    move |words| {
                        let contents = words.into_iter().map(|word| {
                            prop::option::of(inner.clone()).prop_map(move |content| (word, content))
                        });
                        contents.collect::<Vec<_>>()
                    }
                })
                .prop_map(Shape::External),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Shape::Untagged),
            prop::collection::vec(inner, 2..3).prop_map(Shape::One),
        ]
    })
}

/// Enums with many variants.
fn large() -> impl Strategy<Value = Shape> {
    let kinds = || prop::sample::subsequence(&KINDS[..], 10..=KINDS.len());
    prop_oneof![
        kinds().prop_map(Shape::Documented),
        kinds()
            .prop_flat_map(|kinds| {
                let structs = kinds
                    .into_iter()
                    .map(|kind| structure(leaf()).prop_map(move |content| (kind, content)));
                structs.collect::<Vec<_>>()
            })
            .prop_map(Shape::Tagged),
        kinds()
            .prop_flat_map(|kinds| {
                let contents = kinds
                    .into_iter()
                    .map(|kind| prop::option::of(leaf()).prop_map(move |content| (kind, content)));
                contents.collect::<Vec<_>>()
            })
            .prop_map(Shape::External),
    ]
}

/// A document with an enum that has many variants.
pub(crate) fn large_document() -> impl Strategy<Value = Document> {
    (document(), large()).prop_map(|(document, large)| Document {
        root: Struct::of(large),
        ..document
    })
}

pub(crate) fn document() -> impl Strategy<Value = Document> {
    let definitions = prop::collection::vec(shape(), DEFINITIONS);
    (structure(shape()), definitions).prop_map(|(root, definitions)| Document {
        root,
        // A definition must not be only a reference to itself.
        definitions: definitions
            .into_iter()
            .map(|shape| {
                if shape.leads_on() {
                    Shape::Struct(Struct::of(shape))
                } else {
                    shape
                }
            })
            .collect(),
    })
}

/// One edit: its place, its kind and the new type.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    place: usize,
    kind: usize,
    name: &'static str,
    shape: Shape,
}

pub(crate) fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit =
        (any::<usize>(), any::<usize>(), name(), shape()).prop_map(|(place, kind, name, shape)| {
            Edit {
                place,
                kind,
                name,
                shape,
            }
        });
    prop::collection::vec(edit, 1..3)
}

impl Document {
    pub(crate) fn schema(&self) -> Value {
        let mut schema = self.root.schema();
        let definitions = self.definitions.iter().enumerate();
        schema["$defs"] = definitions
            .map(|(index, shape)| (format!("T{index}"), shape.schema()))
            .collect::<Map<_, _>>()
            .into();
        schema
    }

    pub(crate) fn edited(&self, edits: &[Edit]) -> Self {
        let mut document = self.clone();
        for edit in edits {
            let mut root = Shape::Struct(document.root.clone());
            let mut count = 0;
            root.each(&mut |_| count += 1);
            for definition in &mut document.definitions {
                definition.each(&mut |_| count += 1);
            }
            let mut place = edit.place % count;
            let mut apply = |shape: &mut Shape| {
                if place == 0 {
                    shape.edit(edit);
                }
                place = place.wrapping_sub(1);
            };
            root.each(&mut apply);
            for definition in &mut document.definitions {
                definition.each(&mut apply);
                if definition.leads_on() {
                    *definition = Shape::Struct(Struct::of(definition.clone()));
                }
            }
            document.root = match root {
                Shape::Struct(root) => root,
                other => Struct::of(other),
            };
        }
        document
    }
}

impl Struct {
    fn of(shape: Shape) -> Self {
        Self {
            fields: vec![Field {
                name: "a",
                shape,
                required: false,
            }],
            rest: Rest::Open,
        }
    }

    fn schema(&self) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in &self.fields {
            properties.insert(field.name.into(), field.shape.schema());
            if field.required {
                required.push(field.name);
            }
        }
        let mut schema = json!({ "type": "object" });
        if !properties.is_empty() {
            schema["properties"] = properties.into();
        }
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        match self.rest {
            Rest::Open => {}
            Rest::Refused => schema["additionalProperties"] = json!(false),
            Rest::Integers => schema["additionalProperties"] = json!({ "type": "integer" }),
        }
        schema
    }

    fn edit(&mut self, edit: &Edit) {
        let known = self.fields.iter().position(|field| field.name == edit.name);
        match (known, edit.kind % 4) {
            (Some(index), 0) => {
                self.fields.remove(index);
            }
            (Some(index), 1 | 2) => {
                let field = &mut self.fields[index];
                field.required = !field.required;
            }
            (Some(index), _) => self.fields[index].shape = edit.shape.clone(),
            (None, 0) => {
                self.rest = match self.rest {
                    Rest::Open => Rest::Refused,
                    _ => Rest::Open,
                }
            }
            (None, kind) => self.fields.push(Field {
                name: edit.name,
                shape: edit.shape.clone(),
                required: kind == 1,
            }),
        }
    }
}

impl Shape {
    /// Whether it has no content of its own before the next reference.
    fn leads_on(&self) -> bool {
        match self {
            Self::Reference(_) | Self::Option(_) => true,
            Self::Nullable(inner) => inner.leads_on(),
            Self::Untagged(all) | Self::One(all) => all.iter().any(Self::leads_on),
            _ => false,
        }
    }

    fn schema(&self) -> Value {
        let list = |shapes: &[Self]| shapes.iter().map(Self::schema).collect::<Vec<_>>();
        match self {
            Self::Boolean => json!({ "type": "boolean" }),
            Self::Integer(format) if format.starts_with('u') => {
                json!({ "type": "integer", "format": format, "minimum": 0 })
            }
            Self::Integer(format) => json!({ "type": "integer", "format": format }),
            Self::Bounded(low, high) => {
                json!({ "type": "integer", "minimum": low, "maximum": high })
            }
            Self::Number => json!({ "type": "number", "format": "double" }),
            Self::Text(low, high) => {
                json!({ "type": "string", "minLength": low, "maxLength": high })
            }
            Self::Pattern(pattern) => json!({ "type": "string", "pattern": pattern }),
            Self::Values(values) => json!({ "type": "string", "enum": values }),
            Self::Documented(values) => {
                let values = values.iter().map(
                    |value| json!({ "type": "string", "const": value, "description": "A value." }),
                );
                json!({ "oneOf": values.collect::<Vec<_>>() })
            }
            Self::List(item, low, high) => {
                json!({ "type": "array", "items": item.schema(), "minItems": low, "maxItems": high })
            }
            Self::Tuple(items) => json!({
                "type": "array",
                "prefixItems": list(items),
                "minItems": items.len(),
                "maxItems": items.len(),
            }),
            Self::Map(value) => json!({ "type": "object", "additionalProperties": value.schema() }),
            Self::Struct(content) => content.schema(),
            Self::Nullable(inner) => {
                let mut schema = inner.schema();
                match schema.get("type") {
                    Some(Value::String(name)) if schema.get("enum").is_none() => {
                        schema["type"] = json!([name, "null"]);
                        schema
                    }
                    _ => json!({ "anyOf": [schema, { "type": "null" }] }),
                }
            }
            Self::Option(index) => {
                json!({ "anyOf": [{ "$ref": format!("#/$defs/T{index}") }, { "type": "null" }] })
            }
            Self::Tagged(variants) => {
                let variants = variants.iter().map(|(tag, content)| {
                    let mut schema = content.schema();
                    let mut required = schema["required"].as_array().cloned().unwrap_or_default();
                    required.push(json!("kind"));
                    schema["required"] = required.into();
                    schema["properties"]["kind"] = json!({ "type": "string", "const": tag });
                    schema
                });
                json!({ "oneOf": variants.collect::<Vec<_>>() })
            }
            Self::External(variants) => {
                let (units, others): (Vec<_>, Vec<_>) =
                    variants.iter().partition(|(_, content)| content.is_none());
                let units: Vec<_> = units.into_iter().map(|(name, _)| *name).collect();
                let mut all = Vec::new();
                if !units.is_empty() {
                    all.push(json!({ "type": "string", "enum": units }));
                }
                all.extend(others.into_iter().filter_map(|(name, content)| {
                    let content = content.as_ref()?.schema();
                    Some(json!({
                        "type": "object",
                        "properties": { *name: content },
                        "required": [name],
                        "additionalProperties": false,
                    }))
                }));
                json!({ "oneOf": all })
            }
            Self::Untagged(branches) => json!({ "anyOf": list(branches) }),
            Self::One(branches) => json!({ "oneOf": list(branches) }),
            Self::Anything => json!(true),
            Self::Reference(index) => json!({ "$ref": format!("#/$defs/T{index}") }),
        }
    }

    /// Visits this shape and all shapes inside it.
    fn each(&mut self, visit: &mut impl FnMut(&mut Self)) {
        visit(self);
        match self {
            Self::List(inner, ..) | Self::Map(inner) | Self::Nullable(inner) => inner.each(visit),
            Self::Tuple(all) | Self::Untagged(all) | Self::One(all) => {
                for shape in all {
                    shape.each(visit);
                }
            }
            Self::Struct(content) => {
                content.fields.iter_mut().for_each(|f| f.shape.each(visit));
            }
            Self::Tagged(variants) => variants.iter_mut().for_each(|(_, content)| {
                content.fields.iter_mut().for_each(|f| f.shape.each(visit));
            }),
            Self::External(variants) => variants.iter_mut().for_each(|(_, content)| {
                if let Some(shape) = content {
                    shape.each(visit);
                }
            }),
            _ => {}
        }
    }

    fn edit(&mut self, edit: &Edit) {
        let small = i64::try_from(edit.kind % 5).unwrap() - 2;
        match self {
            Self::Struct(content) => content.edit(edit),
            Self::Tagged(variants) => match edit.kind % 3 {
                0 if variants.len() > 1 => {
                    variants.pop();
                }
                1 => {
                    let unused = WORDS
                        .iter()
                        .chain(&KINDS)
                        .find(|w| !variants.iter().any(|(k, _)| k == *w));
                    variants.extend(unused.map(|word| (*word, Struct::of(edit.shape.clone()))));
                }
                _ => {
                    let index = edit.place % variants.len();
                    variants[index].1.edit(edit);
                }
            },
            Self::External(variants) => match edit.kind % 3 {
                0 if variants.len() > 1 => {
                    variants.pop();
                }
                1 => {
                    let unused = WORDS
                        .iter()
                        .chain(&KINDS)
                        .find(|w| !variants.iter().any(|(k, _)| k == *w));
                    variants.extend(unused.map(|word| (*word, Some(edit.shape.clone()))));
                }
                _ => {
                    let index = edit.place % variants.len();
                    variants[index].1 = Some(edit.shape.clone());
                }
            },
            Self::Values(values) | Self::Documented(values) => {
                let word = WORDS[edit.place % WORDS.len()];
                match values.iter().position(|value| *value == word) {
                    Some(index) if values.len() > 1 => {
                        values.remove(index);
                    }
                    Some(_) => {}
                    None => values.push(word),
                }
            }
            Self::Untagged(branches) if edit.kind.is_multiple_of(2) => {
                branches.push(edit.shape.clone());
            }
            Self::Untagged(branches) if branches.len() > 1 => {
                branches.pop();
            }
            Self::Bounded(_, high) => *high += small.max(0),
            Self::Text(low, high) => {
                *low = low.saturating_add_signed(small);
                *high = (*high).max(*low);
            }
            Self::List(_, low, high) => {
                *low = low.saturating_add_signed(small).min(3);
                *high = high.saturating_add_signed(small).max(*low);
            }
            Self::Nullable(inner) => *self = (**inner).clone(),
            other if edit.kind.is_multiple_of(2) => {
                *other = Self::Nullable(Box::new(other.clone()));
            }
            other => *other = edit.shape.clone(),
        }
    }
}
