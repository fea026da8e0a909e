//! Generates random types that refer to each other: their schemas as schemars writes them, the values
//! that serde writes, and edits.

use serde_json::{Map, Value, json};

use super::random::Random;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Leaf {
    Text,
    /// A string with this minimum length.
    AtLeast(u64),
    U32,
    I32,
    I64,
    Number,
    Boolean,
}

#[derive(Clone, Debug)]
pub(crate) enum Type {
    Leaf(Leaf),
    /// `Box<T>`
    To(usize),
    Option(usize),
    List(Box<Self>),
    Map(Box<Self>),
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    name: String,
    of: Type,
    /// If false, an `Option` that is skipped when it is `None`.
    required: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Tagging {
    External,
    Internal,
    Adjacent,
    Untagged,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Unit,
    Newtype(Type),
    Struct(Vec<Field>),
}

#[derive(Clone, Debug)]
pub(crate) struct Variant {
    name: String,
    content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Struct(Vec<Field>),
    Enum(Tagging, Vec<Variant>),
    /// An enum without data.
    Units(Vec<String>),
}

#[derive(Clone, Debug)]
pub(crate) struct Kinds {
    kinds: Vec<Kind>,
    names: Vec<String>,
}

/// The effect of an edit on readers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effect {
    pub(crate) backward_breaks: bool,
    pub(crate) forward_breaks: bool,
    /// The number of listed changes.
    pub(crate) changes: usize,
}

const COMPATIBLE: Effect = Effect {
    backward_breaks: false,
    forward_breaks: false,
    changes: 1,
};

impl Kinds {
    /// The first kind is the root, which leads to all the others.
    pub(crate) fn random(count: usize, random: &mut Random) -> Self {
        let mut kinds: Vec<_> = (0..count)
            .map(|index| match random.below(6) {
                0 | 1 => Kind::Struct(fields(index, count, random)),
                2 if index > 0 => {
                    let count = 1 + random.below(6);
                    Kind::Units((0..count).map(|unit| format!("Unit{unit}")).collect())
                }
                _ if index == 0 => Kind::Struct(fields(index, count, random)),
                _ => {
                    let tagging = [
                        Tagging::External,
                        Tagging::Internal,
                        Tagging::Adjacent,
                        Tagging::Untagged,
                    ][random.below(4)];
                    Kind::Enum(tagging, variants(tagging, index, count, random))
                }
            })
            .collect();
        // Every kind is reached from an earlier one.
        for index in 1..count {
            let from = random.below(index);
            let link = Field {
                name: format!("to_{index}"),
                of: around(index, random),
                required: random.chance(2),
            };
            match &mut kinds[from] {
                Kind::Struct(fields) => fields.push(link),
                Kind::Enum(tagging, variants) => {
                    let content = match tagging {
                        Tagging::Untagged => marked(vec![link], &format!("mark_{index}")),
                        _ => Content::Struct(vec![link]),
                    };
                    variants.push(Variant {
                        name: format!("To{index}"),
                        content,
                    });
                }
                Kind::Units(_) => {
                    let Kind::Struct(fields) = &mut kinds[0] else {
                        unreachable!("the root is a struct");
                    };
                    fields.push(link);
                }
            }
        }
        Self {
            kinds,
            names: (0..count).map(|index| format!("Kind{index}")).collect(),
        }
    }

    pub(crate) fn schema(&self) -> Value {
        let definitions = self.kinds.iter().enumerate().skip(1);
        let definitions: Map<_, _> = definitions
            .map(|(index, kind)| (self.names[index].clone(), self.kind(kind)))
            .collect();
        let mut schema = self.kind(&self.kinds[0]);
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        schema["$defs"] = definitions.into();
        schema
    }

    fn reference(&self, index: usize) -> Value {
        match index {
            0 => json!({ "$ref": "#" }),
            _ => json!({ "$ref": format!("#/$defs/{}", self.names[index]) }),
        }
    }

    fn of(&self, of: &Type) -> Value {
        match of {
            Type::Leaf(leaf) => leaf.schema(),
            Type::To(index) => self.reference(*index),
            Type::Option(index) => {
                json!({ "anyOf": [self.reference(*index), { "type": "null" }] })
            }
            Type::List(inner) => json!({ "type": "array", "items": self.of(inner) }),
            Type::Map(inner) => json!({ "type": "object", "additionalProperties": self.of(inner) }),
        }
    }

