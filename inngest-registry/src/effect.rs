//! Describes changes and whom they break, in terms of events.

use std::fmt::Write as _;

use crate::compat::{Change, Subject, Verdict};
use crate::mode::Mode;

/// How many other places of a change a report lists.
const OTHERS_SHOWN: usize = 3;

/// The members of an event beside its data.
const ENVELOPE: [&str; 7] = ["name", "id", "ts", "v", "data", "user", "meta"];

/// "`quantity` was optional and is now required", "`quantity`: its type was …".
pub(crate) fn sentence(change: &Change) -> String {
    let what = &change.what;
    let mut sentence = match (place(&change.path), change.subject) {
        ("$", Subject::Place) => format!("it {what}"),
        ("$", Subject::Part) => what.clone(),
        (place, Subject::Place) => format!("`{place}` {what}"),
        (place, Subject::Part) => format!("`{place}`: {what}"),
    };
    let others: Vec<_> = (change.also_at.iter())
        .map(|path| format!("`{}`", place(path)))
        .collect();
    let shown = others.iter().take(OTHERS_SHOWN).map(String::as_str);
    let shown = shown.collect::<Vec<_>>().join(", ");
    let rest = match others.len().saturating_sub(OTHERS_SHOWN) {
        0 => String::new(),
        more => format!(" and {}", count(more, "other place")),
    };
    if !shown.is_empty() {
        // Writing to a `String` does not fail.
        let _ = write!(sentence, " (also at {shown}{rest})");
    }
    sentence
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

/// The path as reports show it: without `data.`, unless the field has the name of a member of the
/// event.
pub(crate) fn place(path: &str) -> &str {
    let Some(rest) = path.strip_prefix("data.") else {
        return path;
    };
    let end = rest.find(['.', '[', '{', '<']).unwrap_or(rest.len());
    let first = rest.get(..end).unwrap_or(rest);
    if ENVELOPE.contains(&first) {
        path
    } else {
        rest
    }
}

/// Whom a change breaks, one sentence for each direction.
pub(crate) fn effects(backward: Verdict, forward: Verdict, mode: Mode) -> Vec<String> {
    let sentence = |verdict, considered, breaking: &str, unknown: &str| {
        let effect = match verdict {
            Verdict::Compatible => return None,
            Verdict::Breaking => breaking,
            Verdict::Unknown => unknown,
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
        "consumers that read the new schema reject events already stored",
        "unknown whether consumers that read the new schema accept all events already stored",
    );
    let forward = sentence(
        forward,
        mode.is_forward(),
        "consumers that still read the old schema reject events sent with the new one",
        "unknown whether consumers that still read the old schema accept all events sent with the \
         new one",
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
    fn changes_read_as_sentences() {
        let sentence = |path: &str, others: &[&str], subject, what: &str| {
            let mut change = Change::for_tests(path, what, subject);
            change.also_at = others.iter().map(|path| (*path).to_owned()).collect();
            sentence(&change)
        };
        let place = |path, what| sentence(path, &[], Subject::Place, what);
        let part = |path, what| sentence(path, &[], Subject::Part, what);
        assert_eq!(place("data.a", "was removed"), "`a` was removed");
        assert_eq!(place("$", "may now be `null`"), "it may now be `null`");
        assert_eq!(
            part("data.a", "the value `b` was added"),
            "`a`: the value `b` was added"
        );
        assert_eq!(
            part("$", "its documentation changed"),
            "its documentation changed"
        );
        let two = ["data.b", "user.c"];
        assert_eq!(
            sentence("data.a", &two, Subject::Place, "was removed"),
            "`a` was removed (also at `b`, `user.c`)"
        );
        let five = ["data.b", "data.c", "data.d", "data.e", "data.f"];
        assert_eq!(
            sentence("data.a", &five, Subject::Place, "was removed"),
            "`a` was removed (also at `b`, `c`, `d` and 2 other places)"
        );
    }

    #[test]
    fn paths_omit_data_unless_ambiguous() {
        for (path, expected) in [
            ("data.quantity", "quantity"),
            ("data.order.lines[].id", "order.lines[].id"),
            ("data.user", "data.user"),
            ("data.meta[].x", "data.meta[].x"),
            ("data.user{}", "data.user{}"),
            ("data.user<card>.x", "data.user<card>.x"),
            ("data", "data"),
            ("user.email", "user.email"),
            ("id", "id"),
        ] {
            assert_eq!(place(path), expected);
        }
    }
}
