//! Identifies the process that created a client.

use crate::delivery::error::SendError;

/// The id of a process.
///
/// After a `fork`, the child has the runtime and the connections of its parent, but not the threads
/// that drive them, so a send would wait forever.
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

#[cfg(test)]
impl Process {
    /// A process that is not this one.
    pub(crate) fn other() -> Self {
        Self(!std::process::id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_process_itself_passes_the_check() {
        assert!(Process::this().is_this() && Process::this().check().is_ok());
        let other = Process::other();
        assert!(!other.is_this());
        assert!(matches!(other.check(), Err(SendError::AfterFork)));
    }
}
