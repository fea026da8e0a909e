//! Converts JSON Schemas to Rust types, the inverse of what schemars does.
//!
//! The crate `typify` does not fit: it reads draft 7, so it has no tuples from `prefixItems`, it drops
//! bounds, and its types do not derive `JsonSchema`.

use serde_json::{Map, Value};

use super::keywords::{Keywords, description};
use super::scalars;
use crate::scaffold::build::Builder;
use crate::scaffold::code::{Body, Field, Item, ItemId, Tagging, Type};
use crate::scaffold::names;
use crate::scaffold::resolve::{self, Target, resolve};
use crate::walk::property;

/// The keywords that become an enum.
const UNION: [&str; 4] = ["oneOf", "anyOf", "type", "discriminator"];

/// Converts the schemas of one event.
pub(super) struct Converter<'a> {
    /// The document that references point into.
    pub(super) document: &'a Value,
    pub(super) builder: &'a mut Builder,
    /// Whether `export` wrote the schemas, so that each is exactly the schema of a Rust type.
    pub(super) is_export: bool,
    /// Whether they describe a Rust type that derives `Event`, in any kind of document.
    pub(super) is_own: bool,
    /// The event, for notes.
    pub(super) label: String,
    /// References that are being replaced by what they refer to.
    pub(super) under_way: Vec<String>,
}

/// The place of a schema.
#[derive(Clone, Debug)]
pub(super) struct At {
    /// The path in the event, such as `data.order`.
    pub(super) path: String,
    /// The Rust type around it.
    pub(super) owner: String,
    /// The preferred name of a type here.
    pub(super) hint: String,
}

impl At {
    pub(super) fn property(&self, key: &str, owner: &str) -> Self {
        Self {
            path: property(&self.path, key),
            owner: owner.to_owned(),
            hint: names::pascal(key),
        }
    }

    pub(super) fn element(&self) -> Self {
        Self {
            path: format!("{}[]", self.path),
            owner: self.owner.clone(),
            hint: names::pascal(&names::singular(&self.hint)),
        }
    }

    pub(super) fn candidates(&self) -> Vec<String> {
        vec![self.hint.clone(), format!("{}{}", self.owner, self.hint)]
    }
}

/// A type, and the attributes that a field of this type needs.
#[derive(Debug)]
pub(super) struct Converted {
    pub(super) ty: Type,
    pub(super) serde: Vec<String>,
    pub(super) schemars: Vec<String>,
    pub(super) comment: Option<String>,
}

impl From<Type> for Converted {
    fn from(ty: Type) -> Self {
        Self {
            ty,
            serde: Vec::new(),
            schemars: Vec::new(),
            comment: None,
        }
    }
}

impl Converted {
    pub(super) fn with(ty: Type, schemars: Vec<String>) -> Self {
        Self {
            schemars,
            ..ty.into()
        }
    }
}

/// A struct or an enum, and its attributes.
pub(super) struct Parts {
    pub(super) body: Body,
    pub(super) serde: Vec<String>,
    pub(super) schemars: Vec<String>,
}

