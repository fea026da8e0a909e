//! Defines `IdPart`, the trait of types that a placeholder in an id template can print.

use std::borrow::Cow;
use std::num::NonZero;
use std::rc::Rc;
use std::sync::Arc;

use inngest_grammar::proof::{Language, PartKind};

use crate::event::id::writer::IdWriter;

/// A type that can be part of a deduplication id.
///
/// Implemented for integers, `bool`, `char` and the string types, and for references and smart pointers
/// to these. The features `uuid`, `ulid` and `url` add `Uuid`, `Ulid` and `Url`; `chrono`, `jiff` and
/// `time` add their calendar dates. A date prints as `YYYY-MM-DD`; an event cannot be sent if the year
/// is outside 0 to 9999. `#[derive(IdPart)]` implements it for newtypes of these and for enums of unit
/// variants.
///
/// Not implemented for `Option` (an absent value prints nothing, so different events could share an
/// id), floats and decimals (one number has many spellings), collections, and points in time (two
/// attempts to report the same fact rarely have the same time).
///
/// ```
/// use inngest_core::IdPart;
///
/// #[derive(IdPart)]
/// struct OrderId(u64);
///
/// #[derive(IdPart)]
/// enum Channel {
///     Web,
///     PointOfSale, // prints `point_of_sale`
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a deduplication id",
    label = "this type cannot be part of a deduplication id",
    note = "an id takes integers, `bool`, `char`, strings, `Uuid`, `Ulid`, and newtypes and unit-only enums with `#[derive(IdPart)]`",
    note = "`Option` is refused because an absent value prints nothing: split the event in two, or choose another field",
    note = "floats are refused because one number has many spellings: use a fixed-point integer, or choose another field",
    note = "points in time are refused because two reports of one fact rarely have the same time: use a calendar date, or choose another field",
    note = "`Uuid`, `Ulid`, `Url` and the calendar dates of `chrono`, `jiff` and `time` need the feature with their crate's name"
)]
pub trait IdPart {
    /// The set of texts that this type can print. The proof that ids are unambiguous depends on it.
    /// The default allows any text.
    ///
    /// An event cannot be sent if the type prints text outside this set. [`Language::Fixed`] is the
    /// exception: it is not checked. If the number of characters varies after all (for example, a
    /// zero-padded number outgrows its width), different events can get the same id, and the server
    /// silently ignores the second.
    const LANGUAGE: Language = Language::Open;

    /// A regular expression (ECMA-262) for these texts, used in the event's schema.
    const PATTERN: &'static str = Self::LANGUAGE.pattern();

    /// Prints the value. Different values must print different texts.
    fn write_id(&self, id: &mut IdWriter<'_>);

    #[doc(hidden)]
    const __KIND: PartKind = PartKind {
        language: Self::LANGUAGE,
        pattern: Self::PATTERN,
    };

    /// Whether the printed text needs no check against [`LANGUAGE`](IdPart::LANGUAGE), because the
    /// type cannot print anything else.
    #[doc(hidden)]
    const __KEEPS_TO_LANGUAGE: bool = matches!(Self::LANGUAGE, Language::Open | Language::Fixed);

    /// Prints the template's text before a placeholder, then the value of its field.
    ///
    /// Not inlined: otherwise LLVM would optimize the same code once for each field.
    #[doc(hidden)]
    #[inline(never)]
    fn __write_part(&self, text: &str, field: &'static str, id: &mut IdWriter<'_>) {
        id.push_str(text);
        let claimed = (!Self::__KEEPS_TO_LANGUAGE).then_some(Self::LANGUAGE);
        id.part(field, claimed, |id| self.write_id(id));
    }
}

macro_rules! displayed {
    ($language:expr => $($t:ty),*) => {$(
        impl IdPart for $t {
            const LANGUAGE: Language = $language;
            const __KEEPS_TO_LANGUAGE: bool = true;
            fn write_id(&self, id: &mut IdWriter<'_>) {
                id.push_display(self);
            }
        }

        impl IdPart for NonZero<$t> {
            const LANGUAGE: Language = $language;
            const __KEEPS_TO_LANGUAGE: bool = true;
            fn write_id(&self, id: &mut IdWriter<'_>) {
                id.push_display(self);
            }
        }
    )*};
}

displayed!(Language::Unsigned => u8, u16, u32, u64, u128, usize);
displayed!(Language::Signed => i8, i16, i32, i64, i128, isize);

impl IdPart for bool {
    const LANGUAGE: Language = Language::Bool;
    const __KEEPS_TO_LANGUAGE: bool = true;
    fn write_id(&self, id: &mut IdWriter<'_>) {
        id.push_str(if *self { "true" } else { "false" });
    }
}

impl IdPart for char {
    const LANGUAGE: Language = Language::Fixed;
    const PATTERN: &'static str = "[\\s\\S]";
    fn write_id(&self, id: &mut IdWriter<'_>) {
        id.push_str(self.encode_utf8(&mut [0; 4]));
    }
}

impl IdPart for str {
    fn write_id(&self, id: &mut IdWriter<'_>) {
        id.push_str(self);
    }
}

impl IdPart for String {
    fn write_id(&self, id: &mut IdWriter<'_>) {
        id.push_str(self);
    }
}

macro_rules! behind_a_pointer {
    ($($pointer:ty),*) => {$(
        impl<T: IdPart + ?Sized> IdPart for $pointer {
            const LANGUAGE: Language = T::LANGUAGE;
            const PATTERN: &'static str = T::PATTERN;
            const __KEEPS_TO_LANGUAGE: bool = T::__KEEPS_TO_LANGUAGE;
            fn write_id(&self, id: &mut IdWriter<'_>) {
                (**self).write_id(id);
            }
        }
    )*};
}

behind_a_pointer!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: IdPart + ToOwned + ?Sized> IdPart for Cow<'_, T> {
    const LANGUAGE: Language = T::LANGUAGE;
    const PATTERN: &'static str = T::PATTERN;
    const __KEEPS_TO_LANGUAGE: bool = T::__KEEPS_TO_LANGUAGE;
    fn write_id(&self, id: &mut IdWriter<'_>) {
        (**self).write_id(id);
    }
}

#[cfg(feature = "uuid")]
impl IdPart for uuid::Uuid {
    const LANGUAGE: Language = Language::Fixed;
    const PATTERN: &'static str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    fn write_id(&self, id: &mut IdWriter<'_>) {
        id.push_str(
            self.hyphenated()
                .encode_lower(&mut uuid::Uuid::encode_buffer()),
        );
    }
}

#[cfg(feature = "ulid")]
impl IdPart for ulid::Ulid {
    const LANGUAGE: Language = Language::Fixed;
    const PATTERN: &'static str = "[0-7][0-9A-HJKMNP-TV-Z]{25}";
    fn write_id(&self, id: &mut IdWriter<'_>) {
        id.push_str(self.array_to_str(&mut [0; ulid::ULID_LEN]));
    }
}

// Two URLs are equal only if their texts are equal, so different values print different texts.
#[cfg(feature = "url")]
impl IdPart for url::Url {
    fn write_id(&self, id: &mut IdWriter<'_>) {
        id.push_str(self.as_str());
    }
}
