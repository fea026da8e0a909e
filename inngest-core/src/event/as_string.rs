//! Serializes 64-bit integers as strings.

use std::borrow::Cow;
use std::fmt::Display;
use std::num::NonZero;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize as _, Deserializer};
use serde::ser::Serializer;

/// Serializes an integer as a string, for `#[serde(with = "…")]`. The server stores numbers as
/// doubles and would round integers beyond ±(2^53−1).
///
/// The schema has type `string`. Deserializing accepts a string or a number. Use [`OptionAsString`]
/// for an `Option`.
///
/// Use `with`, not `serialize_with`: schemars ignores `serialize_with`, so the schema would have
/// type `integer`, and the derive refuses it on a field of an event.
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
///     #[serde(with = "inngest_core::OptionAsString")]
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
pub struct AsString;

/// Serializes an `Option` of an integer as a string or `null`; see [`AsString`].
#[derive(Debug)]
pub struct OptionAsString;

impl AsString {
    /// Serializes the integer.
    ///
    /// # Errors
    ///
    /// Any error of the serializer.
    pub fn serialize<T: TextInteger, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    /// Deserializes the integer from a string or a number.
    ///
    /// # Errors
    ///
    /// Fails if the input is not an integer of this type.
    pub fn deserialize<'de, T: TextInteger, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        parse(&IntegerInput::deserialize(deserializer)?)
    }
}

impl OptionAsString {
    /// Serializes the integer, or `null`.
    ///
    /// # Errors
    ///
    /// Any error of the serializer.
    pub fn serialize<T: TextInteger, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    /// Deserializes the integer from a string, a number or `null`.
    ///
    /// # Errors
    ///
    /// Fails if the input is not an integer of this type.
    pub fn deserialize<'de, T: TextInteger, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let input = Option::<IntegerInput>::deserialize(deserializer)?;
        input.map(|input| parse(&input)).transpose()
    }
}

/// The input forms of an integer.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum IntegerInput {
    Text(String),
    Unsigned(u64),
    Signed(i64),
}

fn parse<T: TextInteger, E: serde::de::Error>(input: &IntegerInput) -> Result<T, E> {
    let text = match input {
        IntegerInput::Text(text) => text,
        IntegerInput::Unsigned(integer) => &integer.to_string(),
        IntegerInput::Signed(integer) => &integer.to_string(),
    };
    let parsed = text.parse();
    parsed.map_err(|_| E::custom("the text is not an integer of this type"))
}

macro_rules! schemas {
    ($($type:ty, $name:literal: $types:tt;)*) => {$(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": $types, "pattern": "^-?[0-9]+$" })
            }
        }
    )*};
}

schemas! {
    AsString, "IntegerAsString": "string";
    OptionAsString, "OptionalIntegerAsString": ["string", "null"];
}

/// An integer that [`AsString`] serializes. This trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`AsString` cannot serialize `{Self}`",
    label = "not an integer of 64 bits or more",
    note = "use `inngest_core::OptionAsString` for an `Option` of an integer"
)]
pub trait TextInteger: Display + FromStr + sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl sealed::Sealed for $integer {}
        impl TextInteger for $integer {}
        impl sealed::Sealed for NonZero<$integer> {}
        impl TextInteger for NonZero<$integer> {}
    )*};
}

integers!(u64 i64 u128 i128 usize isize);

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use super::{AsString, OptionAsString};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Numbers {
        #[serde(with = "AsString")]
        plain: i128,
        #[serde(with = "OptionAsString", default)]
        optional: Option<u64>,
    }

    #[test]
    fn round_trip_through_strings_and_numbers() {
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
    fn non_zero_integers_round_trip() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct NonZeros {
            #[serde(with = "AsString")]
            plain: NonZero<u64>,
            #[serde(with = "OptionAsString")]
            optional: Option<NonZero<i128>>,
        }
        let numbers = NonZeros {
            plain: NonZero::<u64>::MAX,
            optional: NonZero::new(-1),
        };
        let written = serde_json::to_value(&numbers).unwrap();
        let expected = json!({ "plain": u64::MAX.to_string(), "optional": "-1" });
        assert_eq!(written, expected);
        assert_eq!(
            serde_json::from_value::<NonZeros>(written).unwrap(),
            numbers
        );
        let zero = serde_json::from_value::<NonZeros>(json!({ "plain": 0, "optional": null }));
        assert!(zero.is_err());
    }

    #[test]
    fn schema_type_is_string() {
        let schema = schemars::schema_for!(Numbers).to_value();
        assert_eq!(schema["properties"]["plain"]["type"], "string");
        assert_eq!(
            schema["properties"]["optional"]["type"],
            json!(["string", "null"])
        );
    }
}
