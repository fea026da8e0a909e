//! Changes and whom they break, in the language of events.

use crate::compat::{Change, Verdict};
use crate::mode::Mode;

/// The members of an event beside its data.
const ENVELOPE: [&str; 7] = ["name", "id", "ts", "v", "data", "user", "meta"];

/// "`quantity` was optional and is now required", "`quantity`: its type was …".
pub(crate) fn sentence(change: &Change) -> String {
    // What is said of the field itself is a sentence with it, and of a part of it one by itself.
    let is_predicate = ["was ", "is ", "may ", "accepts ", "changed"]
        .iter()
        .any(|verb| change.what.starts_with(verb));
    match (place(&change.path), is_predicate) {
        ("$", true) => format!("it {}", change.what),
        ("$", false) => change.what.clone(),
        (place, true) => format!("`{place}` {}", change.what),
        (place, false) => format!("`{place}`: {}", change.what),
    }
}

/// "the id template was none and is now `…`".
pub(crate) fn of_id_template(old: Option<&str>, new: Option<&str>) -> String {
    was_and_is("the id template", old, new)
}

/// "`$id` was none and is now `…`".
pub(crate) fn was_and_is(what: &str, old: Option<&str>, new: Option<&str>) -> String {
    let show = |text: Option<&str>| match text {
        Some(text) => format!("`{text}`"),
        None => "none".to_owned(),
    };
    format!("{what} was {} and is now {}", show(old), show(new))
}

/// What to do about a change without the way out that is always there, a new version: who knows
/// the versions can name it.
pub(crate) fn own_fix(change: &Change) -> Option<&str> {
    let fix = change.fix.as_deref()?;
    let own = fix
        .strip_suffix("give the event a new version")
        .unwrap_or(fix);
    let own = own.strip_suffix(", or ").unwrap_or(own);
    (!own.is_empty()).then_some(own)
}

/// The path as people say it: without `data.`, unless the field is named like a member of the
/// event.
pub(crate) fn place(path: &str) -> &str {
    let Some(rest) = path.strip_prefix("data.") else {
        return path;
    };
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let first = rest.get(..end).unwrap_or(rest);
    if ENVELOPE.contains(&first) {
        path
    } else {
        rest
    }
}

/// Whom a change breaks, one sentence for each direction.
pub(crate) fn effects(backward: Verdict, forward: Verdict, mode: Mode) -> Vec<String> {
    let sentence = |verdict, considered, sure: &str, doubt: &str| {
        let effect = match verdict {
            Verdict::Compatible => return None,
            Verdict::Breaking => sure,
            Verdict::Unknown => doubt,
        };
        let allowed = if considered {
            String::new()
        } else {
            format!("; mode `{mode}` allows it")
        };
        Some(format!("{effect}{allowed}"))
    };
    let backward = sentence(
        backward,
        mode.is_backward(),
        "for consumers: functions that read with the new schema refuse events already stored",
        "for consumers: whether functions that read with the new schema take all events already \
         stored could not be told",
    );
    let forward = sentence(
        forward,
        mode.is_forward(),
        "for producers: functions that still read with the old schema refuse events sent with the \
         new",
        "for producers: whether functions that still read with the old schema take all events sent \
         with the new could not be told",
    );
    backward.into_iter().chain(forward).collect()
}

/// "1 change", "2 changes".
pub(crate) fn count(n: usize, thing: &str) -> String {
    match n {
        1 => format!("1 {thing}"),
        n => format!("{n} {thing}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_one() {
        let change = |path: &str, what: &str| Change {
            path: path.to_owned(),
            what: what.to_owned(),
            backward: Verdict::Compatible,
            forward: Verdict::Compatible,
            fix: None,
        };
        for (path, what, expected) in [
            ("data.a", "was removed", "`a` was removed"),
            (
                "data.a",
                "the value `b` was added",
                "`a`: the value `b` was added",
            ),
            (
                "$",
                "its documentation changed",
                "its documentation changed",
            ),
            ("$", "may now be `null`", "it may now be `null`"),
        ] {
            assert_eq!(sentence(&change(path, what)), expected);
        }
    }

    #[test]
    fn a_field_is_named_without_data_where_it_can_be() {
        for (path, expected) in [
            ("data.quantity", "quantity"),
            ("data.order.lines[].id", "order.lines[].id"),
            ("data.user", "data.user"),
            ("data.meta[].x", "data.meta[].x"),
            ("data", "data"),
            ("user.email", "user.email"),
            ("id", "id"),
        ] {
            assert_eq!(place(path), expected);
        }
    }
}
