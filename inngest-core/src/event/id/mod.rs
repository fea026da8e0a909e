//! Deduplication ids: what a placeholder may print, and how the parts become one id.

mod part;
mod writer;

pub use part::IdPart;
pub use writer::IdWriter;
