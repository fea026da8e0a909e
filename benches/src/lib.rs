//! What all measured programs share: the event, the clock, the count of allocations, and the one
//! line in which a program says what it measured.

pub mod event;
pub mod measure;
pub mod task;
