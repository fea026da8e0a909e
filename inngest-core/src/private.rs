//! What the code that the derives generate calls. Not a public interface: it changes with them.

pub use crate::encode::member::UserWriter;
pub use crate::event::event_type::{EventType, SchemaFn, Schemas};
pub use crate::event::id::IdWriter;
pub use crate::event::session::{SessionSpec, SessionWriter};
pub use crate::registry::link;
pub use crate::schema::subschema;
pub use core::option::Option;
pub use core::primitive::{bool, i64, str};
pub use inngest_grammar::proof::{Language, PartKind};
pub use schemars::JsonSchema;
pub use serde::Serialize;

use crate::const_text::ConstText;
use crate::event::Event;
use crate::event::event_type::ConflictKind;
use crate::event::id::IdPart;
use crate::event::session::{OptionalSessionField, SessionField, SessionKind, SessionValue};
use crate::event::timestamp::Timestamp;
use inngest_grammar::{pieces, proof};

/// What the schemas of an event type are made of.
///
/// A function, so that a type without `Serialize` or `JsonSchema` is one error.
#[must_use]
pub const fn schemas<E: Event>() -> Schemas {
    Schemas {
        title: E::schema_name,
        data: E::json_schema,
        user: E::__USER,
        sessions: E::__SESSIONS,
    }
}

/// How the field at the end of a path is printed; the compiler finds its type.
///
/// All that asks for `T: IdPart` goes through this, so that a type without it is one error.
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
    /// What it can print.
    #[must_use]
    pub const fn kind(&self) -> PartKind {
        self.kind
    }

    /// Prints the field of an event, after text of the template.
    pub fn write(&self, event: &E, text: &str, field: &'static str, id: &mut IdWriter<'_>) {
        (self.print)((self.get)(event), text, field, id);
    }
}

/// How a field becomes a session.
///
/// All that asks for `T: SessionField` goes through [`session_field`].
#[derive(Debug)]
pub struct SessionOf<T: ?Sized> {
    kind: SessionKind,
    optional: bool,
    /// Whether `None` clears the session.
    clears: bool,
    value: fn(&T) -> Option<SessionValue<'_>>,
}

/// How a field of this type becomes a session.
#[must_use]
pub const fn session_field<T: SessionField + ?Sized>() -> SessionOf<T> {
    SessionOf {
        kind: T::KIND,
        optional: T::OPTIONAL,
        clears: false,
        value: T::session_value,
    }
}

/// How a field of this type becomes a session that its `None` clears.
///
/// All that asks for `T: OptionalSessionField` goes through this.
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
        let value = (self.value)(field);
        if value.is_some() || self.clears {
            sessions.field(key, value.as_ref());
        }
    }
}

/// When the event occurred.
#[must_use]
pub fn timestamp<T: Timestamp + ?Sized>(field: &T) -> Option<i64> {
    field.timestamp_millis()
}

/// What a program calls when it starts.
pub type Link = extern "C" fn();

/// The link of an event type, which fails to compile unless it is proved that two different events
/// print different ids.
///
/// One function for both, because each call takes rustc about as long as the proof.
///
/// # Panics
///
/// When it is not, which ends the compilation: it is called in constants only.
#[must_use]
#[track_caller]
#[expect(clippy::panic, reason = "the panic is the compile error")]
pub const fn assert_unambiguous<E: Event>(edges: &str) -> Link {
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

const fn placeholder<E: Event>(index: usize) -> &'static str {
    or_empty(pieces::placeholder(E::__TYPE.id_template, index))
}

/// The link of an event type, which fails to compile when `allow(ambiguous_id)` is given for a
/// template that needs none.
///
/// # Panics
///
/// When the template is unambiguous, which ends the compilation: it is called in constants only.
#[must_use]
#[track_caller]
pub const fn assert_ambiguous<E: Event>(edges: &str) -> Link {
    assert!(
        proof::clash(E::__TYPE.id_parts, edges).is_some(),
        "`allow(ambiguous_id)` lifts nothing, different events print different ids; remove it"
    );
    link::<E>
}

/// Fails to compile when two of the event types stand in each other's way. Each comes with its name
/// for the message.
///
/// # Panics
///
/// When two do, which ends the compilation: it is called in constants only.
#[track_caller]
#[expect(clippy::panic, reason = "the panic is the compile error")]
pub const fn assert_distinct(types: &[(&str, &EventType)]) {
    let mut rest = types;
    while let [(first_label, first), others @ ..] = rest {
        let mut after = others;
        while let [(second_label, second), more @ ..] = after {
            if let Some(kind) = first.conflict(second) {
                let message = ConstText::new().with("`").with(first_label).with("` and `");
                let message = message.with(second_label);
                let message = match kind {
                    ConflictKind::SameNameAndVersion => message
                        .with("` have the same event name and version, `")
                        .with(first.name)
                        .with("`; give one of them another name or version"),
                    ConflictKind::SameId => message
                        .with("` could print the same id, by `")
                        .with(first.id_template)
                        .with("` and `")
                        .with(second.id_template)
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

/// What every event has, whatever its attributes. A macro, because rustc copies its tokens faster
/// than the derive could make them.
///
/// All that is constant stands in one constant, with what is done once for a type in its block,
/// where its name is in nobody's way: what a constant holds costs rustc less than one more of them.
/// A binding has a name that no constant of a user has, which it would be taken for. The type is a
/// `tt`, because rustc reports what is wrong with an `ident` at the macro.
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
        impl $($($generics)*)? $crate::Event for $event $($($arguments)* $($bounds)*)? {
            const __TYPE: &'static $crate::__private::EventType = {
                $($crate::__once!($link);)?
                &$crate::__private::EventType {
                    name: $name,
                    version: $version,
                    id_template: $template,
                    id_parts: &[$($(
                        $(<$part as $crate::IdPart>::__KIND)?
                        $($($at)*.kind())?
                    ),*)?],
                    source: $source,
                    schemas: $crate::__private::schemas::<Self>(),
                }
            };
            $(
                fn __write_id(&self, __inngest_id: &mut $crate::__private::IdWriter<'_>) {
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
    };
}

/// Defines the macro for what is done once for a type: its id is proved, and it is added to what
/// [`Registry::collect`](crate::registry::Registry::collect) finds. The program calls a function
/// for that when it starts, because a pointer to the function stands in this section.
// rustfmt moves the inner macro further to the right each time.
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
                static LINKED: $crate::__private::Link = $dollar link;
            };
        }
    };
}

// The sections are those of the crate `inventory`, which does the same for values of any type, and
// for that takes rustc a tenth of the time of a whole struct with `Serialize` and `JsonSchema`.
#[cfg(all(feature = "registry", windows))]
link_in!($ ".CRT$XCU");
#[cfg(all(feature = "registry", target_vendor = "apple"))]
link_in!($ "__DATA,__mod_init_func,mod_init_funcs");
#[cfg(all(feature = "registry", target_family = "wasm"))]
link_in!($ ".init_array");
#[cfg(all(
    feature = "registry",
    unix,
    not(any(target_vendor = "apple", target_os = "aix", target_family = "wasm")),
))]
link_in!($ ".init_array");

/// Without the feature `registry`, and where programs call nothing when they start, there is nothing
/// to add a type to. An id is proved all the same:
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
        const _: $crate::__private::Link = $link;
    };
}
