//! Turns JSON keys into Rust names, and finds the `rename_all` that saves the most renames.

use std::collections::BTreeSet;

/// Words that need `r#` as an identifier.
const KEYWORDS: &str = "abstract as async await become box break const continue do dyn else enum \
    extern false final fn for gen if impl in let loop macro match mod move mut override priv pub \
    ref return static struct trait true try type typeof unsafe unsized use virtual where while \
    yield";

/// Keywords that `r#` cannot turn into identifiers.
const NEVER: [&str; 4] = ["self", "Self", "super", "crate"];

/// Names that generated code uses without a path.
const TAKEN_TYPES: [&str; 23] = [
    "BTreeMap",
    "BTreeSet",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Deserialize",
    "Deserializer",
    "Eq",
    "Err",
    "Event",
    "IdPart",
    "JsonSchema",
    "None",
    "Ok",
    "Option",
    "PartialEq",
    "Result",
    "Serialize",
    "Some",
    "String",
    "Value",
    "Vec",
];

/// The words of a key, which are the same for `orderId`, `order_id` and `Order ID`.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous: Option<char> = None;
    let characters: Vec<char> = text.chars().collect();
    for (index, &c) in characters.iter().enumerate() {
        let next_is_lowercase = characters
            .get(index + 1)
            .is_some_and(char::is_ascii_lowercase);
        if !c.is_ascii_alphanumeric() {
            // Otherwise, `+1` and `-1` would get the same name.
            let sign = match c {
                '+' => "plus",
                '-' if previous.is_none() => "minus",
                '@' if previous.is_none() => "at",
                _ => "",
            };
            if !sign.is_empty() {
                words.push(sign.to_owned());
            }
            previous = Some(c);
            continue;
        }
        let begins = match previous {
            Some(before) if before.is_ascii_alphanumeric() => {
                c.is_ascii_uppercase() && (!before.is_ascii_uppercase() || next_is_lowercase)
            }
            _ => true,
        };
        match words.last_mut() {
            Some(word) if !begins => word.push(c.to_ascii_lowercase()),
            _ => words.push(c.to_ascii_lowercase().into()),
        }
        previous = Some(c);
    }
    words
}

/// The name of a field, without `r#`.
pub(super) fn field(key: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    // Keep a name that is already valid, such as `_links`.
    let inner = key.trim_matches('_');
    let mut name = if key.chars().all(plain) && !inner.is_empty() && !inner.contains("__") {
        key.to_owned()
    } else {
        words(key).join("_")
    };
    if name.is_empty() {
        "field".clone_into(&mut name);
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    if NEVER.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

/// The name of a type or a variant.
pub(super) fn pascal(text: &str) -> String {
    let mut name = String::new();
    for word in words(text) {
        let mut characters = word.chars();
        // Adjacent digits would read as one number.
        if name.ends_with(|c: char| c.is_ascii_digit())
            && word.starts_with(|c: char| c.is_ascii_digit())
        {
            name.push('_');
        }
        name.extend(characters.next().map(|c| c.to_ascii_uppercase()));
        name.push_str(characters.as_str());
    }
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, 'N');
    }
    if name == "Self" {
        name.push_str("Type");
    }
    name
}

/// Whether a name is a type name that rustc does not warn about.
pub(super) fn is_type_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
        && name != "Self"
}

/// A field name as it is written in code.
pub(super) fn escaped(name: &str) -> String {
    let is_keyword = KEYWORDS.split_ascii_whitespace().any(|word| word == name);
    format!("{}{name}", if is_keyword { "r#" } else { "" })
}

/// The name of the module for a version.
pub(super) fn module(version: Option<&str>) -> String {
    match version {
        None => "unversioned".to_owned(),
        Some(version) => {
            let plain = |c: char| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '_'
                }
            };
            let name: String = version.chars().map(plain).collect();
            let is_free = name.starts_with('v') && name != "virtual";
            let prefix = if is_free { "" } else { "v" };
            format!("{prefix}{name}")
        }
    }
}

/// The name of one element: `lines` is a list of `line`.
pub(super) fn singular(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let ends = |ending: &str| lower.ends_with(ending);
    let cut = |count: usize| text.get(..text.len() - count).unwrap_or(text).to_owned();
    if ends("ies") && text.len() > 4 {
        cut(3) + "y"
    } else if ["sses", "shes", "ches", "xes"].iter().any(|e| ends(e)) {
        cut(2)
    } else if ends("children") {
        cut(3)
    } else if ends("s") && !["ss", "us", "is", "news"].iter().any(|e| ends(e)) && text.len() > 1 {
        cut(1)
    } else {
        text.to_owned()
    }
}

/// The names that are taken in a scope.
#[derive(Debug, Default)]
pub(super) struct UniqueNames(BTreeSet<String>);

impl UniqueNames {
    /// The taken type names of a new module.
    pub(super) fn of_types() -> Self {
        Self(TAKEN_TYPES.iter().map(|name| (*name).to_owned()).collect())
    }

    /// Takes the first free candidate, or the last candidate with a number.
    pub(super) fn assign(&mut self, candidates: &[String]) -> String {
        let last = candidates.last().map_or("", String::as_str);
        let numbered = (2_u32..).map(|number| {
            // `line_2`, `Line2`, `Line1_2`
            let is_type = last.starts_with(|c: char| c.is_ascii_uppercase());
            let ends_in_digit = last.ends_with(|c: char| c.is_ascii_digit());
            let joint = if last.ends_with('_') || (is_type && !ends_in_digit) {
                ""
            } else {
                "_"
            };
            format!("{last}{joint}{number}")
        });
        let mut names = candidates.iter().cloned().chain(numbered);
        names
            .find(|name| self.0.insert(name.clone()))
            .unwrap_or_default()
    }
}

