//! A field that is gone beside one like it that is new: most likely it was renamed in Rust, and
//! nobody meant to rename it in events.

use std::collections::HashSet;

use serde_json::Value;

use super::report::FindingKind;
use crate::fields::{self, Field};
use crate::json;

/// Says of both how the name in events stays as it was.
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

/// The paths before and after, where one field is gone and one is new that says the same.
fn renames(old: &Value, new: &Value) -> Vec<(String, String)> {
    let (old, new) = (properties(old), properties(new));
    let gone = without(&old, &new);
    let added = without(&new, &old);
    let like = |field: &Property| (field.parent().map(str::to_owned), field.says.clone());
    let mut pairs = Vec::new();
    for before in &gone {
        let same: Vec<_> = added.iter().filter(|a| like(a) == like(before)).collect();
        let alone = gone.iter().filter(|g| like(g) == like(before)).count() == 1;
        if let ([after], true) = (same.as_slice(), alone) {
            pairs.push((before.path.clone(), after.path.clone()));
        }
    }
    pairs
}

struct Property {
    path: String,
    /// What is valid, and whether it is always there.
    says: (String, bool),
}

impl Property {
    fn parent(&self) -> Option<&str> {
        self.path.rsplit_once('.').map(|(parent, _)| parent)
    }
}

fn properties(schema: &Value) -> Vec<Property> {
    let property = |field: &Field<'_>| {
        let required = field.property?.required;
        let says = json::content_hash(&Value::Object(field.schema.clone()));
        Some(Property {
            path: field.path.clone(),
            says: (says, required),
        })
    };
    let fields = fields::of(schema);
    // A name in quotes is one that was chosen for events.
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
    fn one_gone_and_one_new_of_the_same_kind() {
        let text = json!({ "type": "string" });
        let number = json!({ "type": "integer" });
        let described = json!({ "type": "integer", "description": "How many." });
        let before = event(&json!({ "name": text, "quantity": number }));
        for (after, expected) in [
            (
                json!({ "name": text, "amount": described }),
                vec![("data.quantity".to_owned(), "data.amount".to_owned())],
            ),
            // Another type is another field.
            (json!({ "name": text, "amount": text }), vec![]),
            // Either could be it.
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
