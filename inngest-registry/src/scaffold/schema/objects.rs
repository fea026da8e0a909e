//! Converts objects to structs with fields.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::convert::{At, Converted, Converter, Parts};
use super::keywords::{Keywords, description};
use super::scalars;
use crate::scaffold::code::{Body, Field, Type};
use crate::scaffold::names::{self, UniqueNames};
use crate::scaffold::resolve::without_reference;

/// The pattern of the text of an `AsString`.
const INTEGER_TEXT: &str = "^-?[0-9]+$";

/// How deep parts of `allOf` may be nested. A recursive definition nests them without end.
const MAX_NESTED_PARTS: usize = 16;

impl Converter<'_> {
    /// Whether an object has named members, so that it is a struct rather than a map.
    pub(super) fn is_struct(&self, keywords: &Keywords) -> bool {
        let has_members = |word: &str| match keywords.get(word) {
            Some(Value::Object(members)) => !members.is_empty(),
            Some(Value::Array(members)) => !members.is_empty(),
            _ => false,
        };
        let more = keywords.get("additionalProperties");
        let is_closed = more == Some(&Value::Bool(false));
        scalars::is_object(keywords)
            && !keywords.has("patternProperties")
            && (has_members("properties")
                || has_members("required")
                || is_closed
                || (self.is_export && more.is_none()))
    }

    pub(super) fn structure(&mut self, keywords: &mut Keywords, at: &At) -> Parts {
        let mut serde = Vec::new();
        let fields = self.fields(keywords, at, &mut serde);
        Parts {
            body: Body::Struct(fields),
            serde,
            schemars: Vec::new(),
        }
    }

    /// The fields of an object: required ones in their order, then the others.
    pub(super) fn fields(
        &mut self,
        keywords: &mut Keywords,
        at: &At,
        serde: &mut Vec<String>,
    ) -> Vec<Field> {
        keywords.take("type");
        let properties = match keywords.take("properties") {
            Some(Value::Object(properties)) => properties,
            _ => Map::new(),
        };
        let required: Vec<String> = match keywords.take("required") {
            Some(Value::Array(all)) => all
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        };
        let mut keys: Vec<&str> = Vec::new();
        let mut seen = BTreeSet::new();
        for key in required.iter().chain(properties.keys()) {
            if seen.insert(key) {
                keys.push(key);
            }
        }
        let mut names = UniqueNames::default();
        let mut fields = Vec::new();
        for key in keys {
            let schema = properties.get(key).unwrap_or(&Value::Bool(true));
            let name = names.assign(&[names::field(key)]);
            let is_required = required.iter().any(|known| known == key);
            fields.push(self.field(key, name, schema, is_required, at));
        }
        self.flattened(keywords, at, &mut names, &mut fields);
        let more = keywords
            .take("additionalProperties")
            .or_else(|| keywords.take("unevaluatedProperties"));
        match more {
            None => {}
            Some(Value::Bool(false)) if fields.iter().any(Field::is_flattened) => {
                self.note(at, "undeclared members are accepted, because serde cannot refuse them beside flattened ones");
            }
            Some(Value::Bool(false)) => serde.push("deny_unknown_fields".to_owned()),
            Some(schema) => {
                let inner = At {
                    hint: "Other".to_owned(),
                    ..at.clone()
                };
                let value = self.plain(&schema, &inner);
                let name = names.assign(&["other".to_owned()]);
                let ty = Type::Map("String", Box::new(value));
                fields.push(Field::flattened(name, ty));
            }
        }
        fields
    }

    /// Enums that are flattened into the struct.
    fn flattened(
        &mut self,
        keywords: &mut Keywords,
        at: &At,
        names: &mut UniqueNames,
        fields: &mut Vec<Field>,
    ) {
        for word in ["oneOf", "anyOf"] {
            let Some(Value::Array(alternatives)) = keywords.get(word) else {
                continue;
            };
            let schema = json!({ word: alternatives });
            if let Some(ty) = self.flattened_enum(&schema, at) {
                keywords.take(word);
                fields.push(Field::flattened(names.assign(&["variant".to_owned()]), ty));
            }
        }
        if let Some(Value::Array(mut parts)) = keywords.take("allOf") {
            parts.retain(|part| match self.flattened_enum(part, at) {
                Some(ty) => {
                    fields.push(Field::flattened(names.assign(&["variant".to_owned()]), ty));
                    false
                }
                None => true,
            });
            if !parts.is_empty() {
                keywords.put("allOf", parts.into());
            }
        }
    }

    /// The type of a field whose members are members of the struct.
    fn flattened_enum(&mut self, schema: &Value, at: &At) -> Option<Type> {
        let alternatives = schema
            .get("oneOf")
            .or_else(|| schema.get("anyOf"))?
            .as_array()?;
        let is_open = |schema: &&Value| schema.as_object().is_some_and(Map::is_empty);
        if let ([one, _], 1) = (
            alternatives.as_slice(),
            alternatives.iter().filter(is_open).count(),
        ) {
            return Some(self.flattened_enum(one, at)?.option());
        }
        // `{ "required": ["a"] }` only narrows the members of the struct.
        let has_members =
            |schema: &Value| schema.get("properties").is_some() || schema.get("$ref").is_some();
        if !alternatives.iter().all(has_members) {
            return None;
        }
        let inner = At {
            hint: format!("{}Variant", at.owner),
            ..at.clone()
        };
        match self.convert(schema, &inner).ty {
            Type::Named(id) => Some(Type::Named(id)),
            _ => None,
        }
    }

    fn field(
        &mut self,
        key: &str,
        name: String,
        schema: &Value,
        is_required: bool,
        at: &At,
    ) -> Field {
        let at = at.property(key, &at.owner);
        let mut schema = schema.clone();
        let default = schema
            .as_object_mut()
            .and_then(|schema| schema.remove("default"));
        let converted = self.integer_text(&schema, is_required);
        let Converted {
            ty,
            serde,
            schemars,
            comment,
        } = converted.unwrap_or_else(|| self.convert(&schema, &at));
        let mut field = Field {
            docs: description(&schema),
            serde,
            schemars,
            comment,
            ..Field::new(key, name, ty)
        };
        let is_default = default
            .as_ref()
            .is_some_and(|value| is_default_of(&field.ty, value));
        match default {
            // schemars writes this default itself.
            Some(_) if is_default && is_required => field.serde.push("default".to_owned()),
            Some(value) if !value.is_null() => {
                let mut kept = Keywords::of(&Map::new());
                kept.put("default", value);
                field.schemars.extend(kept.extend());
            }
            _ => {}
        }
        if !is_required {
            if !matches!(field.ty, Type::Option(_)) {
                field.refuses_null = field.ty != Type::Any || !field.schemars.is_empty();
                field.ty = Type::Option(Box::new(field.ty));
            }
            field.make_optional();
        }
        field
    }

    /// An integer that is sent as text, as `export` describes it.
    fn integer_text(&self, schema: &Value, is_required: bool) -> Option<Converted> {
        let schema = schema.as_object()?;
        let mut keywords = Keywords::of(schema);
        let is_optional = scalars::take_null(&mut keywords);
        if keywords.to_value() != json!({ "type": "string", "pattern": INTEGER_TEXT })
            || !self.is_own
            || !is_required
        {
            return None;
        }
        let ty = Type::Plain("i64");
        let (ty, with) = if is_optional {
            (ty.option(), "OptionAsString")
        } else {
            (ty, "AsString")
        };
        Some(Converted {
            serde: vec![format!("with = \"inngest_core::{with}\"")],
            ..ty.into()
        })
    }

    /// Replaces `allOf`, and a `$ref` next to `properties`, with the members of all parts.
    pub(super) fn merge_all_of(&self, keywords: &mut Keywords) -> Result<(), &'static str> {
        self.merge_parts(keywords, MAX_NESTED_PARTS)
    }

    fn merge_parts(&self, keywords: &mut Keywords, depth: usize) -> Result<(), &'static str> {
        const PROBLEM: &str = "the parts of `allOf` cannot be merged";
        let Some(depth) = depth.checked_sub(1) else {
            return Err(PROBLEM);
        };
        let mut parts = match keywords.get("allOf") {
            Some(Value::Array(parts)) => parts.clone(),
            Some(_) => return Err(PROBLEM),
            None => Vec::new(),
        };
        if keywords.has("properties")
            && let Some(reference) = keywords.get("$ref").cloned()
        {
            keywords.take("$ref");
            parts.push(json!({ "$ref": reference }));
        }
        if parts.is_empty() {
            return Ok(());
        }
        // One part and nothing else is that part.
        let is_alone = keywords.keys().all(|key| key == "allOf");
        if let ([Value::Object(one)], true) = (parts.as_slice(), is_alone) {
            *keywords = Keywords::of(one);
            return self.merge_parts(keywords, depth);
        }
        let before = keywords.clone();
        keywords.take("allOf");
        // Enums whose members are flattened stay.
        let is_flattened = |part: &Value| {
            part.as_object()
                .is_some_and(|part| part.len() == 1 && !part.contains_key("$ref"))
                && (part.get("oneOf").is_some() || part.get("anyOf").is_some())
        };
        let (flattened, parts): (Vec<Value>, Vec<Value>) =
            parts.into_iter().partition(is_flattened);
        for part in &parts {
            let merged = without_reference(self.document, part).map(|part| {
                let mut part = Keywords::of(&part);
                self.merge_parts(&mut part, depth).is_ok() && merge_part(keywords, part)
            });
            if merged != Some(true) {
                *keywords = before;
                return Err(PROBLEM);
            }
        }
        if !flattened.is_empty() {
            keywords.put("allOf", flattened.into());
        }
        Ok(())
    }
}

