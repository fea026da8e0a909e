//! Encodes an event as JSON in one pass that also checks every value.

pub(crate) mod buffer;
pub(crate) mod event;
pub(crate) mod json;
pub(crate) mod member;
mod scan;
pub(crate) mod value;
