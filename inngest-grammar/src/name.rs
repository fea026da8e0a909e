//! Event names: the server's rules, the naming convention, and slugs.

use std::fmt;

use crate::limits::MAX_NAME_BYTES;

/// Why text is not a valid or conventional event name. Users can allow only
/// [`Nonstandard`](Self::Nonstandard) names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// The name is empty; the server answers `event name is empty` (measured).
    Empty,
    /// The name contains a control character, such as a line break or a tab.
    ///
    /// This rule is ours: the server accepts such names, but people cannot see or type them.
    Control {
        /// The byte offset of the character.
        offset: usize,
    },
    /// The name is longer than [`MAX_NAME_BYTES`]. The server accepts the event but registers no
    /// function for it (measured).
    TooLong {
        /// The length of the name in bytes.
        bytes: usize,
    },
    /// The name begins with `inngest/`, in any letter case. The server reserves this prefix (measured).
    Reserved,
    /// The name does not follow the convention; see [`is_standard`]. The server accepts it.
    Nonstandard {
        /// The byte offset of the first white space, if any.
        white_space: Option<usize>,
    },
}

impl NameError {
    /// What to write instead of this name, as a clause for the end of an error message.
    #[must_use]
    pub fn advice(&self, name: &str) -> String {
        match self {
            Self::Reserved => "choose another prefix".to_owned(),
            Self::TooLong { .. } => "shorten it".to_owned(),
            Self::Empty | Self::Control { .. } | Self::Nonstandard { .. } => match suggest(name) {
                Some(suggestion) => format!("write `{suggestion}`"),
                None => "write one such as `storefront/item.imported`".to_owned(),
            },
        }
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the event name is empty"),
            Self::Control { offset } => write!(
                f,
                "the event name has a control character at byte {offset}, which dashboards and \
                 logs do not show"
            ),
            Self::TooLong { bytes } => write!(
                f,
                "the event name is {bytes} bytes long, and no function can be registered for a \
                 name over {MAX_NAME_BYTES} bytes"
            ),
            Self::Reserved => {
                f.write_str("the event name begins with `inngest/`, which the server reserves")
            }
            Self::Nonstandard {
                white_space: Some(offset),
            } => write!(
                f,
                "the event name has white space at byte {offset}, which breaks the naming \
                 convention and is easy to mistype"
            ),
            Self::Nonstandard { white_space: None } => f.write_str(
                "the event name does not consist of lowercase segments `[a-z0-9][a-z0-9_-]*` \
                 joined by `.` after prefixes that end in `/`",
            ),
        }
    }
}

impl std::error::Error for NameError {}

/// Checks the rules that every event name must follow.
///
/// # Errors
///
/// Returns the first broken rule.
pub fn check(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if let Some(offset) = name.find(char::is_control) {
        return Err(NameError::Control { offset });
    }
    if is_reserved(name) {
        return Err(NameError::Reserved);
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(NameError::TooLong { bytes: name.len() });
    }
    Ok(())
}

/// Whether the name begins with `inngest/`, in any letter case.
fn is_reserved(name: &str) -> bool {
    let Some((prefix, _)) = name.split_once('/') else {
        return false;
    };
    // The server is written in Go, whose case folding also maps these two letters to ASCII.
    let folded = prefix.chars().map(|c| match c {
        'İ' => 'i',
        'ſ' => 's',
        c => c.to_ascii_lowercase(),
    });
    folded.eq("inngest".chars())
}

/// Checks the convention for names; see [`is_standard`].
///
/// # Errors
///
/// Returns [`NameError::Nonstandard`] if the name does not follow the convention.
pub fn check_convention(name: &str) -> Result<(), NameError> {
    if is_standard(name) {
        return Ok(());
    }
    Err(NameError::Nonstandard {
        white_space: name.find(char::is_whitespace),
    })
}

/// Whether the name follows the convention: lowercase segments `[a-z0-9][a-z0-9_-]*` joined by
/// `.`, after any number of prefixes that end in `/`.
#[must_use]
pub fn is_standard(name: &str) -> bool {
    name.split('/').flat_map(|path| path.split('.')).all(|s| {
        s.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && s.chars()
                .all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-'))
    })
}

