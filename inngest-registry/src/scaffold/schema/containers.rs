//! Converts lists, tuples, sets and maps.

use serde_json::Value;

use super::convert::{At, Converted, Converter};
use super::keywords::Keywords;
use super::scalars;
use crate::scaffold::code::Type;

impl Converter<'_> {
    pub(super) fn array(&mut self, mut keywords: Keywords, at: &At) -> Result<Converted, String> {
        keywords.take("type");
        let prefix = match keywords.get("items") {
            // Draft 7 lists the elements of a tuple in `items`.
            Some(Value::Array(_)) => keywords.take("items"),
            _ => keywords.take("prefixItems"),
        };
        let least = keywords.take_count("minItems");
        let most = keywords.take_count("maxItems");
        if let Some(Value::Array(prefix)) = prefix {
            let count = u64::try_from(prefix.len()).ok();
            let closed = matches!(
                (keywords.take("items"), keywords.take("additionalItems")),
                (
                    None | Some(Value::Bool(false)),
                    None | Some(Value::Bool(false))
                )
            );
            if !closed || least != count || most != count || !(1..=16).contains(&prefix.len()) {
                return Err("the list has elements of several types".to_owned());
            }
            let items = prefix.iter().map(|item| self.plain(item, &at.element()));
            let ty = Type::Tuple(items.collect());
            return Ok(Converted::with(ty, self.rest(keywords, at)));
        }
        if self.is_export && most == Some(0) && least.is_none() && keywords.is_empty() {
            return Ok(Type::Array(Box::new(Type::Plain("()")), 0).into());
        }
        let item = match keywords.take("items") {
            Some(schema) => self.plain(&schema, &at.element()),
            None => Type::Any,
        };
        let unique = keywords.get("uniqueItems") == Some(&Value::Bool(true));
        if unique && scalars::is_ordered(&item) {
            keywords.take("uniqueItems");
            let mut schemars = scalars::limits("length", least, most);
            schemars.extend(self.rest(keywords, at));
            return Ok(Converted::with(Type::Set(Box::new(item)), schemars));
        }
        if let (Some(least), Some(most)) = (least, most)
            && least == most
            && let Ok(count @ 1..=32) = usize::try_from(least)
        {
            let ty = Type::Array(Box::new(item), count);
            return Ok(Converted::with(ty, self.rest(keywords, at)));
        }
        let mut schemars = scalars::limits("length", least, most);
        schemars.extend(self.rest(keywords, at));
        Ok(Converted::with(Type::Vec(Box::new(item)), schemars))
    }

    pub(super) fn map(&mut self, mut keywords: Keywords, at: &At) -> Result<Converted, String> {
        keywords.take("type");
        let element = at.element();
        if let Some(Value::Object(patterns)) = keywords.get("patternProperties").cloned() {
            let closed = keywords.get("additionalProperties") == Some(&Value::Bool(false));
            let key = match patterns
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .as_slice()
            {
                [r"^\d+$"] => "u64",
                [r"^-?\d+$"] => "i64",
                _ => "",
            };
            if closed
                && !key.is_empty()
                && let Some(value) = patterns.values().next()
            {
                keywords.take("patternProperties");
                keywords.take("additionalProperties");
                let value = self.plain(value, &element);
                let kept = self.rest(keywords, at);
                return Ok(Converted::with(Type::Map(key, Box::new(value)), kept));
            }
            return Err("the values depend on patterns of their names".to_owned());
        }
        let value = match keywords.take("additionalProperties") {
            None | Some(Value::Bool(true)) => Type::Any,
            Some(schema) => self.plain(&schema, &element),
        };
        let kept = self.rest(keywords, at);
        Ok(Converted::with(Type::Map("String", Box::new(value)), kept))
    }
}
