//! Infers types that read all values of a shape and write them unchanged.

use inngest_grammar::limits::MAX_INTEGER;

use super::groups::Groups;
use super::maps::values_of_map;
use super::shape::Shape;
use crate::scaffold::build::Builder;
use crate::scaffold::code::{Body, Content, Field, Item, Tagging, Type, Variant};
use crate::scaffold::names::{self, UniqueNames};
use crate::walk::property;

/// Infers the types of one event.
pub(super) struct Inference<'a> {
    pub(super) builder: &'a mut Builder,
    /// The event, for notes.
    pub(super) label: &'a str,
    /// The struct of the event.
    pub(super) event: &'a str,
    pub(super) groups: &'a Groups,
}

/// The place of a value.
#[derive(Clone, Debug)]
pub(super) struct At {
    pub(super) path: String,
    /// The key, in the singular for the elements of a list.
    pub(super) key: String,
    /// The keys of the objects around it, without the event.
    pub(super) around: Vec<String>,
}

impl At {
    fn member(&self, key: &str) -> Self {
        let mut around = self.around.clone();
        if !self.key.is_empty() {
            around.push(self.key.clone());
        }
        Self {
            path: property(&self.path, key),
            key: key.to_owned(),
            around,
        }
    }

    fn element(&self) -> Self {
        Self {
            path: format!("{}[]", self.path),
            key: names::singular(&self.key),
            around: self.around.clone(),
        }
    }
}

