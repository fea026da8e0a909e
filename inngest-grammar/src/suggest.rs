//! "Did you mean" suggestions: the known word that is nearest to a misspelled one.

/// Returns the candidate nearest to `word`, if one is near enough to be a typo: at most a third of
/// the letters of the longer word differ. Letter case, `_` and `-` do not count.
///
/// So a word of one or two letters is near only to a word of three letters or more.
///
/// ```
/// use inngest_grammar::suggest::nearest;
/// assert_eq!(nearest("item_di", ["sku", "item_id"]), Some("item_id"));
/// assert_eq!(nearest("price", ["sku", "item_id"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let normalized = normalize(word);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let letters = normalize(candidate);
            let distance = distance(&normalized, &letters);
            let longer = normalized.len().max(letters.len());
            (longer > 0 && distance * 3 <= longer).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn normalize(word: &str) -> Vec<char> {
    word.chars()
        .filter(|c| *c != '_' && *c != '-')
        .flat_map(char::to_lowercase)
        .collect()
}

/// The edit distance: insertions, deletions, replacements and swaps of adjacent letters.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous_a = None;
    for (i, &x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(last.len());
        let mut left = i + 1;
        row.push(left);
        let mut previous_b = None;
        for (j, (&y, pair)) in b.iter().zip(last.windows(2)).enumerate() {
            let &[diagonal, above] = pair else { continue };
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
            left = cost;
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
    fn distances_of_examples() {
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

    /// The recursive definition: the minimum over every possible first edit.
    fn distance_by_definition(a: &[char], b: &[char]) -> usize {
        let ([x, rest_a @ ..], [y, rest_b @ ..]) = (a, b) else {
            return a.len() + b.len();
        };
        let mut least = distance_by_definition(rest_a, rest_b) + usize::from(x != y);
        least = least.min(distance_by_definition(rest_a, b) + 1);
        least = least.min(distance_by_definition(a, rest_b) + 1);
        if let ([second_a, rest_a @ ..], [second_b, rest_b @ ..]) = (rest_a, rest_b)
            && (x, second_a) == (second_b, y)
        {
            least = least.min(distance_by_definition(rest_a, rest_b) + 1);
        }
        least
    }

    /// Compares all words of up to four letters from a three-letter alphabet.
    #[test]
    fn distance_matches_its_definition() {
        let mut words: Vec<Vec<char>> = vec![Vec::new()];
        for length in 0..4 {
            let longer: Vec<_> = words
                .iter()
                .filter(|word| word.len() == length)
                .flat_map(|word| "abc".chars().map(|c| [word.as_slice(), &[c]].concat()))
                .collect();
            words.extend(longer);
        }
        for a in &words {
            for b in &words {
                assert_eq!(distance(a, b), distance_by_definition(a, b), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn a_third_of_the_letters_may_differ() {
        for (word, candidate, is_near) in [
            ("ab", "ab", true),
            ("ab", "xb", false),
            ("ab", "ba", false),
            ("ab", "abc", true),
            ("a", "ab", false),
            ("abcde", "xbcde", true),
            ("abcde", "xycde", false),
            ("abcdef", "xycdef", true),
            ("abcdef", "xyzdef", false),
            ("abcd", "abcdxy", true),
            ("abcdxy", "abcd", true),
            ("abc", "abcdx", false),
            ("", "a", false),
            ("", "", false),
            ("_", "-", false),
            ("a_b", "x_b", false),
            ("abcde", "__xycde__", false),
            ("abcdef", "_x_y_c_d_e_f_", true),
            ("A_B-C", "abc", true),
            ("ÉTÉ", "été", true),
        ] {
            let found = nearest(word, [candidate]);
            assert_eq!(found, is_near.then_some(candidate), "{word} {candidate}");
        }
        // The nearest candidate wins; on a tie, the first.
        assert_eq!(
            nearest("abcdef", ["abcdxy", "abcdex", "abcdey"]),
            Some("abcdex")
        );
        assert_eq!(nearest("abc", []), None);
    }

    #[test]
    fn typos_match_and_other_words_do_not() {
        let known = ["name", "id", "version", "crate", "allow"];
        assert_eq!(nearest("nmae", known), Some("name"));
        assert_eq!(nearest("Version", known), Some("version"));
        assert_eq!(nearest("verson", known), Some("version"));
        assert_eq!(nearest("ids", known), Some("id"));
        assert_eq!(nearest("schema", known), None);
        assert_eq!(nearest("itemId", ["item_id"]), Some("item_id"));
    }
}