    fn fields(&self, fields: &[Field]) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in fields {
            let mut of = self.of(&field.of);
            if field.required {
                required.push(field.name.as_str());
            } else if let (Type::Leaf(_), Some(name)) = (&field.of, of["type"].as_str()) {
                of["type"] = json!([name, "null"]);
            }
            properties.insert(field.name.clone(), of);
        }
        let mut schema = json!({ "type": "object" });
        if !properties.is_empty() {
            schema["properties"] = properties.into();
        }
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }

    fn kind(&self, kind: &Kind) -> Value {
        match kind {
            Kind::Struct(fields) => self.fields(fields),
            Kind::Units(units) => json!({ "type": "string", "enum": units }),
            Kind::Enum(Tagging::External, variants) => {
                let (units, others): (Vec<_>, Vec<_>) = variants
                    .iter()
                    .partition(|variant| matches!(variant.content, Content::Unit));
                let units: Vec<_> = units.iter().map(|variant| variant.name.as_str()).collect();
                let mut all = Vec::new();
                if !units.is_empty() {
                    all.push(json!({ "type": "string", "enum": units }));
                }
                all.extend(others.iter().map(|variant| {
                    json!({
                        "type": "object",
                        "properties": { &variant.name: self.content(&variant.content) },
                        "required": [&variant.name],
                        "additionalProperties": false,
                    })
                }));
                json!({ "oneOf": all })
            }
            Kind::Enum(tagging, variants) => {
                let all = variants.iter().map(|variant| {
                    let tag = json!({ "type": "string", "const": variant.name });
                    let mut schema = match (tagging, &variant.content) {
                        (Tagging::Adjacent, Content::Unit) => json!({ "type": "object" }),
                        (Tagging::Adjacent, content) => {
                            return json!({
                                "type": "object",
                                "properties": { "tag": tag, "content": self.content(content) },
                                "required": ["tag", "content"],
                            });
                        }
                        (Tagging::Untagged, content) => return self.content(content),
                        (_, Content::Unit) => json!({ "type": "object" }),
                        (_, Content::Newtype(Type::To(index))) => {
                            let mut schema = self.reference(*index);
                            schema["type"] = json!("object");
                            schema
                        }
                        (_, content) => self.content(content),
                    };
                    schema["properties"]["tag"] = tag;
                    let mut required = vec![json!("tag")];
                    required.extend(schema["required"].as_array().into_iter().flatten().cloned());
                    schema["required"] = required.into();
                    schema
                });
                let all: Vec<_> = all.collect();
                match tagging {
                    Tagging::Untagged => json!({ "anyOf": all }),
                    _ => json!({ "oneOf": all }),
                }
            }
        }
    }

    fn content(&self, content: &Content) -> Value {
        match content {
            Content::Unit => json!({ "type": "null" }),
            Content::Newtype(of) => self.of(of),
            Content::Struct(fields) => self.fields(fields),
        }
    }

    /// One random edit of one kind.
    pub(crate) fn edited(&self, random: &mut Random) -> (Self, String, Effect) {
        loop {
            let mut new = self.clone();
            let index = random.below(self.kinds.len());
            if random.chance(20) && index > 0 {
                new.names[index] = format!("Other{index}");
                let effect = Effect {
                    changes: 0,
                    ..COMPATIBLE
                };
                return (new, format!("another name for kind {index}"), effect);
            }
            let edited = match &mut new.kinds[index] {
                Kind::Struct(fields) => edit_fields(fields, random),
                Kind::Units(units) => Some(edit_units(units, random)),
                Kind::Enum(tagging, variants) => edit_variants(*tagging, variants, random),
            };
            if let Some((what, effect)) = edited {
                return (new, format!("kind {index}: {what}"), effect);
            }
        }
    }

    /// A value of the root, as serde writes it.
    pub(crate) fn value(&self, random: &mut Random) -> Value {
        self.write(0, random, 12)
    }

    fn write(&self, index: usize, random: &mut Random, depth: usize) -> Value {
        match &self.kinds[index] {
            Kind::Struct(fields) => self.write_fields(fields, random, depth),
            Kind::Units(units) => json!(units[random.below(units.len())]),
            Kind::Enum(tagging, variants) => {
                // The first variant ends the recursion.
                let chosen = if depth == 0 {
                    0
                } else {
                    random.below(variants.len())
                };
                let Variant { name, content } = &variants[chosen];
                let written = match content {
                    Content::Unit => Value::Null,
                    Content::Newtype(of) => self.write_type(of, random, depth.saturating_sub(1)),
                    Content::Struct(fields) => {
                        self.write_fields(fields, random, depth.saturating_sub(1))
                    }
                };
                match (tagging, content) {
                    (Tagging::External, Content::Unit) => json!(name),
                    (Tagging::External, _) => json!({ name: written }),
                    (Tagging::Untagged, _) => written,
                    (_, Content::Unit) => json!({ "tag": name }),
                    (Tagging::Adjacent, _) => json!({ "tag": name, "content": written }),
                    (Tagging::Internal, _) => {
                        let mut written = written;
                        written["tag"] = json!(name);
                        written
                    }
                }
            }
        }
    }

    fn write_fields(&self, fields: &[Field], random: &mut Random, depth: usize) -> Value {
        let mut written = Map::new();
        for field in fields {
            if field.required || (depth > 0 && random.chance(2)) {
                let value = self.write_type(&field.of, random, depth);
                written.insert(field.name.clone(), value);
            }
        }
        written.into()
    }

    fn write_type(&self, of: &Type, random: &mut Random, depth: usize) -> Value {
        let inner = depth.saturating_sub(1);
        match of {
            Type::Leaf(leaf) => leaf.value(random),
            Type::Option(_) if depth == 0 || random.chance(3) => Value::Null,
            Type::To(index) | Type::Option(index) => self.write(*index, random, inner),
            Type::List(_) if depth == 0 => json!([]),
            Type::List(of) => {
                let count = random.below(3);
                (0..count)
                    .map(|_| self.write_type(of, random, inner))
                    .collect()
            }
            Type::Map(_) if depth == 0 => json!({}),
            Type::Map(of) => {
                let count = random.below(3);
                let entries = (0..count).map(|key| {
                    let value = self.write_type(of, random, inner);
                    (format!("key{key}"), value)
                });
                entries.collect::<Map<_, _>>().into()
            }
        }
    }
}

