//! Event types in memory: what every command and exporter reads.

use inngest_core::registry::{Descriptor, Registry};
use serde_json::Value;

/// An event type as the registry knows it, from a Rust type or from an exported file.
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
    /// The source file and line; `None` when read from a file or added by hand.
    pub source: Option<(String, u32)>,
    /// The schema of the whole event: its `properties` are `name`, `id`, `ts`, `v`, `data`, `user`
    /// and `meta`, its `$defs` what these refer to.
    pub schema: Value,
}

impl From<&Descriptor> for EventType {
    fn from(known: &Descriptor) -> Self {
        Self {
            name: known.name().to_owned(),
            version: known.version().map(str::to_owned),
            id_template: known.id_template().map(str::to_owned),
            description: known.description(),
            rust_type: Some(known.rust_type().to_owned()),
            source: known.source().map(|(file, line)| (file.to_owned(), line)),
            schema: known.schema().to_value(),
        }
    }
}

/// Event types in order of name and version.
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

    /// The event types in order.
    pub fn iter(&self) -> std::slice::Iter<'_, EventType> {
        self.events.iter()
    }
}

impl FromIterator<EventType> for Catalogue {
    fn from_iter<I: IntoIterator<Item = EventType>>(events: I) -> Self {
        let mut events: Vec<_> = events.into_iter().collect();
        events.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
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
