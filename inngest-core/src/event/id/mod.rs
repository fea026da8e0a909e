//! Builds deduplication ids from placeholders.

#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
mod date;
mod part;
mod writer;

pub use part::IdPart;
pub use writer::IdWriter;
