//! Differences between two schemas: how reports word them, and what they advise instead.

use serde_json::Value;

use super::verdict::Verdict;
use super::view::quoted;

/// What to do instead of a change.
pub(super) struct Fix {
    /// All ways out, such as giving the event a new version.
    pub(super) whole: String,
    /// What to do in Rust, without a new version.
    pub(super) own: String,
}

/// The subject of the words of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The place: "was removed".
    Place,
    /// Something at the place, named in the words: "its type was integer and is now string".
    Part,
}

/// A difference between two schemas at one place. Pairs are the old and the new.
#[derive(Clone, Debug)]
pub(super) enum Difference<'a> {
    Documentation,
    Default(&'a Value, &'a Value),
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
    /// The only value, and whether it is the name of an event.
    Constant(&'a Value, &'a Value, bool),
    /// A value, and whether it was added.
    Value(&'a Value, bool),
    /// A variant, and whether it was added.
    Variant(String, bool),
    /// A variant that is recognized by its type alone, and whether it was added.
    Alternative(String, bool),
    Type(String, String),
    /// The number of items of a tuple; 0 for a list.
    Length(usize, usize),
    /// The minimum and the maximum.
    Range((&'a Value, &'a Value), (&'a Value, &'a Value)),
    Limit {
        /// One of [`LIMITS`], or `format`.
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
        let added = |added: &bool| if *added { "was added" } else { "was removed" };
        match self {
            Self::Documentation => part("its documentation changed"),
            Self::Default(old, new) => part(&format!("its default {}", was_and_is(old, new))),
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
            Self::Constant(old, new, _) => (Subject::Place, was_and_is(old, new)),
            Self::Value(value, is) => part(&format!("the value {} {}", quoted(value), added(is))),
            Self::Variant(name, is) => part(&format!("the variant `{name}` {}", added(is))),
            Self::Alternative(kind, true) => place(&format!("may now be {kind}, too")),
            Self::Alternative(kind, false) => place(&format!("may no longer be {kind}")),
            Self::Type(old, new) => part(&format!("its type was {old} and is now {new}")),
            Self::Length(0, new) => place(&format!("was a list and is now a tuple of {new} items")),
            Self::Length(old, 0) => place(&format!("was a tuple of {old} items and is now a list")),
            Self::Length(old, new) => place(&format!(
                "was a tuple of {old} items and is now one of {new}"
            )),
            Self::Range(old, new) => {
                let range = |(least, most)| format!("{} to {}", quoted(least), quoted(most));
                let (old, new) = (range(*old), range(*new));
                part(&format!("the range was {old} and is now {new}"))
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
                part(&limit(name.map_or(key, |(_, name)| name), *old, *new))
            }
            Self::Undeclared(rest) => {
                let rest = match rest {
                    Undeclared::Allowed => "are no longer refused",
                    Undeclared::Refused => "are now refused",
                    Undeclared::OfOneType => "were of any type and are now of one",
                    Undeclared::OfAnyType => "were of one type and are now of any",
                };
                part(&format!("properties that are not declared {rest}"))
            }
            Self::Other { verdict, obstacles } => place(&other(*verdict, obstacles)),
        }
    }

    /// What to do instead, if the change breaks anyone.
    pub(super) fn fix(&self, [backward, forward]: [Verdict; 2], is_event: bool) -> Option<Fix> {
        let breaks_backward = backward == Verdict::Breaking;
        if !breaks_backward && forward != Verdict::Breaking {
            return None;
        }
        let alone = |text: &str| {
            let (whole, own) = (text.to_owned(), text.to_owned());
            Some(Fix { whole, own })
        };
        let mut in_rust = "";
        let short = match self {
            Self::Added { attached: true, .. } if breaks_backward => {
                return alone(
                    "give the event a new version, because events that were sent before may have \
                     any value here",
                );
            }
            Self::Constant(.., true) => {
                return alone("keep the name; an event of another name is another event");
            }
            Self::Added { required: true, .. } | Self::NowRequired if breaks_backward => {
                in_rust = ": an `Option` with \
                           `#[serde(skip_serializing_if = \"Option::is_none\")]`";
                "make it optional"
            }
            Self::Added { .. } if breaks_backward => "let the old schema refuse unknown properties",
            Self::Added { .. } => "let the old readers accept unknown properties first",
            Self::Removed { .. } | Self::Undeclared(_) if breaks_backward => {
                "accept unknown properties"
            }
            Self::Removed { .. } => "keep writing it",
            Self::NowRequired | Self::NowOptional => "keep writing it always",
            Self::NowNull => "keep writing a value",
            Self::NoLongerNull => "keep accepting `null`",
            Self::Type(..) | Self::Length(..) | Self::Limit { key: "format", .. } => {
                "keep its type and add another property with the new one"
            }
            Self::Value(_, true) | Self::Variant(_, true) | Self::Alternative(_, true) => {
                "do not write it until all readers know it"
            }
            Self::Value(..) | Self::Variant(..) | Self::Alternative(..) => {
                "keep it and stop writing it"
            }
            Self::Limit { is_id: true, .. } => "keep the id template",
            Self::Limit { .. } | Self::Range(..) => "keep the limit as it was",
            Self::Constant(..)
            | Self::Undeclared(_)
            | Self::Other { .. }
            | Self::Documentation
            | Self::Default(..)
            | Self::Deprecated(_) => "keep it as it was",
        };
        let own = format!("{short}{in_rust}");
        let whole = if is_event {
            format!("{own}, or give the event a new version")
        } else {
            format!("{short}, or publish the schema as a new version")
        };
        Some(Fix { whole, own })
    }
}

fn was_and_is(old: &Value, new: &Value) -> String {
    format!("was {} and is now {}", quoted(old), quoted(new))
}

fn limit(name: &str, old: Option<&Value>, new: Option<&Value>) -> String {
    match (old, new) {
        (Some(old), Some(new)) => format!("the {name} {}", was_and_is(old, new)),
        (None, Some(new)) => format!("the {name} {} was added", quoted(new)),
        (Some(old), None) => format!("the {name} {} was removed", quoted(old)),
        (None, None) => format!("the {name} changed"),
    }
}

fn other(verdict: Verdict, obstacles: &[&str]) -> String {
    if verdict != Verdict::Unknown {
        return "accepts other values than before".into();
    }
    let keywords = obstacles.iter().map(|obstacle| {
        if obstacle.contains(' ') {
            (*obstacle).to_owned()
        } else {
            format!("`{obstacle}`")
        }
    });
    let because = match keywords.collect::<Vec<_>>().join(", ") {
        keywords if keywords.is_empty() => keywords,
        keywords => format!("because of {keywords} "),
    };
    format!("changed, and {because}it cannot be told whether anything that is written is refused")
}
