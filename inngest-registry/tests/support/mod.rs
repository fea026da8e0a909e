//! Event types with every shape that serde supports.

pub(crate) mod containers;
pub(crate) mod enums;
pub(crate) mod names;
pub(crate) mod versions;

use inngest_core::registry::Registry;
use inngest_core::{Batch, Event};
use inngest_registry::Catalogue;
use serde_json::Value;

/// Event types and their events as they are sent.
#[derive(Default)]
pub(crate) struct Odd {
    pub(crate) registry: Registry,
    pub(crate) events: Vec<Value>,
}

impl Odd {
    /// All of them.
    pub(crate) fn all() -> Self {
        let mut odd = Self::default();
        enums::add(&mut odd);
        containers::add(&mut odd);
        names::add(&mut odd);
        versions::add(&mut odd);
        odd
    }

    pub(crate) fn catalogue(&self) -> Catalogue {
        Catalogue::of(&self.registry)
    }

    fn add<E: Event>(&mut self, events: impl IntoIterator<Item = E>) {
        self.registry = std::mem::take(&mut self.registry).with::<E>();
        let mut batch = Batch::new();
        for event in events {
            batch.push(&event).unwrap();
        }
        self.events.extend(
            batch
                .events()
                .map(|event| serde_json::from_str(event).unwrap()),
        );
    }
}
