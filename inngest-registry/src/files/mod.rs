//! Reads and writes the exported folder: one file for each event type and version, and `index.json`.
//!
//! ```text
//! schemas/
//!   index.json                                 list of the files
//!   inngest-registry.toml                      settings, written by hand
//!   storefront/item.imported/2026-11-21.1.json
//! ```

mod git;
mod index;
pub(crate) mod path;
mod read;
mod source;
mod unique_keys;
mod write;

pub(crate) use self::index::{Index, IndexEntry};
pub use self::read::read_schema;
pub(crate) use self::read::{is_exported, read_listed, read_unchecked, schema_id};
pub(crate) use self::source::Source;
pub(crate) use self::write::{remove, write_if_changed};