/// The part of the name after the last `/`, with `.` replaced by `-`.
///
/// ```
/// use inngest_grammar::name::slug;
/// assert_eq!(slug("storefront/cart.checkout.completed"), "cart-checkout-completed");
/// ```
#[must_use]
pub fn slug(name: &str) -> String {
    let last = name.rsplit_once('/').map_or(name, |(_, last)| last);
    last.replace('.', "-")
}

/// The whole name, with `/` and `.` replaced by `-`.
///
/// ```
/// use inngest_grammar::name::long_slug;
/// assert_eq!(long_slug("storefront/item.imported"), "storefront-item-imported");
/// ```
#[must_use]
pub fn long_slug(name: &str) -> String {
    name.replace(['.', '/'], "-")
}

/// Respells a name to follow the convention.
///
/// Returns `None` if no such spelling exists or if the name already follows the convention.
///
/// ```
/// use inngest_grammar::name::suggest;
/// assert_eq!(suggest("Storefront/ItemImported").as_deref(), Some("storefront/item.imported"));
/// ```
#[must_use]
pub fn suggest(name: &str) -> Option<String> {
    // Dropping a non-ASCII letter would leave a different word.
    if name.chars().any(|c| c.is_alphanumeric() && !c.is_ascii()) {
        return None;
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
    let (last, prefixes) = parts.split_last()?;
    let mut spelled: Vec<String> = prefixes.iter().map(|part| respell(part, '-')).collect();
    spelled.push(respell(last, '.'));
    spelled.retain(|part| !part.is_empty());
    let suggestion = spelled.join("/");
    let passes = is_standard(&suggestion) && check(&suggestion).is_ok();
    (passes && suggestion != name).then_some(suggestion)
}

/// Respells one path segment in lowercase, with `separator` between its words.
fn respell(part: &str, separator: char) -> String {
    let mut out = String::with_capacity(part.len() + 4);
    let mut characters = part.chars().peekable();
    let mut previous: Option<char> = None;
    while let Some(c) = characters.next() {
        let starts_word = c.is_uppercase()
            && previous.is_some_and(|before| {
                let begins_lowercase = characters.peek().is_some_and(|next| next.is_lowercase());
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_uppercase() && begins_lowercase)
            });
        if starts_word {
            push_separator(&mut out, separator);
        }
        match c {
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            'a'..='z' | '0'..='9' => out.push(c),
            '_' | '-' if !out.is_empty() && !out.ends_with('.') => out.push(c),
            '.' => push_separator(&mut out, '.'),
            _ => push_separator(&mut out, separator),
        }
        previous = Some(c);
    }
    out.trim_end_matches(['.', '-', '_']).to_owned()
}

