//! Which of the known words was meant.

/// The candidate nearest to `word`, when one is near enough to be a slip of the fingers: at most
/// a third of the letters differ, or only case and `_` do.
///
/// ```
/// use inngest_grammar::suggest::nearest;
/// assert_eq!(nearest("item_di", ["sku", "item_id"]), Some("item_id"));
/// assert_eq!(nearest("price", ["sku", "item_id"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = plain(word);
    candidates
        .into_iter()
        .map(|candidate| (distance(&plain, &self::plain(candidate)), candidate))
        .filter(|(distance, candidate)| {
            distance * 3 <= plain.len().max(candidate.chars().count()).max(3)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn plain(word: &str) -> Vec<char> {
    word.chars()
        .filter(|c| *c != '_' && *c != '-')
        .flat_map(char::to_lowercase)
        .collect()
}

/// Insertions, deletions, replacements and swaps of neighbours between two words.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous_a = None;
    for (i, &x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(last.len());
        row.push(i + 1);
        let mut previous_b = None;
        for (j, (&y, pair)) in b.iter().zip(last.windows(2)).enumerate() {
            let &[diagonal, above] = pair else { continue };
            let left = row.last().copied().unwrap_or(usize::MAX - 1);
            let mut cost = (diagonal + usize::from(x != y))
                .min(above + 1)
                .min(left + 1);
            if previous_a == Some(y)
                && previous_b == Some(x)
                && let Some(swapped) = j.checked_sub(1).and_then(|j| before_last.get(j))
            {
                cost = cost.min(swapped + 1);
            }
            row.push(cost);
            previous_b = Some(y);
        }
        previous_a = Some(x);
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let chars = |s: &str| s.chars().collect::<Vec<_>>();
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("version", "verison", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(&chars(a), &chars(b)), expected, "{a} {b}");
        }
    }

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["name", "id", "version", "crate", "allow"];
        assert_eq!(nearest("nmae", known), Some("name"));
        assert_eq!(nearest("Version", known), Some("version"));
        assert_eq!(nearest("verson", known), Some("version"));
        assert_eq!(nearest("ids", known), Some("id"));
        assert_eq!(nearest("schema", known), None);
        assert_eq!(nearest("itemId", ["item_id"]), Some("item_id"));
    }
}
