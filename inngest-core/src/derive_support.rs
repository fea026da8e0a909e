//! Contains the items that generated code uses. It is not public API.

pub use crate::encode::member::UserWriter;
pub use crate::event::derived::{DerivedEvent, EventData, HasSchema, Serializable};
pub use crate::event::event_type::{EventType, SchemaFn, Schemas};
pub use crate::event::id::IdWriter;
pub use crate::event::session::{SessionSpec, SessionWriter};
pub use crate::registry::link;
pub use core::option::Option;
pub use core::primitive::{bool, i64, str};
pub use inngest_grammar::proof::{Language, PartKind};

use crate::const_text::ConstText;
use crate::event::Event;
use crate::event::id::IdPart;
use crate::event::session::{OptionalSessionField, SessionField, SessionKind, SessionValue};
use crate::event::timestamp::Timestamp;
use inngest_grammar::{pieces, proof};
use schemars::{Schema, SchemaGenerator};

/// Describes the schemas of an event type.
///
/// All required bounds are on this function, so a type that lacks `Serialize` or `JsonSchema` causes
/// one error.
#[must_use]
pub const fn schemas<E: DerivedEvent>() -> Schemas {
    Schemas {
        data: E::__SCHEMA,
        user: E::__USER,
        sessions: E::__SESSIONS,
    }
}

/// Describes how to print the field at the end of a path. The compiler infers the field's type.
///
/// The derive requires `IdPart` only through this function, so a type that lacks it causes one error.
#[must_use]
pub const fn id_field_at<E, T: IdPart + ?Sized>(get: fn(&E) -> &T) -> IdFieldAt<E, T> {
    IdFieldAt {
        kind: T::__KIND,
        print: T::__write_part,
        get,
    }
}

/// A field at the end of a path.
#[derive(Debug)]
pub struct IdFieldAt<E, T: ?Sized> {
    kind: PartKind,
    print: fn(&T, &str, &'static str, &mut IdWriter<'_>),
    get: fn(&E) -> &T,
}

impl<E, T: ?Sized> IdFieldAt<E, T> {
    /// What the field can print.
    #[must_use]
    pub const fn kind(&self) -> PartKind {
        self.kind
    }

    /// Prints the template's text before the placeholder, then the field.
    pub fn write(&self, event: &E, text: &str, field: &'static str, id: &mut IdWriter<'_>) {
        (self.print)((self.get)(event), text, field, id);
    }
}

/// How a field becomes a session.
#[derive(Debug)]
pub struct SessionOf<T: ?Sized> {
    kind: SessionKind,
    optional: bool,
    /// Whether `None` clears the session.
    clears: bool,
    value: fn(&T) -> Option<SessionValue<'_>>,
}

/// Describes how a field of this type becomes a session. The derive requires `SessionField` only
/// through this function.
#[must_use]
pub const fn session_field<T: SessionField + ?Sized>() -> SessionOf<T> {
    SessionOf {
        kind: T::KIND,
        optional: T::OPTIONAL,
        clears: false,
        value: T::session_value,
    }
}

/// Describes how a field of this type becomes a session that `None` clears. The derive requires
/// `OptionalSessionField` only through this function.
#[must_use]
pub const fn clearing_session_field<T: OptionalSessionField + ?Sized>() -> SessionOf<T> {
    SessionOf {
        kind: T::KIND,
        optional: false,
        clears: true,
        value: T::session_value,
    }
}

impl<T: ?Sized> SessionOf<T> {
    /// Describes the session for the schema.
    #[must_use]
    pub const fn spec(&self, key: &'static str) -> SessionSpec {
        SessionSpec {
            key,
            kind: self.kind,
            optional: self.optional,
        }
    }

    /// Writes the session.
    pub fn write(&self, key: &'static str, field: &T, sessions: &mut SessionWriter<'_>) {
        let value = (self.value)(field);
        if value.is_some() || self.clears {
            sessions.field(key, value.as_ref());
        }
    }
}

/// The schema of a user field.
pub fn subschema<T: HasSchema + ?Sized>(generator: &mut SchemaGenerator) -> Schema {
    T::__subschema(generator)
}

/// Writes a user field.
pub fn write_user<T: Serializable + ?Sized>(user: &mut UserWriter<'_>, field: &T) {
    field.__write(user);
}

