//! Code that the benchmark programs share: the event, the arguments, the measurements and the
//! generated crates.

pub mod crates;
pub mod event;
pub mod measure;
pub mod task;
