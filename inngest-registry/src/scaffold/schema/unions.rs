//! Converts the alternatives of a schema to the variants of an enum, if serde can tell them apart.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::convert::{At, Converter, Parts};
use super::keywords::{Keywords, description};
use super::scalars;
use crate::scaffold::code::{Body, Content, Tagging, Type, Variant};
use crate::scaffold::names::{self, UniqueNames};
use crate::scaffold::resolve::{Target, resolve, without_reference};

impl Converter<'_> {
    /// The enum of a schema with alternatives. `None` if serde could not tell them apart.
    pub(super) fn union(&mut self, keywords: &mut Keywords, at: &At) -> Option<Parts> {
        let (word, alternatives) = alternatives(keywords)?;
        let mut serde = Vec::new();
        let is_tagged = word == "oneOf" || !self.is_export;
        let external = if is_tagged {
            self.external(&alternatives, at)
        } else {
            None
        };
        let (tagging, variants) = if let Some(variants) = external {
            (Tagging::External, variants)
        } else if is_tagged && let Some(tagged) = self.tagged(&alternatives, at, &mut serde) {
            tagged
        } else {
            (Tagging::Untagged, self.untagged(&alternatives, at)?)
        };
        for taken in [word, "type", "discriminator"] {
            keywords.take(taken);
        }
        Some(Parts {
            body: Body::Enum(tagging, variants),
            serde,
            schemars: Vec::new(),
        })
    }

    /// Variants as serde writes them by default: `"name"` or `{ "name": … }`.
    fn external(&mut self, alternatives: &[Value], at: &At) -> Option<Vec<Variant>> {
        let mut found: Vec<(String, Option<String>, Option<&Value>)> = Vec::new();
        for alternative in alternatives {
            let docs = description(alternative);
            let keywords = Keywords::of(alternative.as_object()?);
            if let Some(words) = scalars::words(&keywords) {
                found.extend(
                    words
                        .into_iter()
                        .map(|(word, own)| (word, own.or(docs.clone()), None)),
                );
                continue;
            }
            let properties = alternative.get("properties")?.as_object()?;
            let (name, content) = properties.iter().next().filter(|_| properties.len() == 1)?;
            let is_required =
                alternative.get("required") == Some(&Value::from(vec![name.as_str()]));
            let is_closed = alternative.get("additionalProperties") == Some(&Value::Bool(false));
            let is_constant = content.get("const").is_some();
            if !is_required || is_constant || !(is_closed || at.hint.ends_with("Variant")) {
                return None;
            }
            found.push((name.clone(), docs, Some(content)));
        }
        let distinct: BTreeSet<_> = found.iter().map(|(name, ..)| name).collect();
        if distinct.len() != found.len() {
            return None;
        }
        let mut names = UniqueNames::default();
        let mut variants = Vec::new();
        for (key, docs, content) in found {
            let name = names.assign(&[names::pascal(&key)]);
            let mut serde = Vec::new();
            let content = match content {
                None => Content::Unit,
                Some(content) => {
                    let inner = at.property(&key, &at.owner);
                    self.content(content, &inner, &mut serde)
                }
            };
            variants.push(Variant {
                docs,
                key,
                name,
                content,
                serde,
            });
        }
        Some(variants)
    }

    /// What a variant holds: named fields, or one or more types.
    fn content(&mut self, schema: &Value, at: &At, serde: &mut Vec<String>) -> Content {
        if let Some(object) = schema.as_object() {
            let mut keywords = Keywords::of(object);
            if self.is_struct(&keywords) && !keywords.has("allOf") && !keywords.has("$ref") {
                let fields = self.fields(&mut keywords, at, serde);
                // serde takes `deny_unknown_fields` only on a whole type, not on a variant.
                serde.retain(|word| word != "deny_unknown_fields");
                for word in self.rest(keywords, at) {
                    self.note(
                        at,
                        &format!("a variant cannot have `{word}`, which is left out"),
                    );
                }
                return Content::Fields(fields);
            }
        }
        match self.plain(schema, at) {
            Type::Tuple(types) if types.len() > 1 => Content::Types(types),
            only => Content::Types(vec![only]),
        }
    }

    /// Variants that differ in the constant of one member, the tag.
    fn tagged(
        &mut self,
        alternatives: &[Value],
        at: &At,
        serde: &mut Vec<String>,
    ) -> Option<(Tagging, Vec<Variant>)> {
        let objects: Option<Vec<Map<String, Value>>> = alternatives
            .iter()
            .map(|alternative| without_reference(self.document, alternative))
            .collect();
        let objects = objects?;
        let tag = tag(&objects)?;
        // A variant copies the members of its definition. For a recursive definition, that would never end.
        let references = alternatives
            .iter()
            .filter_map(|alternative| alternative.get("$ref"));
        let references: Vec<_> = references
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        if references
            .iter()
            .any(|reference| self.under_way.contains(reference))
        {
            return None;
        }
        let depth = self.under_way.len();
        self.under_way.extend(references);
        let keys = || {
            objects.iter().flat_map(|object| {
                let properties = object.get("properties").and_then(Value::as_object);
                properties
                    .into_iter()
                    .flat_map(Map::keys)
                    .filter(|key| **key != tag)
            })
        };
        // If the only other member has the same name in all alternatives, it holds the content.
        let others: BTreeSet<&String> = keys().collect();
        let content = match others.iter().next() {
            Some(key)
                if others.len() == 1
                    && keys().count() > 1
                    && objects
                        .iter()
                        .all(|object| is_required_or_absent(object, key)) =>
            {
                Some((*key).clone())
            }
            _ => None,
        };
        let mut names = UniqueNames::default();
        let mut variants = Vec::new();
        let mut closed = 0;
        for (alternative, object) in alternatives.iter().zip(&objects) {
            let Some(key) = constant(object, &tag) else {
                continue;
            };
            let name = names.assign(&[names::pascal(&key)]);
            let inner = at.property(&key, &at.owner);
            let mut serde = Vec::new();
            closed += usize::from(object.get("additionalProperties") == Some(&Value::Bool(false)));
            let held = match &content {
                Some(content) => match object.get("properties").and_then(|p| p.get(content)) {
                    None => Content::Unit,
                    Some(schema) => self.content(schema, &inner, &mut serde),
                },
                None => self.tagged_content(alternative, object, &tag, &inner, &mut serde),
            };
            variants.push(Variant {
                docs: match &held {
                    Content::Types(_) => description(alternative),
                    _ => description(alternative)
                        .or_else(|| description(&Value::Object(object.clone()))),
                },
                key,
                name,
                content: held,
                serde,
            });
        }
        self.under_way.truncate(depth);
        if closed == variants.len() {
            serde.push("deny_unknown_fields".to_owned());
        }
        let tagging = match content {
            Some(content) => Tagging::Adjacent(tag, content),
            None => Tagging::Internal(tag),
        };
        Some((tagging, variants))
    }

    /// What an internally tagged variant holds in addition to its tag.
    fn tagged_content(
        &mut self,
        alternative: &Value,
        object: &Map<String, Value>,
        tag: &str,
        at: &At,
        serde: &mut Vec<String>,
    ) -> Content {
        // A definition that does not have the tag itself is the content of a newtype variant.
        if let Some(reference) = alternative.get("$ref").and_then(Value::as_str)
            && let Some(Target::Definition(_, target)) = resolve(self.document, reference)
            && target.get("properties").and_then(|p| p.get(tag)).is_none()
        {
            let reference = serde_json::json!({ "$ref": reference });
            return Content::Types(vec![self.plain(&reference, at)]);
        }
        let mut keywords = Keywords::of(object);
        if let Some(Value::Object(mut properties)) = keywords.take("properties") {
            properties.remove(tag);
            keywords.put("properties", properties.into());
        }
        if let Some(Value::Array(mut required)) = keywords.take("required") {
            required.retain(|name| name != tag);
            keywords.put("required", required.into());
        }
        let fields = self.fields(&mut keywords, at, serde);
        serde.retain(|word| word != "deny_unknown_fields");
        if !keywords.is_empty() {
            let words: Vec<_> = keywords.keys().map(|key| format!("`{key}`")).collect();
            let verb = if words.len() == 1 { "is" } else { "are" };
            let words = words.join(", ");
            self.note(at, &format!("{words} of a variant {verb} left out"));
        }
        if fields.is_empty() {
            Content::Unit
        } else {
            Content::Fields(fields)
        }
    }

    /// Variants that differ only in their shape.
    fn untagged(&mut self, alternatives: &[Value], at: &At) -> Option<Vec<Variant>> {
        if !self.is_export && !self.are_distinguishable(alternatives) {
            return None;
        }
        let mut names = UniqueNames::default();
        let mut variants = Vec::new();
        for alternative in alternatives {
            let mut serde = Vec::new();
            let inner = At {
                hint: kind_name(alternative).to_owned(),
                ..at.clone()
            };
            let is_null = alternative.get("type").is_some_and(|name| name == "null");
            let content = if is_null {
                Content::Unit
            } else {
                self.content(alternative, &inner, &mut serde)
            };
            let name = match &content {
                Content::Types(types) => match types.as_slice() {
                    [Type::Named(id)] => self.builder.name_of(*id).map(str::to_owned),
                    _ => None,
                },
                _ => None,
            };
            let name = name.unwrap_or_else(|| inner.hint.clone());
            variants.push(Variant {
                docs: description(alternative),
                key: String::new(),
                name: names.assign(&[name]),
                content,
                serde,
            });
        }
        Some(variants)
    }

    /// Whether serde, which takes the first variant that fits, always takes the right one.
    fn are_distinguishable(&self, alternatives: &[Value]) -> bool {
        let mut kinds: Vec<(String, Option<Map<String, Value>>)> = Vec::new();
        for alternative in alternatives {
            let Some(object) = without_reference(self.document, alternative) else {
                return false;
            };
            let keywords = Keywords::of(&object);
            let types = match scalars::words(&keywords) {
                Some(_) => vec!["string".to_owned()],
                None => scalars::types(&keywords),
            };
            let [kind] = types.as_slice() else {
                return false;
            };
            kinds.push((kind.clone(), (kind == "object").then_some(object)));
        }
        let objects: Vec<_> = kinds
            .iter()
            .filter_map(|(_, object)| object.clone())
            .collect();
        let are_tagged = tag(&objects).is_some();
        kinds.iter().enumerate().all(|(index, (kind, object))| {
            kinds
                .iter()
                .skip(index + 1)
                .all(|(other_kind, other)| match (object, other) {
                    (Some(first), Some(second)) => are_tagged || has_own_member(first, second),
                    // An integer is also a number, and is tried first.
                    _ => kind != other_kind && !(kind == "number" && other_kind == "integer"),
                })
        })
    }
}

