//! Converts names from the catalogue to identifiers of other languages.
//!
//! Identifiers consist of ASCII letters, digits and `_`, which both TypeScript and the component keys
//! of an `AsyncAPI` document allow.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Names that no identifier may have: reserved words of ECMAScript modules, TypeScript type keywords,
/// names that every `CommonJS` module declares, and names that an exported module imports.
const RESERVED: &str = "\
    any arguments asserts await bigint boolean break case catch class const continue \
    debugger default delete do else enum eval eventType export exports extends false finally \
    for function globalThis if implements import in infer instanceof interface intrinsic is \
    keyof let module never new null number object package private protected public readonly \
    require return static staticSchema string super switch symbol this throw true try typeof \
    undefined unique unknown var void while with yield";

/// The part of an event name after the last `/`: `item.imported` for
/// `storefront/item.imported`.
pub(super) fn slug(event_name: &str) -> &str {
    event_name.rsplit('/').next().unwrap_or(event_name)
}

/// The words of an event name in camel case: `itemImported` for `item.imported`.
pub(super) fn camel_case(event_name: &str) -> String {
    let mut identifier = String::new();
    let mut words = event_name
        .split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    if let Some(first) = words.next() {
        identifier.push_str(&with_first(first, char::to_ascii_lowercase));
    }
    for word in words {
        identifier.push_str(&with_first(word, char::to_ascii_uppercase));
    }
    self::identifier(&identifier)
}

/// A type name from a [`camel_case`] identifier.
pub(super) fn pascal_case(camel_case: &str) -> String {
    with_first(camel_case, char::to_ascii_uppercase)
}

fn with_first(word: &str, change: fn(&char) -> char) -> String {
    let mut chars = word.chars();
    let first = chars.next().as_ref().map(change);
    first.into_iter().chain(chars).collect()
}

/// Replaces everything that an identifier cannot contain.
pub(super) fn identifier(text: &str) -> String {
    let mut identifier = word(text);
    if identifier.is_empty() || identifier.starts_with(|c: char| c.is_ascii_digit()) {
        identifier.insert(0, '_');
    }
    if RESERVED.split(' ').any(|word| word == identifier) {
        identifier.push('_');
    }
    identifier
}

/// Replaces everything that cannot appear inside an identifier.
pub(super) fn word(text: &str) -> String {
    let mut word = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            word.push(c);
        } else if c.is_ascii() {
            word.push('_');
        } else {
            let _ = write!(word, "u{:04X}", u32::from(c));
        }
    }
    word
}

/// Assigns unique names.
#[derive(Debug, Default)]
pub(super) struct UniqueNames(BTreeSet<String>);

impl UniqueNames {
    /// Assigns a name, with a number appended if the name is taken.
    pub(super) fn assign(&mut self, name: &str) -> String {
        let mut free = name.to_owned();
        let mut number = 2;
        while !self.0.insert(free.clone()) {
            free = format!("{name}_{number}");
            number += 1;
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_names_become_identifiers() {
        for (name, expected) in [
            ("storefront/item.imported", "itemImported"),
            (
                "cart.checkout-completed_again",
                "cartCheckoutCompletedAgain",
            ),
            ("a/delete", "delete_"),
            ("event.type", "eventType_"),
            ("2fa.enabled", "_2faEnabled"),
            ("Größe", "gru00F6u00DFe"),
            ("日本", "u65E5u672C"),
            ("a b", "aB"),
            ("-", "_"),
            ("x/", "_"),
        ] {
            assert_eq!(camel_case(slug(name)), expected, "{name}");
        }
        assert_eq!(
            camel_case("storefront/item.imported"),
            "storefrontItemImported"
        );
        assert_eq!(pascal_case("itemImported"), "ItemImported");
        assert_eq!(pascal_case("_2faEnabled"), "_2faEnabled");
    }

    #[test]
    fn type_names_become_identifiers() {
        for (name, expected) in [
            ("Page_for_Item", "Page_for_Item"),
            ("Page<Item>", "Page_Item_"),
            ("string", "string_"),
            ("2d", "_2d"),
            ("", "_"),
        ] {
            assert_eq!(identifier(name), expected, "{name}");
        }
    }

    #[test]
    fn reserved_words_are_sorted_and_unique() {
        let words = RESERVED.split(' ').map(str::to_ascii_lowercase);
        assert!(words.is_sorted_by(|a, b| a < b));
        assert_eq!(RESERVED.split(' ').count(), 71);
    }

    #[test]
    fn repeated_names_get_a_number() {
        let mut names = UniqueNames::default();
        let assigned = ["a", "a_2", "a", "a"].map(|name| names.assign(name));
        assert_eq!(assigned, ["a", "a_2", "a_3", "a_4"]);
    }
}
