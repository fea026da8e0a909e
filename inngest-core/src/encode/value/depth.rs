//! Limits how deep values nest, and grows the stack for deep ones.
//!
//! Each nested value takes stack space, and a user's value may nest deeper than a thread's stack
//! allows. So the stack grows until the depth limit is reached.

use inngest_grammar::limits::MAX_DEPTH;

use crate::encode::json::Lossy;
use crate::encode::value::writer::{EncodeError, SerError, ValueWriter};

/// Up to this many levels and wrappers, the stack is not checked. Most events stay below it, and any
/// usual stack has enough space left.
const SHALLOW: usize = 8;

/// The stack space that must be left for one call: enough for unoptimized `Serialize` code of large
/// types.
const RED_ZONE: usize = 128 << 10;

/// How much the stack grows at a time, in bytes.
const GROWTH: usize = 2 << 20;

/// How many `Option`s and newtypes may be open at once. They have no brackets in JSON, so the server
/// does not limit them; this limit stops endless values. It has room for several at each level.
const MAX_WRAPPERS: usize = 16 * MAX_DEPTH;

impl<'a> ValueWriter<'a> {
    /// Enters an array or an object.
    #[inline]
    pub(crate) fn open(&mut self) -> Result<(), SerError> {
        if self.levels >= MAX_DEPTH {
            return Err(self.refuse(EncodeError::Refused(Lossy::TooDeep)));
        }
        self.levels += 1;
        Ok(())
    }

    /// Leaves this many arrays and objects.
    #[inline]
    pub(crate) fn close(&mut self, levels: usize) {
        self.levels -= levels;
    }

    /// Writes a value inside an array or object.
    #[inline]
    pub(crate) fn nested(
        &mut self,
        mut write: impl FnMut(&mut ValueWriter<'a>) -> Result<(), SerError>,
    ) -> Result<(), SerError> {
        if self.levels <= SHALLOW {
            write(self)
        } else {
            self.on_enough_stack(&mut write)
        }
    }

    /// Writes the value inside an `Option` or newtype, which adds no level in JSON.
    #[inline]
    pub(crate) fn wrapped(
        &mut self,
        mut write: impl FnMut(&mut ValueWriter<'a>) -> Result<(), SerError>,
    ) -> Result<(), SerError> {
        self.wrappers += 1;
        let result = if self.wrappers <= SHALLOW {
            write(self)
        } else {
            self.deeply_wrapped(&mut write)
        };
        self.wrappers -= 1;
        result
    }

    #[cold]
    fn deeply_wrapped(
        &mut self,
        write: &mut dyn FnMut(&mut ValueWriter<'a>) -> Result<(), SerError>,
    ) -> Result<(), SerError> {
        if self.wrappers > MAX_WRAPPERS {
            return Err(SerError::endless());
        }
        self.on_enough_stack(write)
    }

    /// Not generic, so that it is compiled only once.
    #[inline(never)]
    fn on_enough_stack(
        &mut self,
        write: &mut dyn FnMut(&mut ValueWriter<'a>) -> Result<(), SerError>,
    ) -> Result<(), SerError> {
        stacker::maybe_grow(RED_ZONE, GROWTH, || write(self))
    }
}

impl SerError {
    #[cold]
    fn endless() -> Self {
        serde::ser::Error::custom("its `Option`s or newtypes are nested without end")
    }
}
