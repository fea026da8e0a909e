//! Counts events by name, for messages.

use std::collections::BTreeMap;
use std::fmt;

/// How many names are shown.
const MAX_NAMES: usize = 5;

/// The number of events with each name, the most frequent first.
pub(crate) struct EventCounts<'a>(Vec<(&'a str, usize)>);

impl<'a> EventCounts<'a> {
    pub(crate) fn of(names: impl Iterator<Item = &'a str>) -> Self {
        let mut counts = BTreeMap::new();
        for name in names {
            *counts.entry(name).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Self(counts)
    }
}

/// For example `3 × storefront/coupon.used, 2 × storefront/cart.cleared`.
impl fmt::Display for EventCounts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, count)) in self.0.iter().take(MAX_NAMES).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{count} × {name}")?;
        }
        match self.0.len().saturating_sub(MAX_NAMES) {
            0 => Ok(()),
            1 => f.write_str(" and one more name"),
            more => write!(f, " and {more} more names"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::EventCounts;

    #[test]
    fn frequent_names_come_first_and_few_are_shown() {
        let text = |names: &[&str]| EventCounts::of(names.iter().copied()).to_string();
        assert_eq!(text(&[]), "");
        assert_eq!(
            text(&["b/b", "a/a", "b/b", "c/c"]),
            "2 × b/b, 1 × a/a, 1 × c/c"
        );
        let six = ["a", "b", "c", "d", "e", "f"];
        assert_eq!(
            text(&six),
            "1 × a, 1 × b, 1 × c, 1 × d, 1 × e and one more name"
        );
        let seven = ["a", "b", "c", "d", "e", "f", "g"];
        assert!(text(&seven).ends_with("1 × e and 2 more names"));
    }
}
