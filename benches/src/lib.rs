//! Shared code of the measured programs: the event, the timers, the allocation counter and the
//! output line.

pub mod crates;
pub mod event;
pub mod measure;
pub mod task;
