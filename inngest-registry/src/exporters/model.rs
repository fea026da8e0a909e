//! The catalogue as a document shows it: events with their versions under one identifier, and
//! definitions that are the same under one name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::ExportError;
use super::names::{self, Taken};
use crate::catalogue::{Catalogue, EventType};
use crate::json;
use crate::reference::definitions_of;

/// What of an event a document is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The whole event.
    Event,
    /// Its data alone.
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

/// The names under which a document has the definitions of one schema.
pub(super) type Names = BTreeMap<String, String>;

/// Events and definitions with the names that a document has them under.
#[derive(Debug)]
pub(super) struct Model<'a> {
    /// In order of their names.
    pub(super) events: Vec<Event<'a>>,
    /// By the names that the document has them under.
    pub(super) definitions: BTreeMap<String, Definition<'a>>,
}

/// An event in all its versions.
#[derive(Debug)]
pub(super) struct Event<'a> {
    /// The event name.
    pub(super) name: &'a str,
    /// `itemImported`, unique among the events.
    pub(super) identifier: String,
    /// `ItemImportedData`, the type of the latest version.
    pub(super) type_name: String,
    /// The versions, the oldest first; never empty.
    pub(super) versions: Vec<Version<'a>>,
}

/// An event in one version.
#[derive(Debug)]
pub(super) struct Version<'a> {
    /// The event type.
    pub(super) event: &'a EventType,
    /// `itemImported_2026_11_21_1`; without a version and with no other, that of the event.
    pub(super) identifier: String,
    /// `ItemImportedData_2026_11_21_1`.
    pub(super) type_name: String,
    /// The names of the definitions that it refers to.
    pub(super) names: Names,
}

/// A schema that others refer to.
#[derive(Debug)]
pub(super) struct Definition<'a> {
    /// The event that it was first found in; others have the same.
    pub(super) event: &'a EventType,
    /// The type name of that event.
    pub(super) event_type_name: String,
    /// The schema.
    pub(super) schema: &'a Value,
    /// The names of the definitions that it refers to.
    pub(super) names: Names,
}

impl<'a> Model<'a> {
    /// Finds a name for everything.
    ///
    /// # Errors
    ///
    /// Two event types that differ and have the same name and version.
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
                    problem: "two event types that differ have this name and the same version; \
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
    // The short names first, so that a long one cannot take the place of a short one.
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

/// What a definition says, with all that it refers to. Two with the same name and meaning are one.
type Meaning = String;

fn definitions<'a>(
    events: &mut [Event<'a>],
    part: Part,
    types: &mut Taken,
) -> BTreeMap<String, Definition<'a>> {
    // By the name that they would like, then by meaning: the event that had it first.
    let mut wanted = BTreeMap::<String, Vec<(Meaning, String)>>::new();
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
                let meaning = meaning(&known, name);
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

    let mut names = BTreeMap::<(String, Meaning), String>::new();
    for (wish, meanings) in wanted {
        let alone = meanings.len() == 1;
        for (meaning, first) in meanings {
            // No meaning keeps the plain name when there are several: what a name stands for
            // must not change silently when another version comes.
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

/// The definitions that can be reached from some, these among them.
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

fn meaning(known: &BTreeMap<&str, &Value>, name: &str) -> Meaning {
    let all: Map<String, Value> = reachable(known, BTreeSet::from([name.to_owned()]))
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), (*known.get(name)?).clone())))
        .collect();
    // Beside its name, because two of a circle reach the same.
    format!("{name}\n{}", json::to_text(&all.into()))
}
