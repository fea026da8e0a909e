//! A place in a schema: a path where a value can be, and the fields that the value can have.

use std::collections::{BTreeMap, BTreeSet};

/// A path where a value can be. A definition that contains itself has only one place, at its first use.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// The path, such as `data.order.lines[]`.
    pub(super) path: String,
    pub(super) fields: BTreeMap<String, Field>,
    /// The place of the values of a map.
    pub(super) rest: Option<usize>,
    /// The places of the items of a tuple.
    pub(super) tuple: Vec<usize>,
    /// The place of the items of a list, after the items of the tuple.
    pub(super) items: Option<usize>,
    /// Whether the schema says nothing about the fields, so that any field is expected.
    pub(super) is_open: bool,
    /// The types that a value here can have.
    pub(super) types: BTreeSet<String>,
    /// The names of the keywords of all schemas of a value here.
    pub(super) keywords: BTreeSet<String>,
}

/// A declared field.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) place: usize,
    pub(super) is_seen: bool,
}

impl Place {
    pub(super) fn item(&self, index: usize) -> Option<usize> {
        self.tuple.get(index).copied().or(self.items)
    }

    /// The field of this name, or the only one whose name differs just in case, `_` and `-`, as with
    /// `#[serde(rename_all = "camelCase")]`.
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

    /// Whether an id prints a value here as JSON does. This holds for integers, `bool` and text, but not
    /// for the variants of an enum, which can have other names in ids.
    pub(super) fn prints_as_json(&self) -> bool {
        let plain = |name: &String| ["string", "integer", "boolean"].contains(&name.as_str());
        !self.types.is_empty()
            && self.types.iter().all(plain)
            && !self.keywords.contains("enum")
            && !self.keywords.contains("const")
    }
}