/// The event's time.
#[must_use]
pub fn timestamp<T: Timestamp + ?Sized>(field: &T) -> Option<i64> {
    field.timestamp_millis()
}

/// A function that the program calls before `main`.
pub type Link = extern "C" fn();

/// Returns the link function of an event type. Fails to compile if different events could print the
/// same id.
///
/// One function does both, because a second call would take rustc about as long as the proof.
///
/// # Panics
///
/// Panics if two different events could print the same id. It is only called in constants, so the
/// panic is a compile error.
#[must_use]
#[track_caller]
#[expect(clippy::panic, reason = "the panic is the compile error")]
pub const fn assert_unambiguous<E: DerivedEvent>(edges: &str) -> Link {
    if let Some((left, right)) = proof::clash(E::__TYPE.id_parts, edges) {
        let message = ConstText::new()
            .with("different values of `{")
            .with(placeholder::<E>(left))
            .with("}` and `{")
            .with(placeholder::<E>(right))
            .with(
                "}` could print the same id, and the server would ignore the second event; \
                 separate them by a character that neither can contain, such as `/` beside \
                 numbers, or take one out of the id, or add `allow(ambiguous_id)`",
            );
        panic!("{}", message.as_str())
    }
    link::<E>
}

const fn placeholder<E: DerivedEvent>(index: usize) -> &'static str {
    match pieces::placeholder(E::__TYPE.id_template, index) {
        Some(path) => path,
        None => "",
    }
}

/// Returns the link function of an event type. Fails to compile if its template does not need
/// `allow(ambiguous_id)`.
///
/// # Panics
///
/// Panics if the template is unambiguous. It is only called in constants, so the panic is a compile
/// error.
#[must_use]
#[track_caller]
pub const fn assert_ambiguous<E: DerivedEvent>(edges: &str) -> Link {
    assert!(
        proof::clash(E::__TYPE.id_parts, edges).is_some(),
        "`allow(ambiguous_id)` has no effect because different events print different ids; remove it"
    );
    link::<E>
}

/// The descriptor of an event type.
#[must_use]
pub const fn event_type<E: Event>() -> &'static EventType {
    E::__TYPE
}

/// Fails to compile if two of the event types conflict. Each type comes with the name to show in
/// the message.
///
/// # Panics
///
/// Panics if two types conflict. It is only called in constants, so the panic is a compile error.
#[track_caller]
#[expect(clippy::panic, reason = "the panic is the compile error")]
pub const fn assert_distinct(types: &[(&str, &EventType)]) {
    let mut rest = types;
    while let [(first_label, first), others @ ..] = rest {
        let mut after = others;
        while let [(second_label, second), more @ ..] = after {
            if let Some(kind) = first.conflict(second) {
                let message = kind.message((first_label, first), (second_label, second));
                panic!("{}", message.as_str());
            }
            after = more;
        }
        rest = others;
    }
}

/// Implements `Event`. This is a macro because rustc copies its tokens faster than the derive could
/// create them.
///
/// All constant data is in one constant, because rustc is slower with several. `__once!` expands
/// inside that constant, so its names cannot conflict with user code. Each binding has a prefix,
/// because a pattern with the name of a user's constant would match that constant. The type is a
/// `tt`, because rustc reports errors of an `ident` at the macro.
#[doc(hidden)]
#[macro_export]
macro_rules! __event {
    (
        $event:tt $([$($generics:tt)*] [$($arguments:tt)*] [$($bounds:tt)*])?
        $name:literal $version:literal $template:literal $source:literal
        $(once $link:expr;)?
        $(
            id $([$($each:tt)*])?
            $($text:literal $path:literal $($field:ident: $part:ty)? $({ $($at:tt)* })?;)*
            $(+ $tail:literal)?;
        )?
        $({ $($items:tt)* })?
    ) => {
        #[automatically_derived]
        #[allow(deprecated)]
        impl $($($generics)*)? $crate::derive_support::DerivedEvent for $event $($($arguments)* $($bounds)*)? {
            const __TYPE: &'static $crate::derive_support::EventType = {
                $($crate::__once!($link);)?
                &$crate::derive_support::EventType {
                    name: $name,
                    version: $version,
                    id_template: $template,
                    id_parts: &[$($(
                        $(<$part as $crate::IdPart>::__KIND)?
                        $($($at)*.kind())?
                    ),*)?],
                    source: $source,
                    schemas: $crate::derive_support::schemas::<Self>(),
                }
            };
            $(
                fn __write_id(&self, __inngest_id: &mut $crate::derive_support::IdWriter<'_>) {
                    $($($each)*)?
                    $(
                        $(<$part as $crate::IdPart>::__write_part(&self.$field, $text, $path, __inngest_id))?
                        $($($at)*.write(self, $text, $path, __inngest_id))?;
                    )*
                    $(__inngest_id.push_str($tail);)?
                }
            )?
            $($($items)*)?
        }

        #[automatically_derived]
        #[allow(deprecated)]
        impl $($($generics)*)? $crate::Event for $event $($($arguments)* $($bounds)*)? {}
    };
}