impl Converter<'_> {
    pub(super) fn note(&mut self, at: &At, problem: &str) {
        let note = format!("{}: `{}`: {problem}", self.label, at.path);
        if !self.builder.notes.contains(&note) {
            self.builder.notes.push(note);
        }
    }

    /// The type of a schema, with the attributes that a field of this type needs.
    pub(super) fn convert(&mut self, schema: &Value, at: &At) -> Converted {
        match schema {
            Value::Object(schema) => self.keywords(Keywords::of(schema), at),
            Value::Bool(true) => Type::Any.into(),
            _ => {
                let mut nothing = Keywords::of(&Map::new());
                nothing.put("not", Value::Object(Map::new()));
                self.anything(nothing, at, "the schema accepts no value")
            }
        }
    }

    /// The type of a schema where no attribute is possible, such as an element of a list.
    pub(super) fn plain(&mut self, schema: &Value, at: &At) -> Type {
        let converted = self.convert(schema, at);
        if converted.schemars.is_empty() && converted.serde.is_empty() {
            return converted.ty;
        }
        let field = Field {
            serde: converted.serde,
            schemars: converted.schemars,
            ..Field::new("", String::new(), converted.ty)
        };
        let id = self.builder.add(&at.candidates(), |name| Item {
            schemars: vec!["inline".to_owned()],
            ..Item::new(name, Body::Newtype(field))
        });
        Type::Named(id)
    }

    /// Falls back to `Value` with a note, and keeps the keywords in an attribute.
    pub(super) fn anything(&mut self, keywords: Keywords, at: &At, problem: &str) -> Converted {
        let kept = if keywords.has_reference() || keywords.is_empty() {
            self.note(
                at,
                &format!("{problem}; any value is accepted, so write the type by hand"),
            );
            Vec::new()
        } else {
            self.note(
                at,
                &format!("{problem}; the type is `Value`, and only its schema says more"),
            );
            keywords.extend()
        };
        Converted {
            comment: Some(format!("TODO: {problem}")),
            ..Converted::with(Type::Any, kept)
        }
    }

    fn keywords(&mut self, mut keywords: Keywords, at: &At) -> Converted {
        let original = keywords.clone();
        let depth = self.under_way.len();
        if let Err(problem) = self.merge_once(&mut keywords) {
            return self.anything(original, at, problem);
        }
        let converted = self.merged(keywords, original, at);
        self.under_way.truncate(depth);
        converted
    }

    /// Merges the parts of `allOf`, whose references are under way until the result is converted.
    fn merge_once(&mut self, keywords: &mut Keywords) -> Result<(), &'static str> {
        let references = keywords.merged_references();
        if references
            .iter()
            .any(|reference| self.under_way.contains(reference))
        {
            return Err("a definition contains itself by `allOf`");
        }
        self.merge_all_of(keywords)?;
        self.under_way.extend(references);
        Ok(())
    }

    fn merged(&mut self, mut keywords: Keywords, original: Keywords, at: &At) -> Converted {
        if let Some(Value::String(reference)) = keywords.get("$ref").cloned() {
            keywords.take("$ref");
            return self.reference(&reference, keywords, at);
        }
        let nullable = scalars::take_null(&mut keywords);
        if nullable && keywords.is_empty() {
            return Type::Plain("()").into();
        }
        // An `Option` of the only other alternative.
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(one)) = keywords.get(keyword)
                && let [one] = one.as_slice()
                && nullable
                && let Some(schema) = one.as_object().cloned()
            {
                keywords.take(keyword);
                let mut converted = self.keywords(Keywords::of(&schema), at);
                converted.schemars.extend(keywords.extend());
                converted.ty = converted.ty.option();
                return converted;
            }
        }
        let mut converted = match self.parts(&mut keywords, at) {
            Some(id) => Converted::with(Type::Named(id), self.rest(keywords, at)),
            None => match self.unnamed(keywords, at) {
                Ok(converted) => converted,
                Err(problem) => self.anything(original, at, &problem),
            },
        };
        if nullable {
            converted.ty = converted.ty.option();
        }
        converted
    }

    /// The attribute that keeps keywords, unless they refer to types that would be missing.
    pub(super) fn rest(&mut self, keywords: Keywords, at: &At) -> Vec<String> {
        if keywords.has_reference() {
            let words: Vec<_> = keywords.keys().map(|key| format!("`{key}`")).collect();
            let verb = if words.len() == 1 { "is" } else { "are" };
            let words = words.join(", ");
            self.note(
                at,
                &format!("{words} cannot be expressed and {verb} left out"),
            );
            return Vec::new();
        }
        keywords.extend()
    }

    fn reference(&mut self, reference: &str, keywords: Keywords, at: &At) -> Converted {
        match resolve(self.document, reference) {
            Some(Target::Definition(name, schema)) => {
                let id = self.definition(&name, schema, at);
                Converted::with(Type::Named(id), self.rest(keywords, at))
            }
            Some(Target::Place(schema)) if !self.under_way.iter().any(|r| r == reference) => {
                self.under_way.push(reference.to_owned());
                let converted = self.convert(schema, at);
                self.under_way.pop();
                converted
            }
            Some(Target::Place(_)) => {
                let problem = "the schema refers to itself without a definition in between";
                self.anything(Keywords::of(&Map::new()), at, problem)
            }
            None => {
                let problem = format!("`{reference}` is not in the document");
                self.anything(Keywords::of(&Map::new()), at, &problem)
            }
        }
    }

    /// The item of a definition, which all events of a module share.
    fn definition(&mut self, name: &str, schema: &Value, at: &At) -> ItemId {
        let key = (name.to_owned(), resolve::content(self.document, schema));
        if let Some(id) = self.builder.shared(&key) {
            return id;
        }
        let last = name.rsplit(['.', '/']).next().unwrap_or(name);
        // The exporters append the event if definitions of one name differ.
        let last = last.split_once("_in_").map_or(last, |(last, _)| last);
        let hint = if names::is_type_name(last) {
            last.to_owned()
        } else {
            names::pascal(last)
        };
        let at = At { hint, ..at.clone() };
        let (id, rust_name) = self.builder.reserve(&at.candidates());
        self.builder.share(key, id);
        let keywords = Keywords::of(schema.as_object().unwrap_or(&Map::new()));
        let at = At {
            owner: rust_name.clone(),
            ..at
        };
        // A definition is converted only once, so the schemas around this use do not matter.
        let under_way = std::mem::take(&mut self.under_way);
        let mut item = self.item(schema, keywords, &rust_name, &at);
        self.under_way = under_way;
        item.docs = description(schema);
        if self.is_export && rust_name != name {
            item.schemars.insert(0, format!("rename = {name:?}"));
        }
        self.builder.finish(id, item);
        id
    }

    /// The item of a definition: a struct, an enum, or a newtype of anything else.
    fn item(&mut self, schema: &Value, mut keywords: Keywords, name: &str, at: &At) -> Item {
        let before = keywords.clone();
        let merged = self.merge_once(&mut keywords);
        let is_reference = keywords.has("$ref");
        if merged.is_ok() && !is_reference {
            // An untagged enum of a Rust type may have a variant for `null`.
            let is_nullable =
                !(self.is_export && keywords.has("anyOf")) && scalars::take_null(&mut keywords);
            let body = if is_nullable {
                None
            } else {
                self.body(&mut keywords, at)
            };
            if let Some(mut parts) = body {
                parts.schemars.extend(self.rest(keywords, at));
                return Item {
                    serde: parts.serde,
                    schemars: parts.schemars,
                    ..Item::new(name.to_owned(), parts.body)
                };
            }
            self.under_way.clear();
            keywords = before;
        } else {
            self.under_way.clear();
            keywords = before;
        }
        let inner = At {
            hint: "Content".to_owned(),
            ..at.clone()
        };
        let converted = match schema {
            Value::Bool(_) => self.convert(schema, &inner),
            _ => self.keywords(keywords, &inner),
        };
        let field = Field {
            serde: converted.serde,
            schemars: converted.schemars,
            ..Field::new("", String::new(), converted.ty)
        };
        Item::new(name.to_owned(), Body::Newtype(field))
    }

    /// A separate struct or enum for an inline schema, if it needs one.
    fn parts(&mut self, keywords: &mut Keywords, at: &At) -> Option<ItemId> {
        if !self.needs_name(keywords) {
            return None;
        }
        let before = keywords.clone();
        // Definitions may use a union again inside its alternatives.
        let is_union = keywords.has("oneOf") || keywords.has("anyOf");
        let key = (!self.is_export && is_union && keywords.has_reference()).then(|| {
            (
                String::new(),
                resolve::content(self.document, &keywords.to_value()),
            )
        });
        if let Some(key) = &key
            && let Some(id) = self.builder.shared(key)
        {
            for taken in UNION {
                keywords.take(taken);
            }
            return Some(id);
        }
        let (id, name) = self.builder.reserve(&at.candidates());
        if let Some(key) = &key {
            self.builder.share(key.clone(), id);
        }
        let inner = At {
            owner: name.clone(),
            ..at.clone()
        };
        let Some(mut parts) = self.body(keywords, &inner) else {
            *keywords = before;
            if key.is_none_or(|key| self.builder.unshare(&key, id)) {
                return None;
            }
            for taken in UNION {
                keywords.take(taken);
            }
            self.note(
                at,
                "the alternatives cannot be told apart; any value is accepted",
            );
            let field = Field::new("", String::new(), Type::Any);
            self.builder
                .finish(id, Item::new(name, Body::Newtype(field)));
            return Some(id);
        };
        if self.is_export {
            parts.schemars.push("inline".to_owned());
        }
        let item = Item {
            serde: parts.serde,
            schemars: parts.schemars,
            ..Item::new(name, parts.body)
        };
        self.builder.finish(id, item);
        Some(id)
    }

    /// Whether a schema becomes a struct or an enum rather than a type without a name.
    fn needs_name(&self, keywords: &Keywords) -> bool {
        ["oneOf", "anyOf"]
            .iter()
            .any(|keyword| keywords.has(keyword))
            || scalars::words(keywords).is_some()
            || scalars::types(keywords).len() > 1
            || self.is_struct(keywords)
    }

    /// The struct or enum of a schema. If it returns `None`, some keywords may be gone.
    fn body(&mut self, keywords: &mut Keywords, at: &At) -> Option<Parts> {
        if self.is_struct(keywords) {
            return Some(self.structure(keywords, at));
        }
        if let Some(variants) = scalars::words(keywords) {
            for taken in ["type", "enum", "const", "oneOf", "anyOf"] {
                keywords.take(taken);
            }
            let variants = scalars::unit_variants(&variants);
            return Some(Parts {
                body: Body::Enum(Tagging::External, variants),
                serde: Vec::new(),
                schemars: Vec::new(),
            });
        }
        self.union(keywords, at)
    }

    /// A type that needs no name. The error says why there is none.
    fn unnamed(&mut self, mut keywords: Keywords, at: &At) -> Result<Converted, String> {
        let types = scalars::types(&keywords);
        let several = || Err("the values are of several types".to_owned());
        match types.as_slice() {
            [] => {
                if let Some(word) = ["anyOf", "oneOf"]
                    .into_iter()
                    .find(|word| keywords.has(word))
                {
                    return Err(format!("the alternatives of `{word}` cannot be told apart"));
                }
                if keywords.has("const") || keywords.has("enum") {
                    return several();
                }
                Ok(Converted::with(Type::Any, self.rest(keywords, at)))
            }
            [kind] => match kind.as_str() {
                "array" => self.array(keywords, at),
                "object" => self.map(keywords, at),
                kind => {
                    let is_bounded = ["minimum", "maximum"].iter().all(|word| keywords.has(word));
                    self.builder.has_open_integers |=
                        kind == "integer" && !is_bounded && !keywords.has("format");
                    let (ty, mut schemars) = scalars::scalar(kind, &mut keywords);
                    schemars.extend(self.rest(keywords, at));
                    Ok(Converted::with(ty, schemars))
                }
            },
            _ => several(),
        }
    }
}
