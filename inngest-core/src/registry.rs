//! Lists the event types of a program and checks them against each other.

use std::fmt;
#[cfg(feature = "registry")]
use std::sync::{Mutex, PoisonError};

use schemars::Schema;

use crate::event::Event;
use crate::event::derived::DerivedEvent;
pub use crate::event::event_type::ConflictKind;
use crate::event::event_type::EventType;
use crate::schema;

/// The description of an event type: its name, version, id template and schemas.
#[derive(Clone, Copy)]
pub struct Descriptor {
    rust_type: &'static str,
    event_type: &'static EventType,
}

impl Descriptor {
    /// Describes an event type.
    #[must_use]
    pub fn of<E: Event>() -> Self {
        Self {
            rust_type: std::any::type_name::<E>(),
            event_type: E::__TYPE,
        }
    }

    /// The key that sorts a registry; unique for each type.
    fn key(&self) -> (&'static str, Option<&'static str>, &'static str) {
        (self.name(), self.version(), self.rust_type())
    }

    /// The event name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.event_type.name
    }

    /// The version of the event's shape.
    #[must_use]
    pub fn version(&self) -> Option<&'static str> {
        self.event_type.version()
    }

    /// The template of the deduplication id.
    #[must_use]
    pub fn id_template(&self) -> Option<&'static str> {
        self.event_type.id_template()
    }

    /// The path of the Rust type, as in [`std::any::type_name`].
    #[must_use]
    pub fn rust_type(&self) -> &'static str {
        self.rust_type
    }

    /// The schema of the whole event; see [`Event::schema`].
    #[must_use]
    pub fn schema(&self) -> Schema {
        schema::event(self.event_type)
    }

    /// The schema of the event's data; see [`Event::data_schema`].
    #[must_use]
    pub fn data_schema(&self) -> Schema {
        schema::data(self.event_type)
    }

    /// The doc comment of the type.
    #[must_use]
    pub fn description(&self) -> Option<String> {
        Some(self.schema().get("description")?.as_str()?.to_owned())
    }

    /// The source file and line of the derive, if the compiler provides them.
    #[must_use]
    pub fn source(&self) -> Option<(&'static str, u32)> {
        let (file, line) = self.event_type.source.rsplit_once(':')?;
        Some((file, line.parse().ok()?))
    }
}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Descriptor")
            .field("name", &self.name())
            .field("version", &self.version())
            .field("id_template", &self.id_template())
            .field("rust_type", &self.rust_type())
            .field("source", &self.source())
            .finish_non_exhaustive()
    }
}

/// The description of an enum that decodes events, such as one with `derive(Events)` of
/// `inngest-receive`.
#[derive(Clone, Copy)]
pub struct Reader {
    rust_type: &'static str,
    names: &'static [&'static str],
    takes: fn(&str, Option<&str>) -> bool,
}

impl Reader {
    /// Describes an enum by its type name, the names of its events, and which versions of them it takes.
    #[must_use]
    pub fn new(
        rust_type: &'static str,
        names: &'static [&'static str],
        takes: fn(&str, Option<&str>) -> bool,
    ) -> Self {
        Self {
            rust_type,
            names,
            takes,
        }
    }

    /// The path of the Rust type, as in [`std::any::type_name`].
    #[must_use]
    pub fn rust_type(&self) -> &'static str {
        self.rust_type
    }

    /// The names of the events that it decodes.
    #[must_use]
    pub fn names(&self) -> &'static [&'static str] {
        self.names
    }

    /// Whether it decodes this version of an event.
    #[must_use]
    pub fn takes(&self, name: &str, version: Option<&str>) -> bool {
        (self.takes)(name, version)
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("rust_type", &self.rust_type)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// The event types and readers linked into the program.
#[cfg(feature = "registry")]
static LINKED: Mutex<Registry> = Mutex::new(Registry {
    types: Vec::new(),
    readers: Vec::new(),
});

/// Adds a reader to the linked ones.
#[doc(hidden)]
pub fn link_reader(reader: Reader) {
    #[cfg(feature = "registry")]
    LINKED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .readers
        .push(reader);
    #[cfg(not(feature = "registry"))]
    let _ = reader;
}

/// Adds an event type to the linked ones.
#[doc(hidden)]
pub extern "C" fn link<E: DerivedEvent>() {
    #[cfg(feature = "registry")]
    add(Descriptor {
        rust_type: std::any::type_name::<E>(),
        event_type: E::__TYPE,
    });
}

/// One function for all types, because rustc compiles [`link`] once per type. `extern "C"` tells
/// rustc that it does not unwind into `link`.
#[cfg(feature = "registry")]
#[expect(improper_ctypes_definitions, reason = "only Rust code calls it")]
extern "C" fn add(linked: Descriptor) {
    let mut all = LINKED.lock().unwrap_or_else(PoisonError::into_inner);
    all.types.push(linked);
}

/// A set of event types, sorted by name, version and Rust type, and the enums that decode events.
///
/// ```
/// use inngest_core::{Event, registry::Registry};
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "storefront/cart.cleared")]
/// struct CartCleared {}
///
/// let by_hand = Registry::new().with::<CartCleared>();
/// assert_eq!(by_hand.iter().next().unwrap().name(), "storefront/cart.cleared");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Registry {
    types: Vec<Descriptor>,
    readers: Vec<Reader>,
}

