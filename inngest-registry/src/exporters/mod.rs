//! Exporters: write a [`Catalogue`] in the formats of other tools.
//!
//! # `asyncapi`
//!
//! An `AsyncAPI` 3.0 document for the program that sends the events. Each event is a channel with the
//! event name as its address. Each version is a message with the whole event as its payload. The id
//! template is the extension `x-inngest-id-template`.
//!
//! Payloads are Schema Objects, which follow JSON Schema draft-07. They accept everything that the
//! event schemas accept. They accept more where draft-07 lacks a keyword: `unevaluatedProperties`
//! (from a flattened map next to a flattened enum), `unevaluatedItems`, `minContains` and
//! `maxContains`. An event name with braces is the name of its messages but not the address of its
//! channel, because the format treats braces as parameters.
//!
//! # `typescript`
//!
//! A module for npm `inngest` 4, with an event type and a static data type for each event.
//!
//! | an event | its event type | its data |
//! |---|---|---|
//! | `storefront/item.imported`, version `2026-11-21.1` | `itemImported_2026_11_21_1` | `ItemImportedData_2026_11_21_1` |
//! | its latest version | `itemImported` | `ItemImportedData` |
//! | an event without versions | `itemImported` | `ItemImportedData` |
//! | the unversioned type of an event with versions | `itemImported_unversioned` | `ItemImportedData_unversioned` |
//! | one of two events with the same last part | `storefrontItemImported` | `StorefrontItemImportedData` |
//!
//! A name with a version keeps its meaning when versions are added. A new event can take over the
//! name only if both event names give the same words: next to `b/x.y`, `aXY_1` belongs to `a/x.y`
//! until an event `a.x.y` exists. Types inside the data keep the names of their Rust types. If one
//! name stands for several types, each gets the name of the first event that uses it, such as
//! `Address_in_ItemImportedData_2026_11_21_1`.
//!
//! ```ts
//! inngest.createFunction({ id: "stock", triggers: [itemImported] }, async ({ event }) => {
//!   event.data.quantity; // number
//!   event.data.quantiy; // does not compile
//! });
//! ```
//!
//! A function runs for every version of its event. For one version only, write
//! `{ event: itemImported_2026_11_21_1, if: 'event.v == "2026-11-21.1"' }`. The module has no types
//! for the user and the sessions of an event, because `inngest` has none. The data type of an event
//! with a flattened map is for reading only: TypeScript accepts no literal of it.

mod model;
mod names;

use crate::catalogue::Catalogue;

/// Writes event types in the format of another tool.
pub trait Exporter: Sync {
    /// The subcommand, such as `typescript`.
    fn name(&self) -> &'static str;

    /// What the exporter writes, in one line for `--help`.
    fn about(&self) -> &'static str;

    /// The file name to use in a folder.
    fn file_name(&self) -> &'static str;

    /// The text of the file.
    ///
    /// # Errors
    ///
    /// The format cannot express an event type.
    fn export(&self, catalogue: &Catalogue) -> Result<String, ExportError>;
}

/// An event type that an exporter cannot express.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{event}`: {problem}")]
#[non_exhaustive]
pub struct ExportError {
    /// The event name.
    pub event: String,
    /// What cannot be expressed, and what to do about it.
    pub problem: String,
}

macro_rules! exporters {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*

        /// All exporters, in order of their names.
        #[must_use]
        pub fn all() -> &'static [&'static dyn Exporter] {
            &[$(&$module::EXPORTER),*]
        }
    };
}

// To add an exporter, add its file and its name here.
exporters! { asyncapi, typescript }