/// Adds an object's members to another object. Returns `false` if the two disagree about a member.
fn merge_part(keywords: &mut Keywords, mut part: Keywords) -> bool {
    if !scalars::is_object(&part) || !(keywords.is_empty() || scalars::is_object(keywords)) {
        return false;
    }
    part.take("type");
    keywords.put("type", "object".into());
    if let Some(Value::Object(added)) = part.take("properties") {
        let mut properties = match keywords.take("properties") {
            Some(Value::Object(properties)) => properties,
            _ => Map::new(),
        };
        for (key, schema) in added {
            if properties.get(&key).is_some_and(|known| *known != schema) {
                return false;
            }
            properties.insert(key, schema);
        }
        keywords.put("properties", properties.into());
    }
    if let Some(Value::Array(added)) = part.take("required") {
        let mut required = match keywords.take("required") {
            Some(Value::Array(required)) => required,
            _ => Vec::new(),
        };
        required.extend(added);
        keywords.put("required", required.into());
    }
    for key in part.keys().map(str::to_owned).collect::<Vec<_>>() {
        if keywords.has(&key) {
            return false;
        }
        if let Some(value) = part.take(&key) {
            keywords.put(&key, value);
        }
    }
    true
}

/// Whether a value is what `Default` gives for the type.
fn is_default_of(ty: &Type, value: &Value) -> bool {
    match (ty, value) {
        (Type::Plain("bool"), Value::Bool(false)) => true,
        (Type::Plain("String"), Value::String(text)) => text.is_empty(),
        (Type::Plain("f64"), Value::Number(number)) => number.as_f64() == Some(0.0),
        (Type::Plain(_), Value::Number(number)) => number.as_u64() == Some(0),
        (Type::Vec(_) | Type::Set(_), Value::Array(items)) => items.is_empty(),
        (Type::Map(..), Value::Object(members)) => members.is_empty(),
        _ => false,
    }
}
