//! Detects fields that were probably renamed in Rust, and advises how to keep their names in events.

use std::collections::HashSet;

use serde_json::Value;

use super::report::FindingKind;
use crate::fields::{self, Field};
use crate::json;

/// Adds advice to the changes of both fields.
pub(super) fn advise(old: &Value, new: &Value, found: &mut [FindingKind]) {
    for (before, after) in renames(old, new) {
        let Some((_, name)) = before.rsplit_once('.') else {
            continue;
        };
        for kind in found.iter_mut() {
            if let FindingKind::Changed {
                change: Some(change),
                ..
            } = kind
                && (change.path == before || change.path == after)
            {
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
    let identity = |field: &Property| (field.parent().map(str::to_owned), field.shape.clone());
    let mut pairs = Vec::new();
    for before in &removed {
        let same: Vec<_> = added
            .iter()
            .filter(|a| identity(a) == identity(before))
            .collect();
        let alone = removed
            .iter()
            .filter(|other| identity(other) == identity(before))
            .count()
            == 1;
        if let ([after], true) = (same.as_slice(), alone) {
            pairs.push((before.path.clone(), after.path.clone()));
        }
    }
    pairs
}

struct Property {
    path: String,
    /// The hash of the schema, and whether the property is required.
    shape: (String, bool),
}

impl Property {
    fn parent(&self) -> Option<&str> {
        self.path.rsplit_once('.').map(|(parent, _)| parent)
    }
}

fn properties(schema: &Value) -> Vec<Property> {
    let property = |field: &Field<'_>| {
        let required = field.property?.required;
        let hash = json::content_hash(&Value::Object(field.schema.clone()));
        Some(Property {
            path: field.path.clone(),
            shape: (hash, required),
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
