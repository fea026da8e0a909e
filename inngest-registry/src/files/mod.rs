//! Reads and writes the exported folder: one file for each event type and version, and `index.json`.
//!
//! ```text
//! schemas/
//!   index.json                                 list of the files
//!   inngest-registry.toml                      settings, written by hand
//!   storefront/item.imported/2026-11-21.1.json
//! ```

mod error;
mod index;
mod layout;
pub(crate) mod path;
mod read;
mod write;

pub use self::error::FilesError;
pub use self::index::{Index, IndexEntry};
pub use self::layout::INDEX;
pub(crate) use self::path::folder_of;
pub use self::read::read_schema;
pub(crate) use self::read::{is_exported, read_listed, read_unchecked, schema_id};
pub(crate) use self::write::{remove, write_if_changed};
