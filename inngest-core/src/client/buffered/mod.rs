//! A background sender that combines events into requests.

mod builder;
mod handle;
mod queue;
mod report;

pub use builder::BufferedBuilder;
pub use handle::{Buffered, Pending};
pub use report::{Failure, Report};
