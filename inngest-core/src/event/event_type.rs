//! Defines `EventType`, the constant description of an event type.

use std::borrow::Cow;

use inngest_grammar::overlap;
use inngest_grammar::pieces::Pieces;
use inngest_grammar::proof::PartKind;
use schemars::{Schema, SchemaGenerator};

use crate::const_text::ConstText;
use crate::event::session::SessionSpec;

/// Generates the schema of one part of an event.
#[doc(hidden)]
pub type SchemaFn = fn(&mut SchemaGenerator) -> Schema;

/// Everything that is constant about an event type. The derive creates one static for each type,
/// and all other code reads it.
#[derive(Debug)]
#[doc(hidden)]
pub struct EventType {
    pub name: &'static str,
    /// Empty for a type without a version.
    pub version: &'static str,
    /// Empty for a type without an id template.
    pub id_template: &'static str,
    /// What each placeholder of the id template can print.
    pub id_parts: &'static [PartKind],
    /// Where the derive is, as `file:line`.
    pub source: &'static str,
    pub schemas: Schemas,
}

/// The schemas of an event type's parts.
#[derive(Debug)]
#[doc(hidden)]
pub struct Schemas {
    pub data: DataSchema,
    pub user: Option<SchemaFn>,
    pub sessions: &'static [SessionSpec],
}

/// The schema of an event's data.
#[derive(Debug)]
#[doc(hidden)]
pub struct DataSchema {
    /// The title to use if the type does not set one.
    pub title: fn() -> Cow<'static, str>,
    pub schema: SchemaFn,
}

/// How two event types conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConflictKind {
    /// They have the same name and version, so consumers cannot tell their events apart.
    SameNameAndVersion,
    /// Their id templates could print the same id, so the server would ignore the second of two
    /// unrelated events.
    SameId,
}

impl ConflictKind {
    /// The error message for two types, each with its displayed name.
    pub(crate) const fn message(
        self,
        (first_name, first): (&str, &EventType),
        (second_name, second): (&str, &EventType),
    ) -> ConstText {
        let message = ConstText::new().with("`").with(first_name);
        let message = message.with("` and `").with(second_name);
        match self {
            Self::SameNameAndVersion => message
                .with("` have the same event name and version, `")
                .with(first.name)
                .with("`; give one of them another name or version"),
            Self::SameId => message
                .with("` could print the same id, from the templates `")
                .with(first.id_template)
                .with("` and `")
                .with(second.id_template)
                .with(
                    "`, and the server would ignore the second event; give one of them another \
                     beginning, such as its whole name with `-` for `/` and `.`, or `:` after the \
                     slug",
                ),
        }
    }
}

impl EventType {
    pub(crate) const fn version(&self) -> Option<&'static str> {
        non_empty(self.version)
    }

    pub(crate) const fn id_template(&self) -> Option<&'static str> {
        non_empty(self.id_template)
    }

    /// How this type conflicts with another, if it does.
    ///
    /// A type with mistakes has no name and conflicts with no other, because the derive has already
    /// reported it.
    pub(crate) const fn conflict(&self, other: &Self) -> Option<ConflictKind> {
        if self.name.is_empty() || other.name.is_empty() {
            return None;
        }
        if is_same(self.name, other.name) && is_same(self.version, other.version) {
            return Some(ConflictKind::SameNameAndVersion);
        }
        if self.id_template.is_empty() || other.id_template.is_empty() {
            return None;
        }
        let one = Pieces::of(self.id_template, self.id_parts);
        match (one, Pieces::of(other.id_template, other.id_parts)) {
            (Some(a), Some(b)) if !overlap::could_coincide(a.as_slice(), b.as_slice()) => None,
            _ => Some(ConflictKind::SameId),
        }
    }
}

const fn non_empty(text: &'static str) -> Option<&'static str> {
    if text.is_empty() { None } else { Some(text) }
}

/// `==` is not available in constants.
const fn is_same(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        match (a, b) {
            ([], []) => return true,
            ([x, rest_of_a @ ..], [y, rest_of_b @ ..]) if *x == *y => {
                (a, b) = (rest_of_a, rest_of_b);
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn event_type(
        name: &'static str,
        version: &'static str,
        id_template: &'static str,
    ) -> EventType {
        EventType {
            name,
            version,
            id_template,
            id_parts: &[],
            source: "",
            schemas: Schemas {
                data: DataSchema {
                    title: || Cow::Borrowed(""),
                    schema: |_| Schema::default(),
                },
                user: None,
                sessions: &[],
            },
        }
    }

    #[test]
    fn equal_versions_and_coinciding_ids_conflict() {
        use ConflictKind::{SameId, SameNameAndVersion};
        let placed = ("shop/order.placed", "1", "");
        for (one, other, expected) in [
            (placed, placed, Some(SameNameAndVersion)),
            (placed, ("shop/order.placed", "2", ""), None),
            (placed, ("shop/order.placed", "", ""), None),
            (placed, ("shop/order.plaque", "1", ""), None),
            (placed, ("shop/order", "1", ""), None),
            // Types with mistakes.
            (("", "", ""), ("", "", ""), None),
            (placed, ("", "", ""), None),
            // Only one of the types has an id.
            (placed, ("shop/order.paid", "1", "order-paid"), None),
            (
                ("shop/order.paid", "1", "order-paid"),
                ("shop/order.sent", "1", "order-paid"),
                Some(SameId),
            ),
            (
                ("shop/order.paid", "1", "order-paid"),
                ("shop/order.sent", "1", "order-sent"),
                None,
            ),
        ] {
            let (a, b) = (
                event_type(one.0, one.1, one.2),
                event_type(other.0, other.1, other.2),
            );
            assert_eq!(a.conflict(&b), expected, "{one:?} {other:?}");
            assert_eq!(b.conflict(&a), expected, "{other:?} {one:?}");
        }
    }
}
