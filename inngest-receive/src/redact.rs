//! Removes the values of data from messages that other crates wrote.
//!
//! The error of a type's `Deserialize` or `TryFrom` often quotes the text that it refuses, whole or in
//! part. That text may be personal, and errors end up in logs.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Replaces a removed part of a message.
const REMOVED: &str = "…";

/// The message without the strings and numbers in `json`, and without quoted parts of its strings.
#[cold]
pub(crate) fn message(message: &str, json: &str) -> String {
    let mut values = Values::default();
    // After invalid JSON, the values before it are known.
    let _ = (&mut values).deserialize(&mut serde_json::Deserializer::from_str(json));
    let mut longest_first: Vec<&str> = values.0.iter().map(String::as_str).collect();
    longest_first.sort_by_key(|value| std::cmp::Reverse(value.len()));
    let mut text = message.to_owned();
    for value in &longest_first {
        text = without_word(&text, value);
        let escaped = value.escape_debug().to_string();
        if escaped != **value {
            text = without_word(&text, &escaped);
        }
    }
    without_quoted(&text, &longest_first)
}

/// Removes a word wherever no letter or digit continues it.
fn without_word(text: &str, word: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(word) {
        kept.push_str(before);
        let continues = |end: Option<char>, next: Option<char>| {
            end.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric)
        };
        let is_part = continues(kept.chars().next_back(), word.chars().next())
            || continues(word.chars().next_back(), after.chars().next());
        kept.push_str(if is_part { word } else { REMOVED });
        rest = after;
    }
    kept + rest
}

/// Removes the quoted parts that a value contains.
fn without_quoted(text: &str, values: &[&str]) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(['"', '`', '\'']) {
        let (before, quoted) = rest.split_at(start);
        let mut chars = quoted.chars();
        let Some(quote) = chars.next() else { break };
        kept.push_str(before);
        kept.push(quote);
        rest = chars.as_str();
        if let Some((part, after)) = rest.split_once(quote)
            && !part.is_empty()
            && values.iter().any(|value| value.contains(part))
        {
            kept.push_str(REMOVED);
            kept.push(quote);
            rest = after;
        }
    }
    kept + rest
}

/// The strings and numbers in a value, without the keys of objects.
#[derive(Default)]
struct Values(BTreeSet<String>);

impl Values {
    fn add(&mut self, value: &(impl fmt::Display + ?Sized)) {
        let value = value.to_string();
        if !value.is_empty() {
            self.0.insert(value);
        }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Values {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Values {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.add(&number);
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.add(&number);
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.add(&number);
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.add(text.trim());
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(&mut *self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_key::<serde::de::IgnoredAny>()?.is_some() {
            members.next_value_seed(&mut *self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn values_are_removed_whole_and_in_quoted_parts() {
        let json = r#"{"mail":"ada@example.com","day":"2026-99-01","note":"a \"b\"","n":[1234,-1.5],"k":"x"}"#;
        for (text, expected) in [
            ("`ada@example.com` is no address", "`…` is no address"),
            ("ada@example.com: no address", "…: no address"),
            (
                r#"failed to parse "2026-99-01": "99" is not a month"#,
                r#"failed to parse "…": "…" is not a month"#,
            ),
            (r#"the note "a \"b\"" is odd"#, r#"the note "…" is odd"#),
            ("no timestamp: 1234", "no timestamp: …"),
            ("over 12345 and under -1.5", "over 12345 and under …"),
            ("expected x or exact", "expected … or exact"),
            ("it's `ada`, isn't it", "it's `…`, isn't it"),
            ("an `unclosed quote", "an `unclosed quote"),
            ("", ""),
        ] {
            assert_eq!(message(text, json), expected, "{text}");
        }
    }

    #[test]
    fn values_before_invalid_json_are_removed() {
        assert_eq!(
            message("`secret` is odd", r#"["secret", nope"#),
            "`…` is odd"
        );
    }
}
