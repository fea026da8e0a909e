//! Writes event types in the formats of other tools.

mod asyncapi;
mod catalog;
mod eventcatalog;
mod html;
mod model;
mod names;
mod typescript;

use std::collections::BTreeMap;

use crate::catalogue::Catalogue;
use crate::error::Error;

/// Writes an `AsyncAPI` 3.0 document for the program that sends the events.
///
/// Each event is a channel with the event name as its address. Each version is a message with the
/// whole event as its payload. The id template is the extension `x-inngest-id-template`.
///
/// Payloads are Schema Objects, which follow JSON Schema draft-07. They accept everything that the
/// event schemas accept. They accept more where draft-07 lacks a keyword: `unevaluatedProperties`
/// (from a flattened map next to a flattened enum), `unevaluatedItems`, `minContains` and
/// `maxContains`. An event name with braces is the name of its messages but not the address of its
/// channel, because the format treats braces as parameters.
///
/// # Errors
///
/// Two different event types have the same name and version.
pub fn asyncapi(types: &Catalogue) -> Result<String, Error> {
    asyncapi::export(types)
}

/// Writes a TypeScript module for npm `inngest` 4, with an event type and a static data type for each
/// event.
///
/// | an event | its event type | its data |
/// |---|---|---|
/// | `storefront/item.imported`, version `2026-11-21.1` | `itemImported_2026_11_21_1` | `ItemImportedData_2026_11_21_1` |
/// | its latest version | `itemImported` | `ItemImportedData` |
/// | an event without versions | `itemImported` | `ItemImportedData` |
/// | the unversioned type of an event with versions | `itemImported_unversioned` | `ItemImportedData_unversioned` |
/// | one of two events with the same last part | `storefrontItemImported` | `StorefrontItemImportedData` |
///
/// A name with a version keeps its meaning when versions are added. A new event can take over the
/// name only if both event names give the same words: next to `b/x.y`, `aXY_1` belongs to `a/x.y`
/// until an event `a.x.y` exists. Types inside the data keep the names of their Rust types. If one
/// name stands for several types, each gets the name of the first event that uses it, such as
/// `Address_in_ItemImportedData_2026_11_21_1`.
///
/// ```ts
/// inngest.createFunction({ id: "stock", triggers: [itemImported] }, async ({ event }) => {
///   event.data.quantity; // number
///   event.data.quantiy; // does not compile
/// });
/// ```
///
/// A function runs for every version of its event. For one version only, write
/// `{ event: itemImported_2026_11_21_1, if: 'event.v == "2026-11-21.1"' }`. The module has no types
/// for the user and the sessions of an event, because `inngest` has none. The data type of an event
/// with a flattened map is for reading only: TypeScript accepts no literal of it.
///
/// # Errors
///
/// Two different event types have the same name and version.
pub fn typescript(types: &Catalogue) -> Result<String, Error> {
    typescript::export(types)
}

/// Writes one HTML page about all events, for people who do not read Rust.
///
/// The page needs no other file and no network. It shows each event with its fields, its id in words,
/// an example, its TypeScript types, and the changes between its versions with the consumers that they
/// break. Doc comments are rendered as Markdown. Without JavaScript, only the search is missing.
///
/// The examples are generated. `#[schemars(extend("examples" = [5]))]` sets the value of a field. An
/// event has no example if its schema is too unusual, for example if a string must match two patterns.
///
/// # Errors
///
/// Two different event types have the same name and version.
pub fn catalog(types: &Catalogue) -> Result<String, Error> {
    catalog::export(types)
}

/// Writes the events for a project of npm `@eventcatalog/core` 3. Returns the contents of the files by
/// their paths, with `/`.
///
/// | file | content |
/// |---|---|
/// | `eventcatalog.config.js` | settings to begin with; the command `catalog` keeps an existing file |
/// | `events/storefront.item.imported/index.mdx` | the latest version of `storefront/item.imported` |
/// | `events/storefront.item.imported/schema.json` | the schema of the whole event |
/// | `events/storefront.item.imported/versioned/2026-09-01.1/` | the same two files of an older version |
///
/// Ids of events have dots instead of slashes, and `-` instead of characters that are special in an address.
/// An event without a version has the version `unversioned`. The build fails on a schema that refers to
/// itself, so a recursive schema is cut where it would repeat: it accepts anything there, and its
/// description says so. The build also fails on constant objects and lists, so words replace them.
///
/// # Errors
///
/// Two different event types have the same name and version.
pub fn eventcatalog(types: &Catalogue) -> Result<BTreeMap<String, String>, Error> {
    eventcatalog::export(types)
}

/// Whether a file of [`eventcatalog`] holds settings, which belong to the user.
#[cfg(feature = "cli")]
pub(crate) fn is_config(path: &str) -> bool {
    path == eventcatalog::CONFIG_FILE
}

/// Whether [`eventcatalog`] wrote this page.
#[cfg(feature = "cli")]
pub(crate) fn is_generated(page: &[u8]) -> bool {
    let mark = eventcatalog::MARK.as_bytes();
    page.windows(mark.len()).any(|text| text == mark)
}
