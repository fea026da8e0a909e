//! What the code that the derives generate calls. Not a public interface: it changes with them.

pub use crate::id::{IdPiece, IdWriter};
pub use crate::schema::{SchemaFn, subschema};
pub use crate::session::{SessionSpec, SessionWriter};
pub use crate::wire::UserWriter;
pub use core::option::Option;
pub use core::primitive::{i64, str};
pub use inngest_grammar::proof::Language;
#[cfg(feature = "registry")]
pub use inventory;
pub use schemars::JsonSchema;
pub use serde::Serialize;

use crate::const_text::ConstText;
use crate::distinct::{ConflictKind, Identity};
use crate::event::Event;
use crate::id::{self, Clash, IdPart};
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
pub const fn id_field_at<E, T: IdPart + ?Sized>(get: fn(&E) -> &T) -> IdFieldAt<E, T> {
    IdFieldAt {
        field: id_field(),
        get,
    }
}

/// A field at the end of a path.
#[derive(Debug)]
pub struct IdFieldAt<E, T: ?Sized> {
    field: IdField<T>,
    get: fn(&E) -> &T,
}

impl<E, T: ?Sized> IdFieldAt<E, T> {
    /// The piece of the id's template.
    #[must_use]
    pub const fn piece(&self, field: &'static str) -> IdPiece {
        self.field.piece(field)
    }

    /// Prints the field of an event and notes when it is empty.
    pub fn write(&self, field: &'static str, event: &E, id: &mut IdWriter<'_>) {
        self.field.write(field, (self.get)(event), id);
    }
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
#[expect(clippy::panic, reason = "the panic is the compile error")]
pub const fn assert_unambiguous(pieces: &[IdPiece]) {
    match id::clash(pieces) {
        None => {}
        Some(Clash::Between(left, right)) => {
            let message = ConstText::new()
                .with("different values of `{")
                .with(left)
                .with("}` and `{")
                .with(right)
                .with(
                    "}` could print the same id, and the server would ignore the second event; \
                     separate them by a character that neither can contain, such as `/` beside \
                     numbers, or take one out of the id, or add `allow(ambiguous_id)`",
                );
            panic!("{}", message.as_str())
        }
        Some(Clash::TooLong) => panic!(
            "the id template has too many placeholders to prove that different events print \
             different ids; name fewer fields, or add `allow(ambiguous_id)`"
        ),
    }
}

/// Fails to compile when `allow(ambiguous_id)` is given for a template that needs none.
///
/// # Panics
///
/// When the template is unambiguous, which ends the compilation: it is called in constants only.
#[track_caller]
pub const fn assert_ambiguous(pieces: &[IdPiece]) {
    assert!(
        id::clash(pieces).is_some(),
        "`allow(ambiguous_id)` lifts nothing, different events print different ids; remove it"
    );
}

/// What tells an event type from another; the label is its name in a message.
#[must_use]
pub const fn identity<E: Event>(label: &'static str) -> Identity {
    Identity::of::<E>(label)
}

/// Fails to compile when two of the event types stand in each other's way.
///
/// # Panics
///
/// When two do, which ends the compilation: it is called in constants only.
#[track_caller]
#[expect(clippy::panic, reason = "the panic is the compile error")]
pub const fn assert_distinct(types: &[Identity]) {
    let mut rest = types;
    while let [first, others @ ..] = rest {
        let mut after = others;
        while let [second, more @ ..] = after {
            if let Some(kind) = first.conflict(second) {
                let message = ConstText::new().with("`").with(first.label).with("` and `");
                let message = message.with(second.label);
                let message = match kind {
                    ConflictKind::SameNameAndVersion => message
                        .with("` have the same event name and version, `")
                        .with(first.name)
                        .with("`; give one of them another name or version"),
                    ConflictKind::SameId => message
                        .with("` could print the same id, by `")
                        .with(or_empty(first.id_template))
                        .with("` and `")
                        .with(or_empty(second.id_template))
                        .with(
                            "`, and the server would ignore the second event; give \
 one of them another beginning, such as its whole name with `-` for `/` and `.`, or `:` \
 after the slug",
                        ),
                };
                panic!("{}", message.as_str());
            }
            after = more;
        }
        rest = others;
    }
}

const fn or_empty(text: Option<&'static str>) -> &'static str {
    match text {
        Some(text) => text,
        None => "",
    }
}

/// Adds an event type to what [`Registry::collect`](crate::registry::Registry::collect) finds.
#[cfg(feature = "registry")]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($event:ty) => {
        $crate::__private::inventory::submit! {
            $crate::registry::Descriptor::of::<$event>().at(::core::file!(), ::core::line!())
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
