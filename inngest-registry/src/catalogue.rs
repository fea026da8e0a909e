//! Event types in memory: what every command and exporter reads.

use inngest_core::registry::{Descriptor, Registry};
use serde_json::Value;

use crate::{portable, version};

/// An event type, from a Rust type or from an exported file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EventType {
    /// The event name, such as `storefront/item.imported`.
    pub name: String,
    /// The version of the event's shape.
    pub version: Option<String>,
    /// The template of the deduplication id.
    pub id_template: Option<String>,
    /// The doc comment of the type.
    pub description: Option<String>,
    /// The path of the Rust type; `None` when read from a file.
    pub rust_type: Option<String>,
    /// The source file and line; `None` when read from a file.
    pub source: Option<(String, u32)>,
    /// The schema of the whole event. Its `properties` are `name`, `id`, `ts`, `v`, `data`, `user`
    /// and `meta`; its `$defs` are the definitions that these refer to.
    ///
    /// This is [`Event::schema`](inngest_core::Event::schema), except that formats of Rust types
    /// that other tools do not know, such as `uint64`, are replaced by standard keywords, such as
    /// bounds.
    pub schema: Value,
}

impl EventType {
    /// An event type without a Rust type.
    pub(crate) fn of_schema(name: &str, version: Option<&str>, schema: Value) -> Self {
        let description = schema.get("description").and_then(Value::as_str);
        Self {
            name: name.to_owned(),
            version: version.map(str::to_owned),
            id_template: None,
            description: description.map(str::to_owned),
            rust_type: None,
            source: None,
            schema,
        }
    }

    /// The name and version as reports show them: `storefront/item.imported` 2026-11-21.1.
    pub(crate) fn label(&self) -> String {
        label(&self.name, self.version.as_deref())
    }

    /// Whether this is an older version than the other, which belongs to the same event.
    pub(crate) fn is_older_than(&self, other: &Self) -> bool {
        version::compare(self.version.as_deref(), other.version.as_deref()).is_lt()
    }
}

/// The name and version as reports show them.
pub(crate) fn label(name: &str, version: Option<&str>) -> String {
    match version {
        Some(version) => format!("`{name}` {version}"),
        None => format!("`{name}`"),
    }
}

impl From<&Descriptor> for EventType {
    fn from(known: &Descriptor) -> Self {
        let mut schema = known.schema().to_value();
        portable::replace_formats(&mut schema);
        portable::remove_impossible_alternatives(&mut schema);
        Self {
            name: known.name().to_owned(),
            version: known.version().map(str::to_owned),
            id_template: known.id_template().map(str::to_owned),
            description: known.description(),
            rust_type: Some(known.rust_type().to_owned()),
            source: known.source().map(|(file, line)| (file.to_owned(), line)),
            schema,
        }
    }
}

/// Event types in order of name and version, older versions first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    events: Vec<EventType>,
}

impl Catalogue {
    /// The event types of a registry.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        registry.iter().map(EventType::from).collect()
    }

    /// Iterates over the event types in order.
    pub fn iter(&self) -> std::slice::Iter<'_, EventType> {
        self.events.iter()
    }

    /// How many event types there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are no event types.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The event type of this name and version.
    #[must_use]
    pub fn get(&self, name: &str, version: Option<&str>) -> Option<&EventType> {
        self.versions(name)
            .iter()
            .find(|event| event.version.as_deref() == version)
    }

    /// The event types of this name, oldest version first.
    #[must_use]
    pub fn versions(&self, name: &str) -> &[EventType] {
        let start = self.events.partition_point(|event| *event.name < *name);
        let end = self.events.partition_point(|event| *event.name <= *name);
        self.events.get(start..end).unwrap_or_default()
    }

    /// The older versions of an event type, oldest first.
    pub(crate) fn older(&self, event: &EventType) -> impl DoubleEndedIterator<Item = &EventType> {
        let versions = self.versions(&event.name).iter();
        versions.filter(|version| version.is_older_than(event))
    }
}

impl FromIterator<EventType> for Catalogue {
    fn from_iter<I: IntoIterator<Item = EventType>>(events: I) -> Self {
        let mut events: Vec<_> = events.into_iter().collect();
        version::sort(&mut events, |e| (&e.name, e.version.as_deref()));
        Self { events }
    }
}

impl<'a> IntoIterator for &'a Catalogue {
    type Item = &'a EventType;
    type IntoIter = std::slice::Iter<'a, EventType>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
