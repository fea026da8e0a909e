//! Prepares a catalogue for export: groups versions by event, merges equal definitions and picks unique
//! identifiers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::ExportError;
use super::names::{self, Taken};
use crate::catalogue::{Catalogue, EventType};
use crate::json;
use crate::reference::definitions_of;

/// The part of an event that a document describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The whole event.
    Event,
    /// The data alone.
    Data,
}

impl Part {
    /// The schema of this part.
    pub(super) fn of(self, event: &EventType) -> &Value {
        match self {
            Self::Event => &event.schema,
            Self::Data => event
                .schema
                .pointer("/properties/data")
                .unwrap_or(&Value::Null),
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Event => "Event",
            Self::Data => "Data",
        }
    }
}

/// The names that a document gives to the definitions of one schema.
pub(super) type Names = BTreeMap<String, String>;

/// Events and definitions with the names that a document gives them.
#[derive(Debug)]
pub(super) struct Model<'a> {
    /// The events, in order of their names.
    pub(super) events: Vec<Event<'a>>,
    /// The definitions, by their names in the document.
    pub(super) definitions: BTreeMap<String, Definition<'a>>,
}

/// An event with all its versions.
#[derive(Debug)]
pub(super) struct Event<'a> {
    /// The event name.
    pub(super) name: &'a str,
    /// The unique identifier of the event, such as `itemImported`.
    pub(super) identifier: String,
    /// The data type of the latest version, such as `ItemImportedData`.
    pub(super) type_name: String,
    /// The versions, oldest first; never empty.
    pub(super) versions: Vec<Version<'a>>,
}

/// One version of an event.
#[derive(Debug)]
pub(super) struct Version<'a> {
    /// The event type.
    pub(super) event: &'a EventType,
    /// The identifier of the version, such as `itemImported_2026_11_21_1`. An event without versions
    /// uses its own identifier.
    pub(super) identifier: String,
    /// The data type of the version, such as `ItemImportedData_2026_11_21_1`.
    pub(super) type_name: String,
    /// The names of the definitions that the schema refers to.
    pub(super) names: Names,
}

/// A schema that other schemas refer to.
#[derive(Debug)]
pub(super) struct Definition<'a> {
    /// The first event with this definition.
    pub(super) event: &'a EventType,
    /// The data type of that event.
    pub(super) event_type_name: String,
    /// The schema.
    pub(super) schema: &'a Value,
    /// The names of the definitions that the schema refers to.
    pub(super) names: Names,
}

impl<'a> Model<'a> {
    /// Builds the model and names everything in it.
    ///
    /// # Errors
    ///
    /// Two different event types have the same name and version.
    pub(super) fn of(catalogue: &'a Catalogue, part: Part) -> Result<Self, ExportError> {
        let mut types = Taken::default();
        let mut events = events(catalogue, part, &mut types)?;
        let definitions = definitions(&mut events, part, &mut types);
        Ok(Self {
            events,
            definitions,
        })
    }
}

fn events<'a>(
    catalogue: &'a Catalogue,
    part: Part,
    types: &mut Taken,
) -> Result<Vec<Event<'a>>, ExportError> {
    let mut by_name = BTreeMap::<&str, Vec<&EventType>>::new();
    for event in catalogue {
        let versions = by_name.entry(&event.name).or_default();
        match versions.iter().find(|known| known.version == event.version) {
            None => versions.push(event),
            Some(known)
                if known.schema == event.schema && known.id_template == event.id_template => {}
            Some(_) => {
                return Err(ExportError {
                    event: event.name.clone(),
                    problem: "two different event types have this name and version; \
                              give one of them another name or version"
                        .to_owned(),
                });
            }
        }
    }

    let mut slugs = BTreeMap::<String, usize>::new();
    for name in by_name.keys() {
        *slugs
            .entry(names::camel_case(names::slug(name)))
            .or_default() += 1;
    }
    // Assign short names first, so that a long name cannot take a short one.
    let short = |name: &str| {
        let slug = names::camel_case(names::slug(name));
        (slugs.get(&slug) == Some(&1)).then_some(slug)
    };
    let mut taken = Taken::default();
    let mut identifiers = BTreeMap::new();
    for name in by_name.keys() {
        if let Some(slug) = short(name) {
            identifiers.insert(*name, taken.take(&slug));
        }
    }
    for name in by_name.keys() {
        if short(name).is_none() {
            identifiers.insert(*name, taken.take(&names::camel_case(name)));
        }
    }

    let mut events = Vec::new();
    for (name, versions) in by_name {
        let identifier = identifiers.remove(name).unwrap_or_default();
        let type_name = types.take(&(names::pascal_case(&identifier) + part.noun()));
        let alone = versions.len() == 1;
        let versions = versions
            .into_iter()
            .map(|event| {
                let suffix = match &event.version {
                    None if alone => None,
                    None => Some("unversioned".to_owned()),
                    Some(version) => Some(names::word(version)),
                };
                let (identifier, type_name) = match suffix {
                    None => (identifier.clone(), type_name.clone()),
                    Some(suffix) => (
                        taken.take(&format!("{identifier}_{suffix}")),
                        types.take(&format!("{type_name}_{suffix}")),
                    ),
                };
                Version {
                    event,
                    identifier,
                    type_name,
                    names: Names::new(),
                }
            })
            .collect();
        events.push(Event {
            name,
            identifier,
            type_name,
            versions,
        });
    }
    Ok(events)
}

