//! How deep values are nested, and room on the stack for it.
//!
//! Writing a value inside another takes stack for each of them, and values of users may be nested
//! deeper than a thread's stack allows. So the stack grows, up to the depth that is refused.

use inngest_grammar::limits::MAX_DEPTH;

use crate::encode::json::Lossy;
use crate::encode::value::writer::{EncodeError, SerError, ValueWriter};

/// So many levels and so many steps are taken without a look at the stack, as they are in most events:
/// what is left of any usual stack is enough for them.
const SHALLOW: usize = 8;

/// What is to be left on the stack for one call: for the `Serialize` of the largest types that are
/// not optimized, and what their authors do in it.
const RED_ZONE: usize = 128 << 10;

/// How much the stack grows at once.
const GROWTH: usize = 2 << 20;

/// The most `Option`s and newtypes inside each other. They have no brackets in JSON, so the server
/// has no limit for them; the limit is for values that have no end. Each level may have several.
const MAX_STEPS: usize = 16 * MAX_DEPTH;

impl<'a> ValueWriter<'a> {
    /// An array or an object begins here.
    #[inline]
    pub(crate) fn open(&mut self) -> Result<(), SerError> {
        if self.levels >= MAX_DEPTH {
            return Err(self.refuse(EncodeError::Refused(Lossy::TooDeep)));
        }
        self.levels += 1;
        Ok(())
    }

    /// So many arrays and objects end here.
    #[inline]
    pub(crate) fn close(&mut self, levels: usize) {
        self.levels -= levels;
    }

    /// Writes what is inside another value.
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

    /// Writes a value in place of another, as an `Option` and a newtype are written.
    #[inline]
    pub(crate) fn step(
        &mut self,
        mut write: impl FnMut(&mut ValueWriter<'a>) -> Result<(), SerError>,
    ) -> Result<(), SerError> {
        self.steps += 1;
        let result = if self.steps <= SHALLOW {
            write(self)
        } else {
            self.further_step(&mut write)
        };
        self.steps -= 1;
        result
    }

    #[cold]
    fn further_step(
        &mut self,
        write: &mut dyn FnMut(&mut ValueWriter<'a>) -> Result<(), SerError>,
    ) -> Result<(), SerError> {
        if self.steps > MAX_STEPS {
            return Err(SerError::no_end());
        }
        self.on_enough_stack(write)
    }

    /// Not generic, so that it is compiled once for all types.
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
    fn no_end() -> Self {
        serde::ser::Error::custom("its `Option`s or newtypes are nested without end")
    }
}
