//! 64-bit integers as text.

use std::borrow::Cow;
use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize as _, Deserializer, Error as _};
use serde::ser::Serializer;

/// Writes an integer as a string, for `#[serde(with = "…")]`: the server keeps numbers as doubles
/// and would round integers beyond ±(2^53−1).
///
/// The schema says that it is a string. Reading takes a string as well as a number. For an
/// optional integer write the type out: `AsString::<Option<u64>>`.
///
/// ```
/// use inngest_core::{Batch, Event};
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "bank/transfer.booked", id = "transfer-booked-{number}")]
/// struct TransferBooked {
///     #[serde(with = "inngest_core::AsString")]
///     number: u64,
///     #[serde(with = "inngest_core::AsString::<Option<i64>>")]
///     reverses: Option<i64>,
/// }
///
/// let booked = TransferBooked { number: u64::MAX, reverses: None };
/// let mut batch = Batch::new();
/// batch.push(&booked)?;
/// assert!(batch.events().next().unwrap().contains(r#""number":"18446744073709551615""#));
/// let schema = TransferBooked::data_schema().to_value();
/// assert_eq!(schema["properties"]["number"]["type"], "string");
/// # Ok::<(), inngest_core::PayloadError>(())
/// ```
#[derive(Debug)]
pub struct AsString<T = u64>(PhantomData<T>);

impl<T: TextInteger> AsString<T> {
    /// Writes the integer.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        match value.to_text() {
            Some(text) => serializer.serialize_str(&text),
            None => serializer.serialize_none(),
        }
    }

    /// Reads the integer from a string or a number.
    ///
    /// # Errors
    ///
    /// What is read is no integer of this type.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Either {
            Text(String),
            Unsigned(u64),
            Signed(i64),
        }
        let text = match Option::<Either>::deserialize(deserializer)? {
            None => None,
            Some(Either::Text(text)) => Some(text),
            Some(Either::Unsigned(integer)) => Some(integer.to_string()),
            Some(Either::Signed(integer)) => Some(integer.to_string()),
        };
        T::from_text(text.as_deref()).ok_or_else(|| {
            let found = text.as_deref().unwrap_or("null");
            D::Error::custom(format_args!("`{found}` is no integer of this type"))
        })
    }
}

impl<T: TextInteger> JsonSchema for AsString<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "IntegerAsString".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        if T::OPTIONAL {
            json_schema!({ "type": ["string", "null"], "pattern": "^-?[0-9]+$" })
        } else {
            json_schema!({ "type": "string", "pattern": "^-?[0-9]+$" })
        }
    }
}

/// An integer that [`AsString`] writes, or `Option` of one. Not to be implemented elsewhere.
pub trait TextInteger: Sized + sealed::Sealed {
    #[doc(hidden)]
    const OPTIONAL: bool;
    #[doc(hidden)]
    fn to_text(&self) -> Option<String>;
    #[doc(hidden)]
    fn from_text(text: Option<&str>) -> Option<Self>;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl sealed::Sealed for $integer {}

        impl TextInteger for $integer {
            const OPTIONAL: bool = false;
            fn to_text(&self) -> Option<String> {
                Some(text(self))
            }
            fn from_text(text: Option<&str>) -> Option<Self> {
                read(text?)
            }
        }

        impl sealed::Sealed for Option<$integer> {}

        impl TextInteger for Option<$integer> {
            const OPTIONAL: bool = true;
            fn to_text(&self) -> Option<String> {
                self.as_ref().map(text)
            }
            fn from_text(text: Option<&str>) -> Option<Self> {
                match text {
                    Some(text) => read(text).map(Some),
                    None => Some(None),
                }
            }
        }
    )*};
}

integers!(u64 i64 u128 i128 usize isize);

fn text(integer: &impl Display) -> String {
    integer.to_string()
}

fn read<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::AsString;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Numbers {
        #[serde(with = "AsString")]
        plain: i128,
        #[serde(with = "AsString::<Option<u64>>", default)]
        optional: Option<u64>,
    }

    #[test]
    fn written_as_text_and_read_as_either() {
        let numbers = Numbers {
            plain: i128::MIN,
            optional: Some(u64::MAX),
        };
        let written = serde_json::to_value(&numbers).unwrap();
        let expected = json!({ "plain": i128::MIN.to_string(), "optional": u64::MAX.to_string() });
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_value::<Numbers>(written).unwrap(), numbers);
        let none: Numbers =
            serde_json::from_value(json!({ "plain": -7, "optional": null })).unwrap();
        assert_eq!(
            none,
            Numbers {
                plain: -7,
                optional: None
            }
        );
        assert_eq!(
            serde_json::to_value(&none).unwrap()["optional"],
            json!(null)
        );
        for wrong in [
            json!({ "plain": "x" }),
            json!({ "plain": null }),
            json!({ "plain": 1.5 }),
        ] {
            assert!(serde_json::from_value::<Numbers>(wrong).is_err());
        }
    }

    #[test]
    fn the_schema_says_so() {
        let schema = schemars::schema_for!(Numbers).to_value();
        assert_eq!(schema["properties"]["plain"]["type"], "string");
        assert_eq!(
            schema["properties"]["optional"]["type"],
            json!(["string", "null"])
        );
    }
}