/// Whether the first object requires a member that the second does not declare.
fn has_own_member(first: &Map<String, Value>, second: &Map<String, Value>) -> bool {
    let required = first.get("required").and_then(Value::as_array);
    let others = second.get("properties").and_then(Value::as_object);
    required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .any(|name| others.is_some_and(|others| !others.contains_key(name)))
}

/// The keyword and the alternatives of a union. A list of types is a union too.
fn alternatives(keywords: &Keywords) -> Option<(&'static str, Vec<Value>)> {
    let types = scalars::types(keywords);
    for word in ["oneOf", "anyOf"] {
        if let Some(Value::Array(alternatives)) = keywords.get(word)
            && (types.is_empty() || (types == ["object"] && !keywords.has("properties")))
        {
            return (!alternatives.is_empty()).then(|| (word, alternatives.clone()));
        }
    }
    if types.len() < 2 || keywords.has("enum") || keywords.has("const") {
        return None;
    }
    let alternatives = types.iter().map(|name| {
        let mut alternative = keywords.clone();
        alternative.put("type", name.as_str().into());
        alternative.to_value()
    });
    Some(("type", alternatives.collect()))
}

/// The member that has a different constant in each object.
fn tag(objects: &[Map<String, Value>]) -> Option<String> {
    let first = objects.first()?.get("properties")?.as_object()?;
    let is_tag = |name: &&String| {
        let constants: Option<BTreeSet<String>> = objects
            .iter()
            .map(|object| constant(object, name))
            .collect();
        constants.is_some_and(|constants| constants.len() == objects.len())
    };
    first.keys().find(is_tag).cloned()
}

fn is_required_or_absent(object: &Map<String, Value>, name: &str) -> bool {
    let properties = object.get("properties");
    let required = object.get("required").and_then(Value::as_array);
    properties.and_then(|all| all.get(name)).is_none()
        || required.is_some_and(|all| all.iter().any(|known| known == name))
}

/// The constant of a required member.
fn constant(object: &Map<String, Value>, name: &str) -> Option<String> {
    let required = object.get("required")?.as_array()?;
    if !required.iter().any(|known| known == name) {
        return None;
    }
    let schema = object
        .get("properties")?
        .as_object()?
        .get(name)?
        .as_object()?;
    match scalars::words(&Keywords::of(schema))?.as_slice() {
        [(word, _)] => Some(word.clone()),
        _ => None,
    }
}

fn kind_name(schema: &Value) -> &'static str {
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => "Text",
        Some("integer") => "Integer",
        Some("number") => "Number",
        Some("boolean") => "Boolean",
        Some("array") => "List",
        Some("null") => "Null",
        _ => "Object",
    }
}