/// The text of a definition and of everything it refers to. Definitions with the same name and
/// content are merged.
type Content = String;

fn definitions<'a>(
    events: &mut [Event<'a>],
    part: Part,
    types: &mut Taken,
) -> BTreeMap<String, Definition<'a>> {
    // The first event with each definition, by preferred name and content.
    let mut wanted = BTreeMap::<String, Vec<(Content, String)>>::new();
    let mut found = Vec::new();
    for event in events.iter() {
        for version in &event.versions {
            let known = version.event.schema.get("$defs").and_then(Value::as_object);
            let known: BTreeMap<&str, &Value> = known
                .into_iter()
                .flatten()
                .map(|(name, schema)| (name.as_str(), schema))
                .collect();
            let mut meanings = Vec::new();
            for name in reachable(&known, definitions_of(part.of(version.event))) {
                let meaning = content(&known, name);
                let wish = names::identifier(name);
                let others = wanted.entry(wish.clone()).or_default();
                if others.iter().all(|(other, _)| *other != meaning) {
                    others.push((meaning.clone(), version.type_name.clone()));
                }
                meanings.push((name, wish, meaning));
            }
            found.push((known, meanings));
        }
    }

    let mut names = BTreeMap::<(String, Content), String>::new();
    for (wish, meanings) in wanted {
        let alone = meanings.len() == 1;
        for (meaning, first) in meanings {
            // If several definitions share a name, none keeps the plain name. Otherwise a new
            // version could silently change what the name refers to.
            let name = if alone {
                types.take(&wish)
            } else {
                types.take(&format!("{wish}_in_{first}"))
            };
            names.insert((wish.clone(), meaning), name);
        }
    }

    let mut definitions = BTreeMap::new();
    let versions = events.iter_mut().flat_map(|event| &mut event.versions);
    for (version, (known, meanings)) in versions.zip(found) {
        version.names = meanings
            .into_iter()
            .filter_map(|(local, wish, meaning)| {
                Some((local.to_owned(), names.get(&(wish, meaning))?.clone()))
            })
            .collect();
        for (local, name) in &version.names {
            if let Some(schema) = known.get(local.as_str()) {
                definitions
                    .entry(name.clone())
                    .or_insert_with(|| Definition {
                        event: version.event,
                        event_type_name: version.type_name.clone(),
                        schema,
                        names: version.names.clone(),
                    });
            }
        }
    }
    definitions
}

/// The definitions that can be reached from these names, including themselves.
fn reachable<'n>(known: &BTreeMap<&'n str, &Value>, from: BTreeSet<String>) -> BTreeSet<&'n str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<String> = from.into_iter().collect();
    while let Some(name) = open.pop() {
        if let Some((name, schema)) = known.get_key_value(name.as_str())
            && reached.insert(*name)
        {
            open.extend(definitions_of(schema));
        }
    }
    reached
}

fn content(known: &BTreeMap<&str, &Value>, name: &str) -> Content {
    let all: Map<String, Value> = reachable(known, BTreeSet::from([name.to_owned()]))
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), (*known.get(name)?).clone())))
        .collect();
    // Include the name, because definitions in one cycle reach the same set.
    format!("{name}\n{}", json::to_text(&all.into()))
}
