//! Defines `NonEmpty`: text that is never empty.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

use inngest_grammar::proof::Language;

use crate::event::id::{IdPart, IdWriter};
use crate::event::session::{SessionField, SessionKind, SessionValue};

/// Text of at least one character, for fields that are part of a deduplication id.
///
/// An event cannot be sent if a part of its id is empty. `NonEmpty<String>` finds the mistake earlier,
/// where the text is created, and adds `minLength: 1` to the schema. `T` can be any text type, such as
/// `Box<str>` or `Cow<'static, str>`.
///
/// ```
/// use inngest_core::{Event, NonEmpty};
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "storefront/item.imported", id = "item-imported-{sku}")]
/// struct ItemImported {
///     sku: NonEmpty<String>,
/// }
///
/// let item = ItemImported { sku: NonEmpty::try_from("tea")? };
/// assert_eq!(item.dedup_id()?.as_deref(), Some("item-imported-tea"));
/// assert!(NonEmpty::new(String::new()).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NonEmpty<T = String>(T);

/// The error of [`NonEmpty::new`] for empty text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmptyTextError(());

impl fmt::Display for EmptyTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text is empty; it needs at least one character")
    }
}

impl std::error::Error for EmptyTextError {}

impl<T: AsRef<str>> NonEmpty<T> {
    /// Checks the text.
    ///
    /// # Errors
    ///
    /// Fails if the text is empty.
    pub fn new(text: T) -> Result<Self, EmptyTextError> {
        if text.as_ref().is_empty() {
            return Err(EmptyTextError(()));
        }
        Ok(Self(text))
    }
}

impl<T> NonEmpty<T> {
    /// Returns the text.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl TryFrom<String> for NonEmpty<String> {
    type Error = EmptyTextError;
    fn try_from(text: String) -> Result<Self, EmptyTextError> {
        Self::new(text)
    }
}

impl TryFrom<&str> for NonEmpty<String> {
    type Error = EmptyTextError;
    fn try_from(text: &str) -> Result<Self, EmptyTextError> {
        Self::new(text.to_owned())
    }
}

impl<T: AsRef<str>> Deref for NonEmpty<T> {
    type Target = str;
    fn deref(&self) -> &str {
        self.0.as_ref()
    }
}

impl<T: AsRef<str>> AsRef<str> for NonEmpty<T> {
    fn as_ref(&self) -> &str {
        self
    }
}

impl<T: AsRef<str>> fmt::Display for NonEmpty<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl<T: Serialize> Serialize for NonEmpty<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + AsRef<str>> Deserialize<'de> for NonEmpty<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(T::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<T> JsonSchema for NonEmpty<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "NonEmptyText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "minLength": 1 })
    }
}

// Keeps this impl out of rustc's list of implementors, which should name the standard library's types.
#[diagnostic::do_not_recommend]
impl<T: IdPart> IdPart for NonEmpty<T> {
    const LANGUAGE: Language = T::LANGUAGE;
    const PATTERN: &'static str = T::PATTERN;
    const __KEEPS_TO_LANGUAGE: bool = T::__KEEPS_TO_LANGUAGE;
    fn write_id(&self, id: &mut IdWriter<'_>) {
        self.0.write_id(id);
    }
}

#[diagnostic::do_not_recommend]
impl<T: SessionField> SessionField for NonEmpty<T> {
    const KIND: SessionKind = T::KIND;
    const OPTIONAL: bool = T::OPTIONAL;
    fn session_value(&self) -> Option<SessionValue<'_>> {
        self.0.session_value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn empty_text_is_refused() {
        let text: NonEmpty = "tea".try_into().unwrap();
        assert_eq!(text.to_string() + &text[1..] + text.as_ref(), "teaeatea");
        assert_eq!(NonEmpty::try_from("tea".to_owned()), Ok(text.clone()));
        assert_eq!(text.into_inner(), "tea");
        let error = NonEmpty::try_from("").unwrap_err();
        assert_eq!(NonEmpty::try_from(String::new()), Err(error));
        assert_eq!(NonEmpty::new(Box::<str>::from("")), Err(error));
        assert_eq!(
            error.to_string(),
            "the text is empty; it needs at least one character"
        );
        // A space is a character, and ids keep it.
        assert!(NonEmpty::try_from(" ").is_ok());
    }

    #[test]
    fn json_and_schema_refuse_empty_text() {
        let text: NonEmpty<Cow<'_, str>> = serde_json::from_value(json!("tea")).unwrap();
        assert_eq!(serde_json::to_value(&text).unwrap(), json!("tea"));
        let error = serde_json::from_value::<NonEmpty>(json!("")).unwrap_err();
        assert!(error.to_string().starts_with("the text is empty"));
        let schema = SchemaGenerator::default().into_root_schema_for::<NonEmpty>();
        assert_eq!(schema.get("minLength"), Some(&json!(1)));
        assert_eq!(schema.get("type"), Some(&json!("string")));
    }
}
