//! Prepares a catalogue for export: groups versions by event, merges equal definitions and picks unique
//! identifiers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::names::{self, UniqueNames};
use crate::catalogue::{Catalogue, EventType};
use crate::error::{Error, Problem};
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
    pub(super) fn of(catalogue: &'a Catalogue, part: Part) -> Result<Self, Error> {
        let mut types = UniqueNames::default();
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
    types: &mut UniqueNames,
) -> Result<Vec<Event<'a>>, Error> {
    let mut by_name = BTreeMap::<&str, Vec<&EventType>>::new();
    for event in catalogue {
        let versions = by_name.entry(&event.name).or_default();
        match versions.iter().find(|known| known.version == event.version) {
            None => versions.push(event),
            Some(known)
                if known.schema == event.schema && known.id_template == event.id_template => {}
            Some(_) => {
                let event = event.name.clone();
                return Err(Error(Problem::TwoShapes { event }));
            }
        }
    }

    let mut by_slug = BTreeMap::<String, Vec<&str>>::new();
    for name in by_name.keys() {
        let slug = names::camel_case(names::slug(name));
        by_slug.entry(slug).or_default().push(name);
    }
    let mut names = UniqueNames::default();
    let mut identifiers = BTreeMap::new();
    let mut long = BTreeSet::new();
    // Assign short names first, so that a long name cannot take a short one.
    for (slug, same) in by_slug {
        match same.as_slice() {
            [only] => {
                identifiers.insert(*only, names.assign(&slug));
            }
            _ => long.extend(same),
        }
    }
    for name in long {
        identifiers.insert(name, names.assign(&names::camel_case(name)));
    }

    let mut events = Vec::new();
    for (name, versions) in by_name {
        let identifier = identifiers.remove(name).unwrap_or_default();
        let type_name = types.assign(&(names::pascal_case(&identifier) + part.noun()));
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
                        names.assign(&format!("{identifier}_{suffix}")),
                        types.assign(&format!("{type_name}_{suffix}")),
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

/// A definition in the schema of one event.
struct LocalDefinition<'a> {
    name: &'a str,
    schema: &'a Value,
    /// The name in the document, unless another definition has the same one.
    preferred_name: String,
    /// The text of the definition and of everything it refers to. Definitions with the same preferred
    /// name and content are merged.
    content: String,
}

fn definitions<'a>(
    events: &mut [Event<'a>],
    part: Part,
    types: &mut UniqueNames,
) -> BTreeMap<String, Definition<'a>> {
    let versions = || events.iter().flat_map(|event| &event.versions);
    let all: Vec<_> = versions()
        .map(|version| local_definitions(version.event, part))
        .collect();

    // The contents with the same preferred name, each with the first type that uses it.
    let mut contents = BTreeMap::<&str, Vec<(&str, &str)>>::new();
    for (version, local) in versions().zip(&all) {
        for definition in local {
            let same = contents.entry(&definition.preferred_name).or_default();
            if same.iter().all(|(known, _)| *known != definition.content) {
                same.push((&definition.content, &version.type_name));
            }
        }
    }
    let mut names = BTreeMap::new();
    for (preferred_name, contents) in contents {
        for (content, first) in &contents {
            // If several definitions share a name, none keeps the plain name. Otherwise a new
            // version could silently change what the name refers to.
            let name = match contents.len() {
                1 => types.assign(preferred_name),
                _ => types.assign(&format!("{preferred_name}_in_{first}")),
            };
            names.insert((preferred_name, *content), name);
        }
    }

    let mut definitions = BTreeMap::new();
    let versions = events.iter_mut().flat_map(|event| &mut event.versions);
    for (version, local) in versions.zip(&all) {
        let name = |definition: &LocalDefinition<'_>| {
            let name = names.get(&(&*definition.preferred_name, &*definition.content))?;
            Some((definition.name.to_owned(), name.clone()))
        };
        version.names = local.iter().filter_map(name).collect();
        for definition in local {
            let Some(name) = version.names.get(definition.name) else {
                continue;
            };
            let entry = definitions.entry(name.clone());
            entry.or_insert_with(|| Definition {
                event: version.event,
                event_type_name: version.type_name.clone(),
                schema: definition.schema,
                names: version.names.clone(),
            });
        }
    }
    definitions
}

/// The definitions that a part of an event uses, in order of their names.
fn local_definitions(event: &EventType, part: Part) -> Vec<LocalDefinition<'_>> {
    let Some(Value::Object(all)) = event.schema.get("$defs") else {
        return Vec::new();
    };
    let used = reachable(all, definitions_of(part.of(event))).into_iter();
    used.map(|(name, schema)| LocalDefinition {
        name,
        schema,
        preferred_name: names::identifier(name),
        content: content(all, name),
    })
    .collect()
}

/// The definitions that can be reached from these names, including themselves.
fn reachable(all: &Map<String, Value>, from: BTreeSet<String>) -> BTreeMap<&str, &Value> {
    let mut reached = BTreeMap::new();
    let mut open: Vec<String> = from.into_iter().collect();
    while let Some(name) = open.pop() {
        if let Some((name, schema)) = all.get_key_value(&name)
            && reached.insert(name.as_str(), schema).is_none()
        {
            open.extend(definitions_of(schema));
        }
    }
    reached
}

fn content(all: &Map<String, Value>, name: &str) -> String {
    let reached = reachable(all, BTreeSet::from([name.to_owned()])).into_iter();
    let reached: Map<_, _> = reached
        .map(|(name, schema)| (name.to_owned(), schema.clone()))
        .collect();
    // Include the name, because definitions in one cycle reach the same set.
    format!("{name}\n{}", json::to_text(&reached.into()))
}
