//! What is said of a change, and what to do instead.

use serde_json::Value;

use super::Verdict;
use super::view::quoted;

/// What a change is, as far as the advice goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A property that events did not have.
    Added {
        required: bool,
    },
    /// A property that events no longer have.
    Removed,
    /// A session or an attribute of the user, which the old schema lets be of any value.
    Attached,
    NowRequired,
    NowOptional,
    NowNull,
    NoLongerNull,
    Type,
    Option {
        added: bool,
    },
    Limit,
    /// What other properties there may be.
    Rest,
    Name,
    Id,
    Other,
    /// Something that no reader depends on.
    Annotation,
}

pub(super) fn fix(kind: Kind, backward: Verdict, forward: Verdict, event: bool) -> Option<String> {
    let breaks = |verdict| verdict == Verdict::Breaking;
    if !breaks(backward) && !breaks(forward) {
        return None;
    }
    let instead = match kind {
        Kind::Added { required: true } | Kind::NowRequired if breaks(backward) => {
            if event {
                "make it optional: an `Option` with \
                 `#[serde(skip_serializing_if = \"Option::is_none\")]`"
            } else {
                "make it optional"
            }
        }
        Kind::Attached if breaks(backward) => {
            return Some(
                "give the event a new version, because events that were sent before may have \
                 any value here"
                    .into(),
            );
        }
        Kind::Added { .. } if breaks(backward) => "let the old schema refuse unknown properties",
        Kind::Removed | Kind::Rest if breaks(backward) => "accept unknown properties",
        Kind::Added { .. } | Kind::Attached => {
            "let the old readers accept unknown properties first"
        }
        Kind::Removed => "keep writing it",
        Kind::NowRequired | Kind::NowOptional => "keep writing it always",
        Kind::NowNull => "keep writing a value",
        Kind::NoLongerNull => "keep accepting `null`",
        Kind::Type => "keep its type and add another property with the new one",
        Kind::Option { added: true } => "do not write it until all readers know it",
        Kind::Option { added: false } => "keep it and stop writing it",
        Kind::Limit => "keep the limit as it was",
        Kind::Name => {
            return Some("keep the name; an event of another name is another event".into());
        }
        Kind::Id => "keep the id template",
        Kind::Rest | Kind::Other | Kind::Annotation => "keep it as it was",
    };
    let version = if event {
        "give the event a new version"
    } else {
        "publish the schema as a new version"
    };
    Some(format!("{instead}, or {version}"))
}

/// Keywords that limit a value, and their names in reports.
pub(super) const LIMITS: [(&str, &str); 16] = [
    ("minimum", "minimum"),
    ("maximum", "maximum"),
    ("exclusiveMinimum", "exclusive minimum"),
    ("exclusiveMaximum", "exclusive maximum"),
    ("multipleOf", "step"),
    ("minLength", "minimum length"),
    ("maxLength", "maximum length"),
    ("pattern", "pattern"),
    ("format", "format"),
    ("minItems", "minimum number of items"),
    ("maxItems", "maximum number of items"),
    ("uniqueItems", "uniqueness of items"),
    ("minProperties", "minimum number of properties"),
    ("maxProperties", "maximum number of properties"),
    ("minContains", "minimum number of items that it contains"),
    ("maxContains", "maximum number of items that it contains"),
];

/// What is said of a limit that changed; `None` when it did not.
pub(super) fn limit(
    key: &str,
    name: &str,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Option<String> {
    if key == "uniqueItems" {
        let unique = |value: Option<&Value>| value == Some(&Value::Bool(true));
        return match (unique(old), unique(new)) {
            (false, true) => Some("its items must now differ from one another".into()),
            (true, false) => Some("its items need no longer differ from one another".into()),
            _ => None,
        };
    }
    match (old, new) {
        (Some(old), Some(new)) if !super::accepts::equal(old, new) => Some(format!(
            "the {name} was {} and is now {}",
            quoted(old),
            quoted(new)
        )),
        (None, Some(new)) => Some(format!("the {name} {} was added", quoted(new))),
        (Some(old), None) => Some(format!("the {name} {} was removed", quoted(old))),
        _ => None,
    }
}

/// What is said where no single change says it.
pub(super) fn other(verdict: Verdict, obstacles: &[&str]) -> String {
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
