//! Deserializes values, and finds the path of an error.

use std::borrow::Cow;

use serde::de::{DeserializeOwned, IgnoredAny};

use crate::error::{DecodeError, DecodeErrorKind};
use crate::redact;

/// The text of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<'a> {
    pub(crate) text: &'a str,
    /// Whether the value is known to be valid: a string without escapes, digits, or `{}`.
    pub(crate) is_valid: bool,
}

impl<'a> Json<'a> {
    /// The value of a string.
    pub(crate) fn string(self) -> Result<Cow<'a, str>, DecodeError> {
        let inner = self.text.strip_prefix('"');
        if let (true, Some(text)) = (self.is_valid, inner.and_then(|s| s.strip_suffix('"'))) {
            return Ok(Cow::Borrowed(text));
        }
        match serde_json::from_str(self.text) {
            Ok(text) => Ok(Cow::Owned(text)),
            Err(error) => Err(DecodeError::syntax("", message(&error, self.text))),
        }
    }
}

/// Deserializes an object. The path of an error begins with `name`.
pub(crate) fn object<T: DeserializeOwned>(json: &str, name: &str) -> Result<T, DecodeError> {
    // Serde would fill the fields of a struct from an array.
    if !json.starts_with('{') {
        value::<IgnoredAny>(json, name)?;
        return Err(DecodeError::shape(
            name,
            "this is not an object; send an object",
        ));
    }
    value(json, name)
}

/// Deserializes any value.
pub(crate) fn value<T: DeserializeOwned>(json: &str, name: &str) -> Result<T, DecodeError> {
    serde_json::from_str(json).map_err(|error| explain::<T>(json, name, &error))
}

/// Deserializes a member of a call or an event that Inngest writes, not the sender.
pub(crate) fn member<T: DeserializeOwned>(json: &str, key: &str) -> Result<T, DecodeError> {
    value(json, key).map_err(|error| match error.kind() {
        DecodeErrorKind::Data { message } => {
            let message = format!("{message}; pass the body as it was received");
            DecodeError::shape(error.path(), message)
        }
        _ => error,
    })
}

/// Checks that text is valid JSON.
pub(crate) fn validate(json: Json<'_>, name: &str) -> Result<(), DecodeError> {
    if json.is_valid {
        return Ok(());
    }
    value::<IgnoredAny>(json.text, name).map(drop)
}

/// Deserializes again to find the path of an error. Tracking the path takes time, so the first attempt
/// does not.
#[cold]
fn explain<T: DeserializeOwned>(json: &str, name: &str, first: &serde_json::Error) -> DecodeError {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let again = serde_path_to_error::deserialize::<_, T>(&mut deserializer).err();
    let path = again.as_ref().map(|error| error.path().to_string());
    let error = again
        .as_ref()
        .map_or(first, serde_path_to_error::Error::inner);
    let message = message(error, json);
    let is_too_deep = message.starts_with("recursion limit");
    let kind = if (error.is_syntax() || error.is_eof()) && !is_too_deep {
        DecodeErrorKind::Syntax { message }
    } else {
        DecodeErrorKind::Data { message }
    };
    let path = path.filter(|path| path != ".").unwrap_or_default();
    DecodeError::new(kind, path).within(name)
}

/// The message of an error about `json`, without its position and without values.
pub(crate) fn message(error: &serde_json::Error, json: &str) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let text = text.strip_suffix(&position).unwrap_or(&text);
    // The parser's own messages have no values.
    if !error.is_data() {
        return text.to_owned();
    }
    // These show keys only.
    let of_keys = ["missing field `", "duplicate field `", "unknown field `"];
    if of_keys.iter().any(|start| text.starts_with(start)) {
        return text.to_owned();
    }
    without_value(text).unwrap_or_else(|| redact::message(text, json))
}

/// How serde ends the message for an enum without variants.
const NO_VARIANTS: &str = "there are no variants";

/// `invalid type: string "secret", expected u32` → `expected u32, found string`
fn without_value(text: &str) -> Option<String> {
    let rest = text
        .strip_prefix("invalid type: ")
        .or_else(|| text.strip_prefix("invalid value: "));
    if let Some(rest) = rest {
        let (found, expected) = rest.rsplit_once(", expected ")?;
        let found = found
            .split(['`', '"'])
            .next()
            .unwrap_or_default()
            .trim_end();
        return Some(format!("expected {expected}, found {found}"));
    }
    let rest = text.strip_prefix("unknown variant `")?;
    // The value may itself contain the separators.
    if rest.ends_with(NO_VARIANTS) {
        return Some(format!("unknown variant, {NO_VARIANTS}"));
    }
    let (_, expected) = rest.rsplit_once("`, expected ")?;
    Some(format!("unknown variant, expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only its errors are read")]
    struct Order {
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only its errors are read")]
    struct Line {
        count: u8,
        kind: Kind,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        A,
        B,
    }

    #[test]
    fn errors_have_a_path_and_no_value() {
        for (json, expected) in [
            (
                r#"{"lines":[{"count":"a, expected b","kind":"A"}]}"#,
                "`data.lines[0].count`: the data does not fit the type, expected u8, found string",
            ),
            (
                r#"{"lines":[{"count":300,"kind":"A"}]}"#,
                "`data.lines[0].count`: the data does not fit the type, expected u8, found integer",
            ),
            (
                r#"{"lines":[{"count":3,"kind":"secret, `x`"}]}"#,
                "`data.lines[0].kind`: the data does not fit the type, unknown variant, expected `A` \
                 or `B`",
            ),
            (
                r#"{"lines":[{"kind":"A"}]}"#,
                "`data.lines[0]`: the data does not fit the type, missing field `count`",
            ),
            (
                r#"{"lines":[{"count":,}]}"#,
                "`data.lines[0].count`: expected value",
            ),
            (
                "{}",
                "`data`: the data does not fit the type, missing field `lines`",
            ),
            ("[[]]", "`data`: this is not an object; send an object"),
        ] {
            let error = object::<Order>(json, "data").unwrap_err().to_string();
            assert!(error.starts_with(expected), "{json}: {error}");
        }
    }

    #[test]
    fn errors_name_every_variant_and_not_the_value() {
        macro_rules! error_of {
            ($json:expr, $($variant:ident)*) => {{
                #[derive(Debug, Deserialize)]
                enum Kind {
                    $($variant,)*
                }
                serde_json::from_str::<Kind>($json).unwrap_err()
            }};
        }
        for value in ["secret", "secret`, expected `A`", "secret`, there are"] {
            let json = format!("\"{value}\"");
            for (error, expected) in [
                (error_of!(&json,), "there are no variants"),
                (error_of!(&json, A), "expected `A`"),
                (error_of!(&json, A B), "expected `A` or `B`"),
                (error_of!(&json, A B C), "expected one of `A`, `B`, `C`"),
                (
                    error_of!(&json, A B C D),
                    "expected one of `A`, `B`, `C`, `D`",
                ),
            ] {
                let problem = message(&error, &json);
                assert_eq!(problem, format!("unknown variant, {expected}"), "{json}");
            }
        }
    }
}