impl Inference<'_> {
    fn note(&mut self, at: &At, text: &str) {
        self.builder
            .notes
            .push(format!("{}: `{}` {text}", self.label, at.path));
    }

    /// Names for a type: the key, then with the keys around it, then with the event.
    fn candidates(&self, at: &At) -> Vec<String> {
        // `Type` alone is too vague; `EventType` is not.
        let is_vague = VAGUE.contains(&names::field(&at.key).as_str());
        let mut candidates: Vec<String> = (!is_vague)
            .then(|| names::pascal(&at.key))
            .into_iter()
            .collect();
        let mut name = at.key.clone();
        for around in at.around.iter().rev() {
            name = format!("{around}_{name}");
            candidates.push(names::pascal(&name));
        }
        candidates.push(format!("{}{}", self.event, names::pascal(&name)));
        candidates
    }

    /// The fields of an object.
    pub(super) fn fields(&mut self, shape: &Shape, at: &At) -> Vec<Field> {
        let mut unique = UniqueNames::default();
        let mut fields = Vec::new();
        for (key, member) in &shape.members {
            let name = unique.assign(&[names::field(key)]);
            let ty = self.ty(member, &at.member(key));
            let mut field = Field::new(key, name, ty);
            if member.count < shape.objects {
                if member.nulls > 0 {
                    // Distinguishes `null` from an absent member.
                    self.builder.module.needs_nullable = true;
                    field.serde.push("default".to_owned());
                    field
                        .serde
                        .push("deserialize_with = \"nullable\"".to_owned());
                    field
                        .serde
                        .push("skip_serializing_if = \"Option::is_none\"".to_owned());
                    let inner = match field.ty {
                        inner @ Type::Option(_) => inner,
                        other => Type::Option(Box::new(other)),
                    };
                    field.ty = Type::Option(Box::new(inner));
                } else {
                    field.ty = Type::Option(Box::new(field.ty));
                    field.make_optional();
                }
            }
            fields.push(field);
        }
        fields
    }

    pub(super) fn ty(&mut self, shape: &Shape, at: &At) -> Type {
        let ty = match shape.kinds() {
            1 => self.of_one_kind(shape, at),
            2 => self.of_two_kinds(shape, at),
            _ => Type::Any,
        };
        match ty {
            Type::Any if shape.nulls == shape.count && shape.nulls > 0 => {
                Type::Option(Box::new(Type::Any))
            }
            ty if shape.nulls > 0 => ty.option(),
            ty => ty,
        }
    }

    fn of_one_kind(&mut self, shape: &Shape, at: &At) -> Type {
        if shape.booleans > 0 {
            Type::Plain("bool")
        } else if shape.numbers.count > 0 {
            self.number(shape, at)
        } else if shape.texts.count > 0 {
            self.text(shape, at)
        } else if shape.arrays > 0 {
            let element = match &shape.elements {
                Some(elements) if elements.count > 0 => self.ty(elements, &at.element()),
                _ => Type::Any,
            };
            Type::Vec(Box::new(element))
        } else {
            self.object(shape, at)
        }
    }

    /// An enum with a variant for each kind of JSON value.
    fn of_two_kinds(&mut self, shape: &Shape, at: &At) -> Type {
        let only = |keep: fn(&Shape, &mut Shape)| {
            let mut part = Shape::default();
            keep(shape, &mut part);
            part
        };
        let kinds = [
            ("Boolean", only(|from, to| to.booleans = from.booleans)),
            ("Number", only(|from, to| to.numbers = from.numbers.clone())),
            ("Text", only(|from, to| to.texts = from.texts.clone())),
            (
                "List",
                only(|from, to| (to.arrays, to.elements) = (from.arrays, from.elements.clone())),
            ),
            (
                "Object",
                only(|from, to| {
                    (to.objects, to.largest) = (from.objects, from.largest);
                    to.members = from.members.clone();
                }),
            ),
        ];
        let mut variants = Vec::new();
        for (name, part) in kinds {
            if part.kinds() == 0 {
                continue;
            }
            let inner = At {
                key: format!("{}_{}", at.key, name.to_ascii_lowercase()),
                ..at.clone()
            };
            let ty = match name {
                "Text" => Type::STRING,
                _ => self.of_one_kind(&part, &inner),
            };
            variants.push(Variant {
                docs: None,
                key: String::new(),
                name: name.to_owned(),
                content: Content::Types(vec![ty]),
                serde: Vec::new(),
            });
        }
        let item = Item::new(String::new(), Body::Enum(Tagging::Untagged, variants));
        Type::Named(self.builder.add_shared(&self.candidates(at), item))
    }

    fn number(&mut self, shape: &Shape, at: &At) -> Type {
        let numbers = &shape.numbers;
        if numbers.floats == numbers.count {
            return Type::Plain("f64");
        }
        if numbers.floats > 0 || (numbers.negative > 0 && numbers.beyond_i64 > 0) {
            // An `f64` would write 22 as 22.0.
            return Type::Number;
        }
        if numbers.largest > MAX_INTEGER.unsigned_abs() {
            self.note(
                at,
                "has integers beyond ±(2^53−1), which the client refuses to send; send them as text, \
                 with `#[serde(with = \"inngest_core::AsString\")]`",
            );
        }
        Type::Plain(if numbers.negative > 0 { "i64" } else { "u64" })
    }

    fn text(&mut self, shape: &Shape, at: &At) -> Type {
        let Some(words) = shape.texts.words().filter(|_| !is_open(&at.key)) else {
            return Type::STRING;
        };
        let mut unique = UniqueNames::default();
        let variants = words.iter().map(|word| Variant {
            docs: None,
            key: (*word).to_owned(),
            name: unique.assign(&[names::pascal(word)]),
            content: Content::Unit,
            serde: Vec::new(),
        });
        let body = Body::Enum(Tagging::External, variants.collect());
        let count = words.len();
        self.note(
            at,
            &format!(
                "is an enum of the {count} values in {} samples; events with any other value cannot be read",
                shape.texts.count
            ),
        );
        let item = Item::new(String::new(), body);
        Type::Named(self.builder.add_shared(&self.candidates(at), item))
    }

    fn object(&mut self, shape: &Shape, at: &At) -> Type {
        if let Some(values) = values_of_map(shape, &at.key) {
            let value = if values.count == 0 {
                Type::Any
            } else {
                self.ty(&values, &at.element())
            };
            return Type::Map("String", Box::new(value));
        }
        let (shape, at) = match self.groups.find(&at.key, shape) {
            Some((shape, key)) => (shape, &At { key, ..at.clone() }),
            None => (shape, at),
        };
        let fields = self.fields(shape, at);
        let item = Item::new(String::new(), Body::Struct(fields));
        Type::Named(self.builder.add_shared(&self.candidates(at), item))
    }
}

/// Keys that are too vague to name a type.
const VAGUE: [&str; 7] = [
    "type", "data", "object", "value", "kind", "content", "event",
];

/// Whether strings with this key can have any value, however few values were seen.
fn is_open(key: &str) -> bool {
    let name = names::field(key);
    let last = name.rsplit('_').next().unwrap_or(&name);
    let open = [
        "id",
        "ids",
        "sku",
        "name",
        "email",
        "url",
        "title",
        "token",
        "key",
        "text",
        "message",
        "description",
        "country",
        "currency",
        "locale",
        "language",
        "city",
        "version",
        "login",
        "tag",
        "label",
        "path",
        "ref",
        "branch",
        "user",
        "host",
        "domain",
    ];
    open.contains(&last)
}