impl Leaf {
    fn random(random: &mut Random) -> Self {
        [
            Self::Text,
            Self::AtLeast(2),
            Self::U32,
            Self::I32,
            Self::I64,
            Self::Number,
            Self::Boolean,
        ][random.below(7)]
    }

    fn schema(self) -> Value {
        match self {
            Self::Text => json!({ "type": "string" }),
            Self::AtLeast(least) => json!({ "type": "string", "minLength": least }),
            Self::U32 => json!({ "type": "integer", "format": "uint32", "minimum": 0 }),
            Self::I32 => json!({ "type": "integer", "format": "int32" }),
            Self::I64 => json!({ "type": "integer", "format": "int64" }),
            Self::Number => json!({ "type": "number", "format": "double" }),
            Self::Boolean => json!({ "type": "boolean" }),
        }
    }

    fn value(self, random: &mut Random) -> Value {
        match self {
            Self::Text => json!("x".repeat(random.below(4))),
            Self::AtLeast(least) => {
                json!("x".repeat(usize::try_from(least).unwrap() + random.below(3)))
            }
            Self::U32 => json!([0_u32, 7, u32::MAX][random.below(3)]),
            Self::I32 => json!([i32::MIN, -7, 7, i32::MAX][random.below(4)]),
            Self::I64 => json!([i64::MIN, -7, 7, i64::MAX][random.below(4)]),
            Self::Number => json!([0.5, -1.5, 7.0][random.below(3)]),
            Self::Boolean => json!(random.chance(2)),
        }
    }

    /// Another type, and its effect on readers.
    fn edited(self) -> (Self, Effect) {
        let widened = Effect {
            forward_breaks: true,
            ..COMPATIBLE
        };
        let narrowed = Effect {
            backward_breaks: true,
            ..COMPATIBLE
        };
        let exchanged = Effect {
            backward_breaks: true,
            forward_breaks: true,
            changes: 1,
        };
        match self {
            Self::Text => (Self::AtLeast(2), narrowed),
            Self::AtLeast(2) => (Self::AtLeast(1), widened),
            Self::AtLeast(least) => (Self::AtLeast(least + 1), narrowed),
            Self::U32 | Self::I32 => (Self::I64, widened),
            Self::I64 => (Self::I32, narrowed),
            Self::Number => (Self::Boolean, exchanged),
            Self::Boolean => (Self::Text, exchanged),
        }
    }
}

/// A type that refers to a kind but also has values without it.
fn around(index: usize, random: &mut Random) -> Type {
    match random.below(4) {
        0 => Type::Option(index),
        1 => Type::List(Box::new(Type::To(index))),
        2 => Type::Map(Box::new(Type::To(index))),
        _ => Type::List(Box::new(Type::Option(index))),
    }
}

fn fields(kind: usize, kinds: usize, random: &mut Random) -> Vec<Field> {
    let count = 1 + random.below(4);
    (0..count)
        .map(|field| {
            let leaf = random.chance(2);
            let of = if leaf {
                Type::Leaf(Leaf::random(random))
            } else if random.chance(3) && kind > 0 {
                // A required `Box` must not lead back, because no value would be finite.
                Type::To(1 + random.below(kind)).filter_below(kind)
            } else {
                around(random.below(kinds), random)
            };
            Field {
                name: format!("f{field}"),
                of,
                required: random.chance(2),
            }
        })
        .collect()
}

impl Type {
    fn filter_below(self, kind: usize) -> Self {
        match self {
            Self::To(index) if index >= kind => Self::Leaf(Leaf::Text),
            other => other,
        }
    }
}

