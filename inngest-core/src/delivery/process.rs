//! The process that a client belongs to.

use crate::delivery::error::SendError;

/// The process that made something.
///
/// After a `fork` the child has the runtime and the connections of its parent, but not the threads
/// that drive them, so whoever waits for them waits for ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn this() -> Self {
        Self(std::process::id())
    }

    pub(crate) fn is_this(self) -> bool {
        self.0 == std::process::id()
    }

    pub(crate) fn check(self) -> Result<(), SendError> {
        if self.is_this() {
            Ok(())
        } else {
            Err(SendError::AfterFork)
        }
    }
}