/// A rule of serde's `rename_all`.
type Rule = (&'static str, fn(&str) -> String);

const FIELD_RULES: [Rule; 5] = [
    ("camelCase", |name| uncapitalized(&field_to_pascal(name))),
    ("PascalCase", field_to_pascal),
    ("kebab-case", |name| name.replace('_', "-")),
    ("SCREAMING_SNAKE_CASE", str::to_ascii_uppercase),
    ("SCREAMING-KEBAB-CASE", |name| {
        name.to_ascii_uppercase().replace('_', "-")
    }),
];

const VARIANT_RULES: [Rule; 7] = [
    ("snake_case", variant_to_snake),
    ("lowercase", str::to_ascii_lowercase),
    ("camelCase", uncapitalized),
    ("UPPERCASE", str::to_ascii_uppercase),
    ("SCREAMING_SNAKE_CASE", |name| {
        variant_to_snake(name).to_ascii_uppercase()
    }),
    ("kebab-case", |name| {
        variant_to_snake(name).replace('_', "-")
    }),
    ("SCREAMING-KEBAB-CASE", |name| {
        variant_to_snake(name)
            .to_ascii_uppercase()
            .replace('_', "-")
    }),
];

fn field_to_pascal(name: &str) -> String {
    let capitalized = name.split('_').map(|word| {
        let mut characters = word.chars();
        let first = characters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(characters).collect::<String>()
    });
    capitalized.collect()
}

fn variant_to_snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, c) in name.char_indices() {
        if index > 0 && c.is_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

fn uncapitalized(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

/// The kind of names that `rename_all` renames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renamed {
    Fields,
    Variants,
}

/// The rule that saves the most renames, and for each pair of a Rust name and a key, whether it needs a
/// rename of its own.
pub(super) fn rename_all(
    renamed: Renamed,
    names: &[(&str, &str)],
) -> (Option<&'static str>, Vec<bool>) {
    let renamed_under = |rule: fn(&str) -> String| -> Vec<bool> {
        names.iter().map(|(name, key)| rule(name) != *key).collect()
    };
    let count = |renames: &[bool]| renames.iter().filter(|renamed| **renamed).count();
    let mut best: (Option<&str>, Vec<bool>) = (None, renamed_under(str::to_owned));
    let rules: &[Rule] = match renamed {
        Renamed::Fields => &FIELD_RULES,
        Renamed::Variants => &VARIANT_RULES,
    };
    for (rule, apply) in rules {
        let own = renamed_under(*apply);
        // A rule must save more lines than the one that it takes.
        let margin = usize::from(best.0.is_none());
        let saved = count(&best.1).saturating_sub(count(&own));
        if saved > margin || (saved > 0 && renamed == Renamed::Variants) {
            best = (Some(rule), own);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_become_module_names() {
        for (version, expected) in [
            (None, "unversioned"),
            (Some("2026-11-21.1"), "v2026_11_21_1"),
            (Some("v2"), "v2"),
            (Some("Virtual"), "vvirtual"),
        ] {
            assert_eq!(module(version), expected);
        }
    }

    #[test]
    fn keys_become_field_names() {
        for (key, expected) in [
            ("item_id", "item_id"),
            ("itemId", "item_id"),
            ("ItemID", "item_id"),
            ("HTTPServer", "http_server"),
            ("unit price", "unit_price"),
            ("+1", "plus_1"),
            ("-1", "minus_1"),
            ("@type", "at_type"),
            ("$ref", "ref"),
            ("self", "self_"),
            ("2fa", "_2fa"),
            ("_links", "_links"),
            ("", "field"),
            ("日本", "field"),
            ("line1", "line1"),
            ("a__b", "a_b"),
            ("__proto__", "__proto__"),
        ] {
            assert_eq!(field(key), expected, "{key}");
        }
        assert_eq!(escaped("type"), "r#type");
        assert_eq!(escaped("types"), "types");
    }

    #[test]
    fn keys_become_type_names() {
        for (key, expected) in [
            ("gift_card", "GiftCard"),
            ("item.imported", "ItemImported"),
            ("URL", "Url"),
            ("2026-09-01", "N2026_09_01"),
            ("self", "SelfType"),
            ("", "N"),
        ] {
            assert_eq!(pascal(key), expected, "{key}");
        }
    }

    #[test]
    fn lists_have_elements() {
        for (list, expected) in [
            ("lines", "line"),
            ("categories", "category"),
            ("addresses", "address"),
            ("status", "status"),
            ("children", "child"),
            ("boxes", "box"),
            ("data", "data"),
            ("s", "s"),
        ] {
            assert_eq!(singular(list), expected, "{list}");
        }
    }

    #[test]
    fn best_rule_saves_most_renames() {
        let fields = [
            ("order_id", "orderId"),
            ("unit_price", "unitPrice"),
            ("sku", "sku"),
        ];
        let (rule, renames) = rename_all(Renamed::Fields, &fields);
        assert_eq!((rule, renames), (Some("camelCase"), vec![false; 3]));
        // One key is not worth a rule.
        let (rule, renames) = rename_all(Renamed::Fields, &fields[1..]);
        assert_eq!((rule, renames), (None, vec![true, false]));
        let variants = [("GiftCard", "gift_card"), ("Card", "card"), ("N2", "2")];
        let (rule, renames) = rename_all(Renamed::Variants, &variants);
        assert_eq!(
            (rule, renames),
            (Some("snake_case"), vec![false, false, true])
        );
    }
}
