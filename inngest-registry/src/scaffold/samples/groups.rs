//! Groups objects at several places with the same keys into one type.

use std::collections::{BTreeMap, BTreeSet};

use super::maps::values_of_map;
use super::shape::Shape;
use crate::scaffold::names;

/// Objects with at least this many keys, all the same, are one type whatever their names.
const ENOUGH_KEYS: usize = 4;

/// What the objects of a type have in common: their keys and, if these are few, the last word of their name.
type Identity = (Option<String>, Vec<String>);

/// One type for objects at several places.
#[derive(Clone, Debug, Default)]
struct Group {
    shape: Shape,
    /// The names of the members that hold the objects.
    names: BTreeSet<String>,
}

/// The objects of all events of a module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups(BTreeMap<Identity, Group>);

impl Groups {
    /// Adds the objects inside a shape, but not the shape itself.
    pub(super) fn add_members(&mut self, shape: &Shape) {
        for (key, member) in &shape.members {
            self.add(key, member);
        }
    }

    pub(super) fn add(&mut self, key: &str, shape: &Shape) {
        if let Some(elements) = &shape.elements {
            self.add(&names::singular(key), elements);
        }
        if shape.objects == 0 {
            return;
        }
        if let Some(values) = values_of_map(shape, key) {
            self.add(&names::singular(key), &values);
            return;
        }
        let group = self.0.entry(identity(key, shape)).or_default();
        group.shape.merge_objects(shape);
        group.names.insert(names::field(key));
        self.add_members(shape);
    }

    /// The shape of all objects of the type that this object belongs to, and the name of the type.
    pub(super) fn find(&self, key: &str, shape: &Shape) -> Option<(&Shape, String)> {
        let group = self.0.get(&identity(key, shape))?;
        let mut last_words = group.names.iter().map(|name| last_word(name));
        let last = last_words.next()?;
        let name = if group.names.len() > 1 && last_words.all(|word| word == last) {
            last
        } else {
            group.names.iter().min_by_key(|name| name.len())?
        };
        Some((&group.shape, name.to_owned()))
    }
}

fn identity(key: &str, shape: &Shape) -> Identity {
    let keys: Vec<String> = shape.members.keys().cloned().collect();
    let name = names::field(key);
    let word = (keys.len() < ENOUGH_KEYS).then(|| last_word(&name).to_owned());
    (word, keys)
}

fn last_word(name: &str) -> &str {
    name.rsplit('_').next().unwrap_or(name)
}