fn push_separator(out: &mut String, separator: char) {
    if !out.is_empty() && !out.ends_with(['.', '-', '_']) {
        out.push(separator);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn conventional_names_are_valid() {
        for name in [
            "storefront/item.imported",
            "storefront/cart.checkout.completed",
            "signup.new",
            "import/requested",
            "app/inngest/x",
            "inngest",
            "inngestx/y",
            "a",
            "0/1.2",
            "a_b/c-d.e_f",
            "deep/er/and/deeper.still",
        ] {
            assert_eq!(check(name), Ok(()), "{name}");
            assert!(is_standard(name), "{name}");
        }
    }

    #[test]
    fn empty_control_and_reserved_names_are_errors() {
        assert_eq!(check(""), Err(NameError::Empty));
        for (name, offset) in [
            ("a\0", 1),
            ("\t", 0),
            ("é\nb", 2),
            ("a b\r", 3),
            ("a\u{7f}", 1),
            ("a\u{85}b", 1),
        ] {
            assert_eq!(check(name), Err(NameError::Control { offset }), "{name:?}");
        }
        for name in [
            "inngest/x",
            "Inngest/x",
            "INNGEST/x.y",
            "inngest/",
            "İnngeſt/x",
        ] {
            assert_eq!(check(name), Err(NameError::Reserved), "{name}");
        }
    }

    #[test]
    fn name_limit_counts_bytes_not_characters() {
        assert_eq!(check(&"a".repeat(255)), Ok(()));
        assert_eq!(
            check(&"a".repeat(256)),
            Err(NameError::TooLong { bytes: 256 })
        );
        assert_eq!(check(&"é".repeat(127)), Ok(()));
        assert_eq!(
            check(&"é".repeat(128)),
            Err(NameError::TooLong { bytes: 256 })
        );
    }

    #[test]
    fn unconventional_names_are_valid_but_not_standard() {
        for name in [
            "Storefront/item.imported",
            "storefront/itemImported",
            "storefront//item",
            "/item",
            "item/",
            "item.",
            ".item",
            "a..b",
            "_a",
            "-a",
            "a:b",
            "café/été",
            "a b",
            " ",
            " a",
            "a ",
            "a\u{a0}b",
            "a\u{2028}b",
            "a\u{3000}b",
        ] {
            assert!(!is_standard(name), "{name}");
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn suggestions_follow_the_convention() {
        for (name, expected) in [
            ("Storefront/ItemImported", "storefront/item.imported"),
            ("storefront/itemImported", "storefront/item.imported"),
            ("Storefront/Item Imported", "storefront/item.imported"),
            ("MyShop/HTTPServer.Started", "my-shop/http.server.started"),
            ("STOREFRONT/ITEM.IMPORTED", "storefront/item.imported"),
            ("storefront//item..imported", "storefront/item.imported"),
            ("/item.", "item"),
            ("order:paid", "order.paid"),
            ("ITEM_IMPORTED", "item_imported"),
            ("item_Imported", "item_imported"),
        ] {
            assert_eq!(suggest(name).as_deref(), Some(expected), "{name}");
        }
        for name in [
            "",
            "/",
            "***",
            "storefront/item.imported",
            "Inngest/X",
            "café/été",
        ] {
            assert_eq!(suggest(name), None, "{name}");
        }
    }

    #[test]
    fn slugs_replace_dots_and_slashes() {
        assert_eq!(slug("storefront/item.imported"), "item-imported");
        assert_eq!(slug("signup.new"), "signup-new");
        assert_eq!(slug("a/b/c.d"), "c-d");
        assert_eq!(long_slug("a/b/c.d"), "a-b-c-d");
    }

    #[test]
    fn suggestions_keep_punctuation_inside_words() {
        for (name, expected) in [
            ("a.b", None),
            ("A.b", Some("a.b")),
            ("A._b", Some("a.b")),
            ("A.-b", Some("a.b")),
            ("_A", Some("a")),
            ("-A-", Some("a")),
            ("A__B", Some("a__b")),
            ("A_.b", Some("a_b")),
            ("A-.b", Some("a-b")),
            ("..A..", Some("a")),
            ("A/_/b", Some("a/b")),
            ("A_b/C-d", Some("a_b/c-d")),
            ("Aa/Bb", Some("aa/bb")),
            ("X2Y", Some("x2.y")),
            ("Foo BarBAZ", Some("foo.bar.baz")),
            ("FOOBar", Some("foo.bar")),
            ("FooB", Some("foo.b")),
            ("my shop/item", Some("my-shop/item")),
            ("My.Shop/item", Some("my.shop/item")),
        ] {
            assert_eq!(suggest(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn errors_describe_the_problem() {
        for (name, text) in [
            ("", "the event name is empty"),
            (
                "éa\t",
                "the event name has a control character at byte 3, which dashboards and logs do \
                 not show",
            ),
            (
                "inngest/a",
                "the event name begins with `inngest/`, which the server reserves",
            ),
            (
                &"a".repeat(300),
                "the event name is 300 bytes long, and no function can be registered for a name \
                 over 255 bytes",
            ),
        ] {
            assert_eq!(check(name).unwrap_err().to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_handled(name in any::<String>()) {
            if let Err(NameError::Control { offset }) = check(&name) {
                prop_assert!(name.is_char_boundary(offset));
            }
            if let Some(suggestion) = suggest(&name) {
                prop_assert!(is_standard(&suggestion));
                prop_assert_eq!(check(&suggestion), Ok(()));
            }
        }
    }
}
