//! Differences between two schemas, and how reports word them.

use serde_json::Value;

use super::verdict::Verdict;
use super::view::quoted;

/// The subject of the words of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The place: "was removed".
    Place,
    /// Something at the place, named in the words: "its type was integer and is now string".
    Part,
}

/// A difference between two schemas at one place.
#[derive(Clone, Debug)]
pub(super) enum Difference<'a> {
    Documentation,
    Default {
        old: &'a Value,
        new: &'a Value,
    },
    /// Whether it is deprecated now.
    Deprecated(bool),
    NowNull,
    NoLongerNull,
    NowRequired,
    NowOptional,
    Added {
        required: bool,
        nullable: bool,
        /// Whether it is a session or a user attribute, which could have any value before.
        attached: bool,
    },
    Removed {
        required: bool,
    },
    /// The only value.
    Constant {
        old: &'a Value,
        new: &'a Value,
        is_name: bool,
    },
    Value {
        value: &'a Value,
        added: bool,
    },
    Variant {
        name: String,
        added: bool,
    },
    /// A variant that is recognized by its type alone.
    Alternative {
        kind: String,
        added: bool,
    },
    Type {
        old: String,
        new: String,
    },
    /// The number of items of a tuple; 0 for a list.
    Length {
        old: usize,
        new: usize,
    },
    Format {
        old: Option<&'a Value>,
        new: Option<&'a Value>,
    },
    /// The minimum and the maximum.
    Range {
        old: (&'a Value, &'a Value),
        new: (&'a Value, &'a Value),
    },
    Limit {
        key: &'static str,
        old: Option<&'a Value>,
        new: Option<&'a Value>,
        /// Whether it restricts the id of an event.
        is_id: bool,
    },
    Undeclared(Undeclared),
    /// Something that no other difference covers.
    Other {
        verdict: Verdict,
        obstacles: Vec<&'static str>,
    },
}

/// How undeclared properties are treated now.
#[derive(Clone, Copy, Debug)]
pub(super) enum Undeclared {
    Allowed,
    Refused,
    OfOneType,
    OfAnyType,
}

/// Keywords that limit a value, and their names in reports.
pub(super) const LIMITS: [(&str, &str); 15] = [
    ("minimum", "minimum"),
    ("maximum", "maximum"),
    ("exclusiveMinimum", "exclusive minimum"),
    ("exclusiveMaximum", "exclusive maximum"),
    ("multipleOf", "step"),
    ("minLength", "minimum length"),
    ("maxLength", "maximum length"),
    ("pattern", "pattern"),
    ("minItems", "minimum number of items"),
    ("maxItems", "maximum number of items"),
    ("uniqueItems", "uniqueness of items"),
    ("minProperties", "minimum number of properties"),
    ("maxProperties", "maximum number of properties"),
    ("minContains", "minimum number of items that it contains"),
    ("maxContains", "maximum number of items that it contains"),
];

impl Difference<'_> {
    /// What changed, in words, and the subject of the words.
    pub(super) fn words(&self) -> (Subject, String) {
        let place = |text: &str| (Subject::Place, text.to_owned());
        let part = |text: &str| (Subject::Part, text.to_owned());
        match self {
            Self::Documentation => part("its documentation changed"),
            Self::Default { old, new } => part(&format!(
                "its default was {} and is now {}",
                quoted(old),
                quoted(new)
            )),
            Self::Deprecated(true) => place("is now deprecated"),
            Self::Deprecated(false) => place("is no longer deprecated"),
            Self::NowNull => place("may now be `null`"),
            Self::NoLongerNull => place("may no longer be `null`"),
            Self::NowRequired => place("was optional and is now required"),
            Self::NowOptional => place("was required and is now optional"),
            Self::Added {
                required: false, ..
            } => place("was added, optional"),
            Self::Added { nullable: true, .. } => {
                place("was added and is always written, if only as `null`")
            }
            Self::Added { .. } => place("was added, required"),
            Self::Removed { required: true } => place("was removed"),
            Self::Removed { required: false } => place("was removed; it was optional"),
            Self::Constant { old, new, .. } => {
                place(&format!("was {} and is now {}", quoted(old), quoted(new)))
            }
            Self::Value { value, added } => part(&format!(
                "the value {} was {}",
                quoted(value),
                added_or_removed(*added)
            )),
            Self::Variant { name, added } => part(&format!(
                "the variant `{name}` was {}",
                added_or_removed(*added)
            )),
            Self::Alternative { kind, added: true } => place(&format!("may now be {kind}, too")),
            Self::Alternative { kind, added: false } => place(&format!("may no longer be {kind}")),
            Self::Type { old, new } => part(&format!("its type was {old} and is now {new}")),
            Self::Length { old: 0, new } => {
                place(&format!("was a list and is now a tuple of {new} items"))
            }
            Self::Length { old, new: 0 } => {
                place(&format!("was a tuple of {old} items and is now a list"))
            }
            Self::Length { old, new } => place(&format!(
                "was a tuple of {old} items and is now one of {new}"
            )),
            Self::Format { old, new } => (Subject::Part, limit("format", *old, *new)),
            Self::Range { old, new } => {
                let range = |(least, most)| format!("{} to {}", quoted(least), quoted(most));
                part(&format!(
                    "the range was {} and is now {}",
                    range(*old),
                    range(*new)
                ))
            }
            Self::Limit {
                key: "uniqueItems",
                new,
                ..
            } => part(match new {
                Some(Value::Bool(true)) => "its items must now differ from one another",
                _ => "its items need no longer differ from one another",
            }),
            Self::Limit { key, old, new, .. } => {
                let name = LIMITS.iter().find(|(known, _)| known == key);
                (
                    Subject::Part,
                    limit(name.map_or(key, |(_, name)| name), *old, *new),
                )
            }
            Self::Undeclared(rest) => part(match rest {
                Undeclared::Allowed => "properties that are not declared are no longer refused",
                Undeclared::Refused => "properties that are not declared are now refused",
                Undeclared::OfOneType => {
                    "properties that are not declared were of any type and are now of one"
                }
                Undeclared::OfAnyType => {
                    "properties that are not declared were of one type and are now of any"
                }
            }),
            Self::Other { verdict, obstacles } => (Subject::Place, other(*verdict, obstacles)),
        }
    }
}

fn added_or_removed(added: bool) -> &'static str {
    if added { "added" } else { "removed" }
}

fn limit(name: &str, old: Option<&Value>, new: Option<&Value>) -> String {
    match (old, new) {
        (Some(old), Some(new)) => {
            format!("the {name} was {} and is now {}", quoted(old), quoted(new))
        }
        (None, Some(new)) => format!("the {name} {} was added", quoted(new)),
        (Some(old), None) => format!("the {name} {} was removed", quoted(old)),
        (None, None) => format!("the {name} changed"),
    }
}

fn other(verdict: Verdict, obstacles: &[&str]) -> String {
    if verdict != Verdict::Unknown {
        return "accepts other values than before".into();
    }
    let keywords: Vec<_> = obstacles
        .iter()
        .map(|obstacle| {
            if obstacle.contains(' ') {
                (*obstacle).to_owned()
            } else {
                format!("`{obstacle}`")
            }
        })
        .collect();
    let because = if keywords.is_empty() {
        String::new()
    } else {
        format!("because of {} ", keywords.join(", "))
    };
    format!("changed, and {because}it cannot be told whether anything that is written is refused")
}
