//! A place in a schema: where a value can be, and the fields that it can have there.

use std::collections::{BTreeMap, BTreeSet};

/// Where a value can be. A definition that contains itself is one place, at its first use.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// Such as `data.order.lines[]`.
    pub(super) path: String,
    pub(super) fields: BTreeMap<String, Field>,
    /// The values of a map.
    pub(super) rest: Option<usize>,
    /// The items of a tuple.
    pub(super) tuple: Vec<usize>,
    /// The items of a list that follow the tuple's items.
    pub(super) items: Option<usize>,
    /// Whether the schema says nothing about the fields, so that each is expected.
    pub(super) is_open: bool,
    /// The types and the names of the keywords that limit a value here.
    pub(super) types: BTreeSet<String>,
    pub(super) keywords: BTreeSet<String>,
}

/// A field that is declared.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) place: usize,
    pub(super) is_seen: bool,
}

impl Place {
    pub(super) fn item(&self, index: usize) -> Option<usize> {
        self.tuple.get(index).copied().or(self.items)
    }

    /// The field of this name, or else the only one that differs in case and underscores alone, as
    /// with `#[serde(rename_all = "camelCase")]`.
    pub(super) fn field(&self, name: &str) -> Option<(&str, &Field)> {
        if let Some((name, field)) = self.fields.get_key_value(name) {
            return Some((name, field));
        }
        let plain = |name: &str| name.to_lowercase().replace(['_', '-'], "");
        let wanted = plain(name);
        let mut similar = self.fields.iter().filter(|(name, _)| plain(name) == wanted);
        let (name, field) = similar.next()?;
        similar.next().is_none().then_some((name, field))
    }

    /// Whether a value here is printed in an id as it is in JSON: integers, `bool` and text, but not
    /// the variants of an enum, which have names of their own there.
    pub(super) fn prints_as_json(&self) -> bool {
        let plain = |name: &String| ["string", "integer", "boolean"].contains(&name.as_str());
        !self.types.is_empty()
            && self.types.iter().all(plain)
            && !self.keywords.contains("enum")
            && !self.keywords.contains("const")
    }
}