/// Adds a field that no other variant has.
fn marked(mut fields: Vec<Field>, mark: &str) -> Content {
    fields.push(Field {
        name: mark.to_owned(),
        of: Type::Leaf(Leaf::Boolean),
        required: true,
    });
    Content::Struct(fields)
}

fn variants(tagging: Tagging, kind: usize, kinds: usize, random: &mut Random) -> Vec<Variant> {
    let count = 1 + random.below(5);
    let mut variants = vec![Variant {
        name: "Nothing".to_owned(),
        content: Content::Unit,
    }];
    variants.extend((0..count).map(|index| {
        let content = match (tagging, random.below(3)) {
            (Tagging::Untagged, _) => {
                marked(fields(kind, kinds, random), &format!("mark_{kind}_{index}"))
            }
            (Tagging::Internal, _) | (_, 0) => Content::Struct(fields(kind, kinds, random)),
            (_, 1) => Content::Unit,
            _ => Content::Newtype(match random.below(3) {
                0 => Type::Leaf(Leaf::random(random)),
                1 => around(random.below(kinds), random),
                _ => Type::List(Box::new(Type::To(random.below(kinds)))),
            }),
        };
        Variant {
            name: format!("Variant{index}"),
            content,
        }
    }));
    variants
}

fn edit_fields(fields: &mut Vec<Field>, random: &mut Random) -> Option<(String, Effect)> {
    let new = |required| Field {
        name: "new".to_owned(),
        of: Type::Leaf(Leaf::Text),
        required,
    };
    let own: Vec<_> = (0..fields.len())
        .filter(|index| !fields[*index].name.starts_with("mark"))
        .collect();
    match (random.below(6), own.as_slice()) {
        (0, _) => {
            fields.push(new(false));
            Some(("an optional field added".to_owned(), COMPATIBLE))
        }
        (1, _) => {
            fields.push(new(true));
            let effect = Effect {
                backward_breaks: true,
                ..COMPATIBLE
            };
            Some(("a required field added".to_owned(), effect))
        }
        (_, []) => None,
        (kind, own) => {
            let is_only = fields.len() == 1;
            let index = own[random.below(own.len())];
            let field = &mut fields[index];
            let name = field.name.clone();
            match kind {
                // A schema without properties may not be a struct.
                2 if is_only => None,
                2 => {
                    let effect = Effect {
                        forward_breaks: field.required,
                        ..COMPATIBLE
                    };
                    fields.remove(index);
                    Some((format!("{name} removed"), effect))
                }
                3 => {
                    let effect = Effect {
                        backward_breaks: field.required,
                        forward_breaks: field.required,
                        changes: 2,
                    };
                    "renamed".clone_into(&mut field.name);
                    Some((format!("{name} renamed"), effect))
                }
                _ => {
                    let Type::Leaf(leaf) = field.of else {
                        return None;
                    };
                    let (other, effect) = leaf.edited();
                    field.of = Type::Leaf(other);
                    Some((format!("{name} from {leaf:?} to {other:?}"), effect))
                }
            }
        }
    }
}

fn edit_units(units: &mut Vec<String>, random: &mut Random) -> (String, Effect) {
    if units.len() > 1 && random.chance(2) {
        let removed = units.remove(random.below(units.len()));
        let effect = Effect {
            backward_breaks: true,
            ..COMPATIBLE
        };
        return (format!("{removed} removed"), effect);
    }
    units.push("New".to_owned());
    let effect = Effect {
        forward_breaks: true,
        ..COMPATIBLE
    };
    ("a unit added".to_owned(), effect)
}

fn edit_variants(
    tagging: Tagging,
    variants: &mut Vec<Variant>,
    random: &mut Random,
) -> Option<(String, Effect)> {
    match random.below(4) {
        0 if variants.len() > 2 => {
            let removed = variants.remove(1 + random.below(variants.len() - 1));
            let effect = Effect {
                backward_breaks: true,
                ..COMPATIBLE
            };
            Some((format!("{tagging:?} {} removed", removed.name), effect))
        }
        1 => {
            let field = Field {
                name: "value".to_owned(),
                of: Type::Leaf(Leaf::Text),
                required: true,
            };
            variants.push(Variant {
                name: "New".to_owned(),
                content: marked(vec![field], "mark_new"),
            });
            let effect = Effect {
                forward_breaks: true,
                ..COMPATIBLE
            };
            Some((format!("{tagging:?} variant added"), effect))
        }
        _ => {
            let index = random.below(variants.len());
            let name = variants[index].name.clone();
            let Content::Struct(fields) = &mut variants[index].content else {
                return None;
            };
            let (what, effect) = edit_fields(fields, random)?;
            Some((format!("{tagging:?} {name}: {what}"), effect))
        }
    }
}