impl Registry {
    /// Creates an empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Collects every event type and every reader linked into the program.
    ///
    /// Generic types are missing, because only their instances are events; add these with
    /// [`with`](Self::with). The registry is empty on platforms that cannot run code before `main`;
    /// list the types by hand there.
    #[cfg(feature = "registry")]
    #[must_use]
    pub fn collect() -> Self {
        let mut registry = LINKED
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        registry.sort();
        // A WebAssembly module can start more than once.
        registry
            .types
            .dedup_by(|again, first| again.key() == first.key());
        registry.readers.dedup_by_key(|reader| reader.rust_type);
        registry
    }

    /// Adds an event type, unless it is already there.
    #[must_use]
    pub fn with<E: Event>(mut self) -> Self {
        let new = Descriptor::of::<E>();
        if self.types.iter().all(|known| known.key() != new.key()) {
            self.types.push(new);
            self.sort();
        }
        self
    }

    /// Adds a reader, unless it is already there. Generic enums need this, because they are not collected.
    #[must_use]
    pub fn with_reader(mut self, reader: Reader) -> Self {
        let is_known = |known: &Reader| known.rust_type == reader.rust_type;
        if !self.readers.iter().any(is_known) {
            self.readers.push(reader);
            self.sort();
        }
        self
    }

    /// The readers, in order of their Rust types.
    pub fn readers(&self) -> std::slice::Iter<'_, Reader> {
        self.readers.iter()
    }

    /// Checks that no two types have the same name and version, or id templates that could print
    /// the same id.
    ///
    /// [`assert_distinct!`](crate::assert_distinct) does the same at compile time.
    ///
    /// # Errors
    ///
    /// Returns every conflicting pair of types. Two id templates conflict unless the types of their
    /// placeholders prove that their ids differ.
    pub fn check(&self) -> Result<(), Conflicts> {
        let mut conflicts = Vec::new();
        let mut rest = self.types.as_slice();
        while let [first, others @ ..] = rest {
            conflicts.extend(others.iter().filter_map(|second| {
                let kind = first.event_type.conflict(second.event_type)?;
                Some(Conflict {
                    first: *first,
                    second: *second,
                    kind,
                })
            }));
            rest = others;
        }
        if conflicts.is_empty() {
            Ok(())
        } else {
            Err(Conflicts(conflicts))
        }
    }

    /// The type with this name and version, or else the first one with this name.
    #[cfg(feature = "testing")]
    pub(crate) fn type_of(&self, name: &str, version: Option<&str>) -> Option<&Descriptor> {
        let types = self.iter().filter(|known| known.name() == name);
        let same_version = types.clone().find(|known| known.version() == version);
        same_version.or_else(|| types.clone().next())
    }

    /// The types, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Descriptor> {
        self.types.iter()
    }

    /// The number of types.
    #[must_use]
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Whether the registry is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    fn sort(&mut self) {
        self.types.sort_by_key(Descriptor::key);
        self.readers.sort_by_key(|reader| reader.rust_type);
    }
}

impl<'a> IntoIterator for &'a Registry {
    type Item = &'a Descriptor;
    type IntoIter = std::slice::Iter<'a, Descriptor>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Two event types that conflict.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Conflict {
    /// The first type, in the order of the registry.
    pub first: Descriptor,
    /// The second type.
    pub second: Descriptor,
    /// How they conflict.
    pub kind: ConflictKind,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = [&self.first, &self.second].map(|it| (it.rust_type, it.event_type));
        f.write_str(self.kind.message(first, second).as_str())
    }
}

/// Conflicting pairs of event types; never empty.
#[derive(Clone)]
pub struct Conflicts(Vec<Conflict>);

impl Conflicts {
    /// The pairs, in the order of the registry.
    pub fn iter(&self) -> std::slice::Iter<'_, Conflict> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Conflicts {
    type Item = &'a Conflict;
    type IntoIter = std::slice::Iter<'a, Conflict>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Conflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, conflict) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            conflict.fmt(f)?;
        }
        Ok(())
    }
}

crate::error::debug_as_display!(Conflicts);

impl std::error::Error for Conflicts {}
