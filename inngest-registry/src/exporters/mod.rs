//! What other tools read, made from a [`Catalogue`].
//!
//! # `asyncapi`
//!
//! An `AsyncAPI` 3.0 document of the program that the types are linked into: it sends the events.
//! Each event is a channel whose address is the event name, each version of it a message whose
//! payload is the whole event. The id template, for which the format has no word, is the extension
//! `x-inngest-id-template`.
//!
//! Payloads are Schema Objects, which are JSON Schemas of draft-07. They accept what the schemas of
//! the events accept, or more where draft-07 has no form for a keyword: `unevaluatedProperties`
//! (which comes from a map and an enum that are both flattened), `unevaluatedItems`, `minContains`
//! and `maxContains`. An event name with braces, which the format would take for parameters, is
//! not the address of its channel, only the name of its messages.
//!
//! # `typescript`
//!
//! A module for npm `inngest` 4: an event type for each event, and the static type of its data.
//!
//! | an event | its event type | its data |
//! |---|---|---|
//! | `storefront/item.imported`, version `2026-11-21.1` | `itemImported_2026_11_21_1` | `ItemImportedData_2026_11_21_1` |
//! | its latest version | `itemImported` | `ItemImportedData` |
//! | without versions | `itemImported` | `ItemImportedData` |
//! | without a version, beside others that have one | `itemImported_unversioned` | `ItemImportedData_unversioned` |
//! | one of two that end alike | `storefrontItemImported` | `StorefrontItemImportedData` |
//!
//! A name with a version in it keeps its meaning when versions are added. An event that is added may
//! take it where two make the same words: `aXY_1` is of `a/x.y`, beside `b/x.y`, until there is an
//! `a.x.y`. Whatever the data refers to has the name of its Rust type; where that name means several
//! things, each bears the name of the first event that has it, such as
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
//! `{ event: itemImported_2026_11_21_1, if: 'event.v == "2026-11-21.1"' }`. `inngest` has no types
//! for the user and the sessions of an event, so the module has none. Data of a type with a
//! flattened map is for reading: TypeScript takes no literal for it.

mod model;
mod names;

use crate::catalogue::Catalogue;

/// Makes what one other tool reads.
pub trait Exporter: Sync {
    /// The subcommand, such as `typescript`.
    fn name(&self) -> &'static str;

    /// What it makes, in one line for `--help`.
    fn about(&self) -> &'static str;

    /// The name of the file when it is written to a folder.
    fn file_name(&self) -> &'static str;

    /// The file's text.
    ///
    /// # Errors
    ///
    /// An event type that the other tool cannot express.
    fn export(&self, catalogue: &Catalogue) -> Result<String, ExportError>;
}

/// An event type that cannot be expressed for another tool.
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

// An exporter is one file; its name here is all else that it needs.
exporters! { asyncapi, typescript }
