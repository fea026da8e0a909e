//! The event types of a program.

use std::fmt;

use schemars::Schema;

use crate::event::Event;

/// What is known of an event type without a value of it.
#[derive(Clone, Copy)]
pub struct Descriptor {
    name: &'static str,
    version: Option<&'static str>,
    id_template: Option<&'static str>,
    rust_type: fn() -> &'static str,
    schema: fn() -> Schema,
    data_schema: fn() -> Schema,
    source: Option<(&'static str, u32)>,
}

impl Descriptor {
    /// Describes an event type.
    #[must_use]
    pub const fn of<E: Event>() -> Self {
        Self {
            name: E::NAME,
            version: E::VERSION,
            id_template: E::ID_TEMPLATE,
            rust_type: std::any::type_name::<E>,
            schema: E::schema,
            data_schema: E::data_schema,
            source: None,
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn at(mut self, file: &'static str, line: u32) -> Self {
        self.source = Some((file, line));
        self
    }

    /// The event name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The version of the event's shape.
    #[must_use]
    pub fn version(&self) -> Option<&'static str> {
        self.version
    }

    /// The template of the deduplication id.
    #[must_use]
    pub fn id_template(&self) -> Option<&'static str> {
        self.id_template
    }

    /// The path of the Rust type, as [`std::any::type_name`] gives it.
    #[must_use]
    pub fn rust_type(&self) -> &'static str {
        (self.rust_type)()
    }

    /// The schema of the whole event, see [`Event::schema`].
    #[must_use]
    pub fn schema(&self) -> Schema {
        (self.schema)()
    }

    /// The schema of the event's data, see [`Event::data_schema`].
    #[must_use]
    pub fn data_schema(&self) -> Schema {
        (self.data_schema)()
    }

    /// The doc comment of the type.
    #[must_use]
    pub fn description(&self) -> Option<String> {
        Some(self.schema().get("description")?.as_str()?.to_owned())
    }

    /// The source file and line of the derive; `None` for a type added by hand.
    #[must_use]
    pub fn source(&self) -> Option<(&'static str, u32)> {
        self.source
    }
}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Descriptor")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("id_template", &self.id_template)
            .field("rust_type", &self.rust_type())
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "registry")]
inventory::collect!(Descriptor);

/// Event types, in order of name, version and Rust type.
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
}

impl Registry {
    /// A registry of no types.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every event type linked into the program.
    ///
    /// Generic types are not among them, because only their instances are events; add these with
    /// [`with`](Self::with). Nor are any on platforms without support for
    /// [`inventory`](https://docs.rs/inventory); list the types by hand there.
    #[cfg(feature = "registry")]
    #[must_use]
    pub fn collect() -> Self {
        let mut registry = Self::new();
        registry.types.extend(inventory::iter::<Descriptor>());
        registry.sort();
        registry
    }

    /// Adds an event type; one that is there already stays once.
    #[must_use]
    pub fn with<E: Event>(mut self) -> Self {
        let new = Descriptor::of::<E>();
        let key = |d: &Descriptor| (d.name, d.version, d.rust_type());
        if self.types.iter().all(|known| key(known) != key(&new)) {
            self.types.push(new);
            self.sort();
        }
        self
    }

    /// The types in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Descriptor> {
        self.types.iter()
    }

    /// How many types there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    fn sort(&mut self) {
        self.types
            .sort_by_key(|d| (d.name, d.version, d.rust_type()));
    }
}

impl<'a> IntoIterator for &'a Registry {
    type Item = &'a Descriptor;
    type IntoIter = std::slice::Iter<'a, Descriptor>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