/// Defines `__once!`, which generates the code that each type needs once. It evaluates `$link`, which
/// proves that ids are unambiguous and returns the type's link function. It places a pointer to that
/// function in a section whose functions the program calls before `main`, so that
/// [`Registry::collect`](crate::registry::Registry::collect) finds the type.
// rustfmt would indent the inner macro further each time.
#[rustfmt::skip]
#[cfg(feature = "registry")]
macro_rules! link_in {
    ($dollar:tt $section:literal) => {
        #[doc(hidden)]
        #[macro_export]
        macro_rules! __once {
            ($dollar link:expr) => {
                #[used]
                #[unsafe(link_section = $section)]
                static LINKED: $crate::derive_support::Link = $dollar link;
            };
        }
    };
}

// The crate `inventory` uses the same sections, but rustc needs a tenth of the time that it needs for a
// whole struct with `Serialize` and `JsonSchema`, for each type.
#[cfg(all(feature = "registry", windows))]
link_in!($ ".CRT$XCU");
#[cfg(all(feature = "registry", target_vendor = "apple"))]
link_in!($ "__DATA,__mod_init_func,mod_init_funcs");
#[cfg(all(
    feature = "registry",
    any(unix, target_family = "wasm"),
    not(any(target_vendor = "apple", target_os = "aix")),
))]
link_in!($ ".init_array");

/// Without the feature `registry`, or on platforms that cannot run code before `main`, types are
/// not collected. The proof still runs:
///
/// ```
/// # use inngest_core::Event;
/// #[derive(serde::Serialize, schemars::JsonSchema, Event)]
/// #[event(name = "shop/stock.changed", id = "stock-changed-{sku}/{delta}")]
/// struct StockChanged {
///     sku: String,
///     delta: i64,
/// }
/// ```
///
/// ```compile_fail,E0080
/// # use inngest_core::Event;
/// #[derive(serde::Serialize, schemars::JsonSchema, Event)]
/// #[event(name = "shop/stock.changed", id = "stock-changed-{sku}-{delta}")]
/// struct StockChanged {
///     sku: String,
///     delta: i64,
/// }
/// ```
#[cfg(not(all(
    feature = "registry",
    any(windows, target_family = "wasm", all(unix, not(target_os = "aix"))),
)))]
#[doc(hidden)]
#[macro_export]
macro_rules! __once {
    ($link:expr) => {
        const _: $crate::derive_support::Link = $link;
    };
}

/// Defines a function that describes how to print the field at the end of a path. A type that cannot
/// be part of an id causes an error that names the path.
#[doc(hidden)]
#[macro_export]
macro_rules! __id_field_at {
    ($function:ident $bound:ident $label:literal) => {
        #[diagnostic::on_unimplemented(
            message = "`{Self}` cannot be part of a deduplication id",
            label = $label,
            note = "an id takes integers, `bool`, `char`, strings, and newtypes and unit-only enums with `#[derive(IdPart)]`",
            note = "`Option` is refused because an absent value prints nothing: split the event in two, or choose another field",
            note = "floats are refused because one number has many spellings: use a fixed-point integer, or choose another field",
            note = "`Uuid`, `Ulid`, `Url` and the calendar dates of `chrono`, `jiff` and `time` need the feature with their crate's name"
        )]
        #[allow(non_camel_case_types)]
        trait $bound: $crate::IdPart {}

        #[diagnostic::do_not_recommend]
        impl<T: $crate::IdPart + ?Sized> $bound for T {}

        #[allow(non_snake_case)]
        const fn $function<E, T: $bound + ?Sized>(
            get: fn(&E) -> &T,
        ) -> $crate::derive_support::IdFieldAt<E, T> {
            $crate::derive_support::id_field_at(get)
        }
    };
}
