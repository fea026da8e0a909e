//! Builds a module: its items, their names, and notes about what could not be expressed.

use std::collections::{BTreeMap, BTreeSet};

use inngest_grammar::name as event_name;
use inngest_grammar::version;

use super::code::{EventAttribute, Item, ItemId, Module};
use super::names::{self, UniqueNames};

/// A module under construction.
#[derive(Debug)]
pub(super) struct Builder {
    pub(super) module: Module,
    names: UniqueNames,
    /// The names of all items, including unfinished ones.
    reserved: Vec<String>,
    /// The shared items that were used again.
    reused: BTreeSet<ItemId>,
    /// Items of definitions that several schemas share, by name and content.
    shared: BTreeMap<(String, String), ItemId>,
    /// Whether a schema has an integer without a bound.
    pub(super) has_open_integers: bool,
    /// What the user should know, one sentence each.
    pub(super) notes: Vec<String>,
}

impl Builder {
    pub(super) fn new(name: Option<String>) -> Self {
        Self {
            module: Module {
                name,
                ..Module::default()
            },
            names: UniqueNames::of_types(),
            reserved: Vec::new(),
            reused: BTreeSet::new(),
            shared: BTreeMap::new(),
            has_open_integers: false,
            notes: Vec::new(),
        }
    }

    /// Reserves a place for an item, and the first free name.
    pub(super) fn reserve(&mut self, candidates: &[String]) -> (ItemId, String) {
        let name = self.names.assign(candidates);
        self.module.items.push(None);
        self.reserved.push(name.clone());
        (self.module.items.len() - 1, name)
    }

    pub(super) fn finish(&mut self, id: ItemId, item: Item) {
        if let Some(place) = self.module.items.get_mut(id) {
            *place = Some(item);
        }
    }

    pub(super) fn add(
        &mut self,
        candidates: &[String],
        item: impl FnOnce(String) -> Item,
    ) -> ItemId {
        let (id, name) = self.reserve(candidates);
        self.finish(id, item(name));
        id
    }

    /// Adds an item, unless there is one with the same content and one of the names.
    pub(super) fn add_shared(&mut self, candidates: &[String], item: Item) -> ItemId {
        let known = self.module.items.iter().position(|known| {
            known.as_ref().is_some_and(|known| {
                candidates.contains(&known.name) && known.event.is_none() && known.body == item.body
            })
        });
        known.unwrap_or_else(|| self.add(candidates, |name| Item { name, ..item }))
    }

    pub(super) fn item(&self, id: ItemId) -> Option<&Item> {
        self.module.items.get(id)?.as_ref()
    }

    pub(super) fn item_mut(&mut self, id: ItemId) -> Option<&mut Item> {
        self.module.items.get_mut(id)?.as_mut()
    }

    /// The name of an item, even if it is unfinished.
    pub(super) fn name_of(&self, id: ItemId) -> Option<&str> {
        self.reserved.get(id).map(String::as_str)
    }

    pub(super) fn shared(&mut self, key: &(String, String)) -> Option<ItemId> {
        let id = self.shared.get(key).copied()?;
        self.reused.insert(id);
        Some(id)
    }

    /// Withdraws a shared item that could not be built. Returns `false` if something already refers to it.
    pub(super) fn unshare(&mut self, key: &(String, String), id: ItemId) -> bool {
        let is_unused = !self.reused.contains(&id);
        if is_unused {
            self.shared.remove(key);
        }
        is_unused
    }

    pub(super) fn share(&mut self, key: (String, String), id: ItemId) {
        self.shared.insert(key, id);
    }

    /// Reserves a place and a name for the struct of an event: the title of its schema, else the event name
    /// after its last `/`, or the whole event name if two events share that part.
    pub(super) fn reserve_event(
        &mut self,
        name: &str,
        title: Option<&str>,
        is_unique: bool,
    ) -> (ItemId, String) {
        let last = name.rsplit_once('/').map_or(name, |(_, last)| last);
        let title = title.filter(|title| names::is_type_name(title));
        let mut candidates: Vec<String> = title.map(str::to_owned).into_iter().collect();
        if is_unique {
            candidates.push(names::pascal(last));
        }
        candidates.push(names::pascal(name));
        self.reserve(&candidates)
    }
}

/// The arguments of `#[event(…)]`, or why no event can have this name.
pub(super) fn event_attribute(name: &str, version: Option<&str>) -> Result<EventAttribute, String> {
    event_name::check(name).map_err(|error| format!("`{name}` is left out: {error}"))?;
    if version == Some("") {
        return Err(format!(
            "`{name}` with an empty version is left out; no event type can have it"
        ));
    }
    let mut allow = Vec::new();
    if !event_name::is_standard(name) {
        allow.push("nonstandard_name");
    }
    if version.is_some_and(|version| version::check(version).is_err()) {
        allow.push("nonstandard_version");
    }
    Ok(EventAttribute {
        name: name.to_owned(),
        version: version.map(str::to_owned),
        id: None,
        allow,
    })
}
