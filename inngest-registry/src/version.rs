//! Orders versions and finds the next free one.

use std::cmp::Ordering;

/// Compares versions, with digits as numbers: `2026-11-21.10` follows `2026-11-21.9`, and `v10`
/// follows `v9`. An event without a version precedes all versions.
pub(crate) fn compare(a: Option<&str>, b: Option<&str>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => natural(a, b).then_with(|| a.cmp(b)),
        _ => a.is_some().cmp(&b.is_some()),
    }
}

/// Sorts by event name, then by version. `key` returns both.
pub(crate) fn sort<T>(items: &mut [T], key: impl Fn(&T) -> (&str, Option<&str>)) {
    items.sort_by(|a, b| {
        let ((name_a, version_a), (name_b, version_b)) = (key(a), key(b));
        let order = name_a.cmp(name_b);
        order.then_with(|| compare(version_a, version_b))
    });
}

fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (digits_a, rest_a) = split(a);
        let (digits_b, rest_b) = split(b);
        let order = match (digits_a, digits_b) {
            ("", "") => {
                let (mut chars_a, mut chars_b) = (a.chars(), b.chars());
                let order = chars_a.next().cmp(&chars_b.next());
                if order == Ordering::Equal && a.is_empty() {
                    return Ordering::Equal;
                }
                (a, b) = (chars_a.as_str(), chars_b.as_str());
                order
            }
            ("", _) | (_, "") => return a.cmp(b),
            _ => {
                (a, b) = (rest_a, rest_b);
                let (x, y) = (
                    digits_a.trim_start_matches('0'),
                    digits_b.trim_start_matches('0'),
                );
                x.len().cmp(&y.len()).then_with(|| x.cmp(y))
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Splits text after its leading digits.
fn split(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

/// The next version after `version` that is not in `taken`: the same date with a higher counter.
/// `None` if `version` does not have the form `YYYY-MM-DD.N`.
pub(crate) fn next<'a>(
    version: &str,
    taken: impl IntoIterator<Item = Option<&'a str>>,
) -> Option<String> {
    inngest_grammar::version::check(version).ok()?;
    let (date, counter) = version.split_once('.')?;
    let mut highest: u64 = counter.parse().ok()?;
    for other in taken.into_iter().flatten() {
        if let Some((other_date, counter)) = other.split_once('.')
            && other_date == date
            && let Ok(counter) = counter.parse()
        {
            highest = highest.max(counter);
        }
    }
    Some(format!("{date}.{}", highest.checked_add(1)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_compare_as_numbers() {
        let ordered = [
            None,
            Some("2026-11-21.1"),
            Some("2026-11-21.2"),
            Some("2026-11-21.10"),
            Some("2026-12-01.1"),
            Some("v9"),
            Some("v10"),
            Some("v10.1"),
        ];
        for pair in ordered.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn next_version_is_not_taken() {
        let taken = [
            None,
            Some("2026-11-21.7"),
            Some("2026-11-20.9"),
            Some("x.8"),
        ];
        assert_eq!(next("2026-11-21.1", taken).as_deref(), Some("2026-11-21.8"));
        assert_eq!(next("2026-11-21.1", []).as_deref(), Some("2026-11-21.2"));
        assert_eq!(next("v1", taken), None);
        assert_eq!(next("2026-11-21.18446744073709551615", []), None);
    }

    proptest! {
        #[test]
        fn order_is_total(texts in prop::collection::vec("[0-2a.-]{0,5}", 3)) {
            let [a, b, c] = [0, 1, 2].map(|i| Some(texts[i].as_str()));
            prop_assert_eq!(compare(a, b), compare(b, a).reverse());
            prop_assert_eq!(compare(a, b) == Ordering::Equal, a == b);
            if compare(a, b) != Ordering::Greater && compare(b, c) != Ordering::Greater {
                prop_assert_ne!(compare(a, c), Ordering::Greater, "{:?}", texts);
            }
        }
    }
}
