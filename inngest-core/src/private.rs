//! What the code that the derives generate calls. Not a public interface: it changes with them.

pub use crate::id::{IdPiece, IdWriter};
pub use crate::schema::{SchemaFn, subschema};
pub use crate::session::{SessionSpec, SessionWriter};
pub use crate::wire::UserWriter;
pub use core::option::Option;
pub use inngest_grammar::proof::Language;
#[cfg(feature = "registry")]
pub use inventory;
pub use schemars::JsonSchema;
pub use serde::Serialize;

use crate::id::{self, IdPart};
use crate::session::{SessionField, SessionKind, SessionValue};
use crate::timestamp::Timestamp;

/// Text of an id.
#[must_use]
pub const fn text(text: &'static str) -> IdPiece {
    IdPiece::Text(text)
}

/// How a field is printed into an id.
///
/// All that asks for `T: IdPart` goes through [`id_field`], so that a type without it is one error.
#[derive(Debug)]
pub struct IdField<T: ?Sized> {
    language: Language,
    pattern: &'static str,
    print: fn(&T, &mut IdWriter<'_>),
}

/// How a field of a type that is written out is printed.
#[must_use]
pub const fn id_field<T: IdPart + ?Sized>() -> IdField<T> {
    IdField {
        language: T::LANGUAGE,
        pattern: T::PATTERN,
        print: T::write_id,
    }
}

/// How the field at the end of a path is printed; the compiler finds its type.
#[must_use]
pub const fn id_field_at<E, T: IdPart + ?Sized>(_: fn(&E) -> &T) -> IdField<T> {
    id_field()
}

impl<T: ?Sized> IdField<T> {
    /// The piece of the id's template.
    #[must_use]
    pub const fn piece(&self, field: &'static str) -> IdPiece {
        IdPiece::Part {
            field,
            language: self.language,
            pattern: self.pattern,
        }
    }

    /// What it can print.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The same as a regular expression.
    #[must_use]
    pub const fn pattern(&self) -> &'static str {
        self.pattern
    }

    /// Prints a value that is a part of a part.
    pub fn print(&self, value: &T, id: &mut IdWriter<'_>) {
        (self.print)(value, id);
    }

    /// Prints a value and notes when it is empty.
    pub fn write(&self, field: &'static str, value: &T, id: &mut IdWriter<'_>) {
        id.part(field, |id| (self.print)(value, id));
    }
}

/// How a field becomes a session.
///
/// All that asks for `T: SessionField` goes through [`session_field`].
#[derive(Debug)]
pub struct SessionOf<T: ?Sized> {
    kind: SessionKind,
    optional: bool,
    value: fn(&T) -> Option<SessionValue<'_>>,
}

/// How a field of this type becomes a session.
#[must_use]
pub const fn session_field<T: SessionField + ?Sized>() -> SessionOf<T> {
    SessionOf {
        kind: T::KIND,
        optional: T::OPTIONAL,
        value: T::session_value,
    }
}

impl<T: ?Sized> SessionOf<T> {
    /// What the schema says of it.
    #[must_use]
    pub const fn spec(&self, key: &'static str) -> SessionSpec {
        SessionSpec {
            key,
            kind: self.kind,
            optional: self.optional,
        }
    }

    /// Writes it.
    pub fn write(&self, key: &'static str, field: &T, sessions: &mut SessionWriter<'_>) {
        sessions.field(key, (self.value)(field));
    }
}

/// When the event occurred.
#[must_use]
pub fn timestamp<T: Timestamp + ?Sized>(field: &T) -> Option<i64> {
    field.timestamp_millis()
}

/// Fails to compile unless the pieces prove that two different events print different ids.
///
/// # Panics
///
/// When they do not, which ends the compilation: it is called in constants only.
#[track_caller]
pub const fn assert_unambiguous(pieces: &[IdPiece]) {
    assert!(
        id::is_unambiguous(pieces),
        "the `id` template could print the same id for two different events, and the second would \
         be ignored; put a separator between the placeholders that the fields cannot contain, or \
         add `allow(ambiguous_id)`"
    );
}

/// Fails to compile when `allow(ambiguous_id)` is given for a template that needs none.
///
/// # Panics
///
/// When the template is unambiguous, which ends the compilation: it is called in constants only.
#[track_caller]
pub const fn assert_ambiguous(pieces: &[IdPiece]) {
    assert!(
        !id::is_unambiguous(pieces),
        "`allow(ambiguous_id)` lifts nothing, the `id` template is unambiguous; remove it"
    );
}

/// Adds an event type to what [`Registry::collect`](crate::registry::Registry::collect) finds.
#[cfg(feature = "registry")]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($event:ty) => {
        $crate::__private::inventory::submit! {
            $crate::registry::Descriptor::of::<$event>().at(file!(), line!())
        }
    };
}

/// Without the feature `registry` there is nothing to add a type to.
#[cfg(not(feature = "registry"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($event:ty) => {};
}
