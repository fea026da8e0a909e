//! Detects fields that were probably renamed in Rust, and advises how to keep their names in events.

use std::collections::HashSet;

use serde_json::Value;

use crate::compat::Change;
use crate::fields::{self, Field};
use crate::json;

/// Adds advice to the changes of both fields.
pub(super) fn advise(old: &Value, new: &Value, changes: &mut [Change]) {
    for (before, after) in renames(old, new) {
        let Some((_, name)) = before.rsplit_once('.') else {
            continue;
        };
        for change in changes.iter_mut() {
            if change.path == before || change.path == after {
                change.advise_rename(name);
            }
        }
    }
}

/// The old and new paths of fields that were probably renamed: exactly one field was removed and
/// exactly one with the same schema was added next to it.
fn renames(old: &Value, new: &Value) -> Vec<(String, String)> {
    let (old, new) = (properties(old), properties(new));
    let removed = without(&old, &new);
    let added = without(&new, &old);
    let mut pairs = Vec::new();
    for before in &removed {
        let like_before = |other: &&&Property| other.is_like(before);
        let after: Vec<_> = added.iter().filter(like_before).collect();
        let is_alone = removed.iter().filter(like_before).count() == 1;
        if let ([after], true) = (after.as_slice(), is_alone) {
            pairs.push((before.path.clone(), after.path.clone()));
        }
    }
    pairs
}

struct Property {
    path: String,
    schema_hash: String,
    required: bool,
}

impl Property {
    /// Whether the other property is next to this one and has the same schema.
    fn is_like(&self, other: &Self) -> bool {
        let parent = |path: &str| path.rsplit_once('.').map(|(parent, _)| parent.to_owned());
        parent(&self.path) == parent(&other.path)
            && (&self.schema_hash, self.required) == (&other.schema_hash, other.required)
    }
}

fn properties(schema: &Value) -> Vec<Property> {
    let property = |field: &Field<'_>| {
        Some(Property {
            path: field.path.clone(),
            schema_hash: json::content_hash(&Value::Object(field.schema.clone())),
            required: field.property?.required,
        })
    };
    let fields = fields::of(schema);
    // A quoted name is not a Rust field name, so it was chosen for events.
    let plain = fields.iter().filter(|field| !field.path.ends_with(']'));
    plain.filter_map(property).collect()
}

fn without<'a>(these: &'a [Property], others: &[Property]) -> Vec<&'a Property> {
    let others: HashSet<&str> = others.iter().map(|other| other.path.as_str()).collect();
    let is_missing = |property: &&Property| !others.contains(property.path.as_str());
    these.iter().filter(is_missing).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(fields: &Value) -> Value {
        let required: Vec<_> = fields.as_object().unwrap().keys().collect();
        json!({ "properties": { "data": { "properties": fields, "required": required } } })
    }

    #[test]
    fn unique_renames_are_found() {
        let text = json!({ "type": "string" });
        let number = json!({ "type": "integer" });
        let described = json!({ "type": "integer", "description": "How many." });
        let before = event(&json!({ "name": text, "quantity": number }));
        for (after, expected) in [
            (
                json!({ "name": text, "amount": described }),
                vec![("data.quantity".to_owned(), "data.amount".to_owned())],
            ),
            // A field of another type is not a rename.
            (json!({ "name": text, "amount": text }), vec![]),
            // Ambiguous: either could be the renamed field.
            (
                json!({ "name": text, "amount": number, "count": number }),
                vec![],
            ),
            (
                json!({ "name": text, "quantity": number, "amount": number }),
                vec![],
            ),
            (json!({ "name": text }), vec![]),
        ] {
            assert_eq!(renames(&before, &event(&after)), expected, "{after}");
        }
        let two = event(&json!({ "a": number, "b": number }));
        assert_eq!(renames(&two, &event(&json!({ "c": number }))), []);
    }
}
