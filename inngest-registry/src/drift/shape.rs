//! The fields that a schema declares, as a graph against which values are matched.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::place::Place;
use super::places::places;
use crate::walk::property;

/// The fields that a schema declares.
#[derive(Debug)]
pub(super) struct Shape {
    places: Vec<Place>,
}

/// A field of a value that its schema does not declare.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Undeclared {
    /// The place of the object.
    pub(super) place: usize,
    pub(super) name: String,
}

impl Shape {
    /// The fields under these members of an event.
    pub(super) fn of(schema: &Value, members: &[&str]) -> Self {
        Self {
            places: places(schema, members),
        }
    }

    pub(super) fn place(&self, place: usize) -> Option<&Place> {
        self.places.get(place)
    }

    /// The names that a place declares.
    pub(super) fn names(&self, place: usize) -> impl Iterator<Item = &str> {
        let place = self.places.get(place).into_iter();
        place.flat_map(|place| place.fields.keys().map(String::as_str))
    }

    /// Marks the fields that an event has as seen, and returns its undeclared fields.
    pub(super) fn mark(&mut self, event: &Value) -> BTreeSet<Undeclared> {
        let mut undeclared = BTreeSet::new();
        let known = self.places.first().map(|root| root.fields.keys().cloned());
        for name in known.into_iter().flatten().collect::<Vec<_>>() {
            if let Some(value) = event.get(&name) {
                self.mark_field(0, &name, value, &mut undeclared);
            }
        }
        undeclared
    }

    fn mark_field(
        &mut self,
        at: usize,
        name: &str,
        value: &Value,
        undeclared: &mut BTreeSet<Undeclared>,
    ) {
        let Some(place) = self.places.get_mut(at) else {
            return;
        };
        if let Some(field) = place.fields.get_mut(name) {
            field.is_seen = true;
            let inner = field.place;
            self.mark_value(inner, value, undeclared);
        } else if let Some(rest) = place.rest {
            self.mark_value(rest, value, undeclared);
        } else if !place.is_open {
            undeclared.insert(Undeclared {
                place: at,
                name: name.to_owned(),
            });
        }
    }

    fn mark_value(&mut self, at: usize, value: &Value, undeclared: &mut BTreeSet<Undeclared>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    self.mark_field(at, name, value, undeclared);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Some(inner) = self.places.get(at).and_then(|place| place.item(index)) {
                        self.mark_value(inner, item, undeclared);
                    }
                }
            }
            _ => {}
        }
    }

    /// The paths of the declared fields that no value had, without the fields inside them, and without
    /// `user` and `meta`, which every event may have.
    pub(super) fn unseen(&self) -> BTreeSet<String> {
        let mut unseen = BTreeSet::new();
        let mut open = vec![0];
        let mut visited = HashSet::from([0]);
        while let Some(place) = open.pop().and_then(|at| self.places.get(at)) {
            let mut inner = Vec::new();
            for (name, field) in &place.fields {
                if field.is_seen {
                    inner.push(field.place);
                } else if !place.path.is_empty() {
                    unseen.insert(property(&place.path, name));
                }
            }
            inner.extend(place.tuple.iter().copied());
            inner.extend(place.rest.into_iter().chain(place.items));
            // The fields of items count as unseen even if the list was always empty.
            open.extend(inner.into_iter().filter(|place| visited.insert(*place)));
        }
        unseen
    }

    /// The place of a value, and its path with indices. `pointer` is a JSON Pointer into the event. The
    /// keys of maps are data, so the path has `{}` in their place unless `show` is set.
    pub(super) fn locate(&self, event: &Value, pointer: &str, show: bool) -> Located {
        let mut value = event;
        let mut located = Located {
            place: Some(0),
            path: String::new(),
            example: String::new(),
        };
        for part in pointer.split('/').skip(1) {
            let part = part.replace("~1", "/").replace("~0", "~");
            let place = located.place.and_then(|at| self.places.get(at));
            if let Value::Array(items) = value {
                let index: usize = part.parse().unwrap_or_default();
                located.enter(place.and_then(|place| place.item(index)), self, "[]");
                // Writing to a `String` does not fail.
                let _ = write!(located.example, "[{index}]");
                value = items.get(index).unwrap_or(&Value::Null);
                continue;
            }
            let field = place.and_then(|place| place.fields.get(&part));
            let is_map =
                field.is_none() && place.is_none_or(|place| place.rest.is_some() || place.is_open);
            let example = if is_map && !show {
                located.example.clone() + "{}"
            } else {
                property(&located.example, &part)
            };
            match field {
                Some(field) => {
                    let path = property(&located.path, &part);
                    located.enter(Some(field.place), self, "");
                    // A definition that contains itself has the path of its first use.
                    if located.path.is_empty() {
                        located.path = path;
                    }
                }
                None if is_map => {
                    located.enter(place.and_then(|place| place.rest), self, "{}");
                }
                None => {
                    located.path = property(&located.path, &part);
                    located.place = None;
                }
            }
            located.example = example;
            value = value.get(&part).unwrap_or(&Value::Null);
        }
        located
    }

    /// Follows a dotted path of Rust field names from a place, and returns the names in the data.
    pub(super) fn follow(&self, member: &str, path: &str) -> Option<(Vec<String>, &Place)> {
        let mut place = self
            .places
            .get(self.places.first()?.fields.get(member)?.place)?;
        let mut names = Vec::new();
        for part in path.split('.') {
            if let Ok(index) = part.parse::<usize>() {
                if let Some(item) = place.item(index) {
                    place = self.places.get(item)?;
                    names.push(part.to_owned());
                } else if index > 0 {
                    return None;
                }
                // The only field of a newtype is the newtype itself in JSON.
                continue;
            }
            let (name, field) = place.field(part)?;
            names.push(name.to_owned());
            place = self.places.get(field.place)?;
        }
        Some((names, place))
    }
}

/// Where a value is.
pub(super) struct Located {
    /// The place in the shape.
    pub(super) place: Option<usize>,
    /// The path of the field, such as `data.lines[].cents`.
    pub(super) path: String,
    /// The path of the value, such as `data.lines[3].cents`.
    pub(super) example: String,
}

impl Located {
    fn enter(&mut self, place: Option<usize>, shape: &Shape, suffix: &str) {
        self.place = place;
        match place.and_then(|place| shape.places.get(place)) {
            Some(place) => self.path.clone_from(&place.path),
            None => self.path.push_str(suffix),
        }
    }
}
