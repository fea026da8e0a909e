//! Lists the fields of an event in reading order.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::schema::{Definitions, Property, Variant, alternatives, properties};
use crate::walk::{self, list};

/// A field, which is one row of a table.
pub(super) struct Field<'a> {
    pub(super) place: Place,
    pub(super) name: &'a str,
    pub(super) schema: &'a Value,
    pub(super) required: bool,
    /// The values of the tag of an enum. The tag is listed once for all variants.
    pub(super) tags: Vec<&'a str>,
    /// The variant that has the field, if it belongs to an enum.
    pub(super) variant: Option<Variant<'a>>,
    /// The first use of the definition inside the field, if its fields are listed there.
    pub(super) same_as: Option<Place>,
}

/// The place of a field or of all data.
#[derive(Clone)]
pub(super) struct Place {
    /// The path in reports, such as `data.method<card>.last_four`.
    pub(super) path: String,
    /// The path in JSON, without `data`, such as `method.last_four`.
    pub(super) shown: String,
}

/// The fields of an event: first the fields of its data, then all others. A definition that
/// is used several times is listed at its first use.
pub(super) fn of(event: &Value) -> Vec<Field<'_>> {
    let mut walk = Walk {
        definitions: Definitions::of(event),
        first_uses: BTreeMap::new(),
        without_fields: BTreeSet::new(),
        fields: Vec::new(),
        depth: 0,
    };
    for (pointer, path, shown) in [
        ("/properties/data", "data", ""),
        ("/properties/user", "user", "user"),
        (
            "/properties/meta/properties/sessions",
            "meta.sessions",
            "meta.sessions",
        ),
    ] {
        if let Some(schema) = event.pointer(pointer) {
            let place = Place {
                path: path.to_owned(),
                shown: shown.to_owned(),
            };
            walk.inside(schema, &place, None);
        }
    }
    walk.fields
}

struct Walk<'a> {
    definitions: Definitions<'a>,
    first_uses: BTreeMap<&'a str, Place>,
    /// The definitions without fields inside.
    without_fields: BTreeSet<&'a str>,
    fields: Vec<Field<'a>>,
    /// How many fields are around the current one.
    depth: usize,
}

/// How deep the listed fields may be nested.
const DEEPEST: usize = 100;

impl<'a> Walk<'a> {
    /// Adds the fields inside a schema, which may be a variant of an enum. Returns where they are
    /// already listed, if they are.
    fn inside(
        &mut self,
        schema: &'a Value,
        at: &Place,
        variant: Option<Variant<'a>>,
    ) -> Option<Place> {
        let schema = schema.as_object()?;
        let mut listed = None;
        if let Some((name, target)) = self.definitions.target(schema) {
            if self.without_fields.contains(name) {
                // There is nothing to add.
            } else if let Some(first) = self.first_uses.get(name) {
                listed = Some(first.clone());
            } else {
                self.first_uses.insert(name, at.clone());
                let before = self.fields.len();
                listed = self.inside(target, at, variant);
                let is_own = listed
                    .as_ref()
                    .is_none_or(|place| walk::is_within(&place.path, &at.path));
                if self.fields.len() == before && is_own {
                    // There is nothing to refer to.
                    listed = None;
                    self.without_fields.insert(name);
                }
            }
        }
        for property in properties(schema) {
            if matches!(variant, Some(Variant::Tag(tag, _)) if tag == property.name) {
                continue;
            }
            let shown = walk::property(&at.shown, property.name);
            let path = match variant {
                // Reports leave out the name of the only property.
                Some(Variant::Wrapper(..)) => at.path.clone(),
                _ => walk::property(&at.path, property.name),
            };
            self.field(property, &Place { path, shown }, variant);
        }
        for (keyword, suffix) in [("items", "[]"), ("additionalProperties", "{}")] {
            if let Some(inner) = schema.get(keyword) {
                let inner = self.inside(inner, &at.then(suffix), None);
                listed = listed.or(inner);
            }
        }
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        for inner in patterns.into_iter().flat_map(Map::values) {
            let inner = self.inside(inner, &at.then("{}"), None);
            listed = listed.or(inner);
        }
        for (index, inner) in list(schema, "prefixItems").iter().enumerate() {
            let inner = self.inside(inner, &at.then(&format!("[{index}]")), None);
            listed = listed.or(inner);
        }
        for inner in list(schema, "allOf") {
            let inner = self.inside(inner, at, variant);
            listed = listed.or(inner);
        }
        match alternatives(schema).as_slice() {
            [] => {}
            [only] => {
                let inner = self.inside(only, at, variant);
                listed = listed.or(inner);
            }
            several => {
                let inner = self.variants(several, at);
                listed = listed.or(inner);
            }
        }
        listed
    }

    fn field(&mut self, property: Property<'a>, place: &Place, variant: Option<Variant<'a>>) {
        let index = self.fields.len();
        self.fields.push(Field {
            place: place.clone(),
            name: property.name,
            schema: property.schema,
            required: property.required,
            tags: Vec::new(),
            variant,
            same_as: None,
        });
        if self.depth == DEEPEST {
            return;
        }
        self.depth += 1;
        let listed = self.inside(property.schema, place, None);
        self.depth -= 1;
        if let Some(field) = self.fields.get_mut(index) {
            field.same_as = listed;
        }
    }

    /// Adds a field for each tag.
    fn tags(&mut self, branches: &[&'a Value], at: &Place) {
        let mut tags = BTreeMap::<&str, (&'a Value, Vec<&'a str>)>::new();
        for branch in branches {
            if let Variant::Tag(name, value) = Variant::of(self.definitions, branch) {
                let (_, values) = tags.entry(name).or_insert((branch, Vec::new()));
                values.push(value);
            }
        }
        for (name, (branch, values)) in tags {
            let chain = self.definitions.chain(branch);
            let mut found = chain.iter().flat_map(|schema| properties(schema));
            let Some(property) = found.find(|property| property.name == name) else {
                continue;
            };
            let place = Place {
                path: walk::property(&at.path, name),
                shown: walk::property(&at.shown, name),
            };
            let index = self.fields.len();
            self.field(property, &place, None);
            if let Some(field) = self.fields.get_mut(index) {
                field.tags = values;
            }
        }
    }

    fn variants(&mut self, branches: &[&'a Value], at: &Place) -> Option<Place> {
        let mut numbers = BTreeMap::<&str, usize>::new();
        let mut listed = None;
        self.tags(branches, at);
        for branch in branches {
            let variant = Variant::of(self.definitions, branch);
            let name = variant.name().unwrap_or("object");
            let number = numbers.entry(name).or_default();
            *number += 1;
            let place = Place {
                path: match *number {
                    1 => format!("{}<{name}>", at.path),
                    number => format!("{}<{name} {number}>", at.path),
                },
                shown: at.shown.clone(),
            };
            let inner = self.inside(branch, &place, Some(variant));
            listed = listed.or(inner);
        }
        listed
    }
}

impl Place {
    fn then(&self, suffix: &str) -> Self {
        Self {
            path: format!("{}{suffix}", self.path),
            shown: format!("{}{suffix}", self.shown),
        }
    }
}
