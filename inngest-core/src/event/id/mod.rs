//! Builds deduplication ids from placeholders.

mod part;
mod writer;

pub use part::IdPart;
pub use writer::IdWriter;
