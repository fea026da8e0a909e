//! Defines `Members`: an object whose members are taken by name, and whose other members are kept.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::data;
use crate::error::DecodeError;
use crate::scan::Scanner;

/// The members of an object that have not been taken yet, each with its JSON. The JSON is scanned, but
/// not validated.
pub(crate) struct Members<'a> {
    left: BTreeMap<Cow<'a, str>, &'a str>,
}

impl<'a> Members<'a> {
    /// Reads an object.
    ///
    /// A key that appears twice is an error, because another program could read the other value.
    pub(crate) fn read(json: &'a str) -> Result<Self, DecodeError> {
        Self::read_with(json, |_, _| Ok(false))
    }

    /// Like [`read`](Self::read), but first offers each value to `special`, with its key. `special`
    /// either moves past the value and returns true, or returns false.
    pub(crate) fn read_with(
        json: &'a str,
        mut special: impl FnMut(&mut Scanner<'a>, &str) -> Result<bool, DecodeError>,
    ) -> Result<Self, DecodeError> {
        let mut scanner = Scanner::new(json);
        if !matches!(scanner.peek(), Some(b'{') | None) {
            data::value::<serde::de::IgnoredAny>(json, "")?;
            let message = "this is not an object; pass the body as it was received";
            return Err(DecodeError::shape("", message));
        }
        let mut left = BTreeMap::new();
        scanner.members(|scanner, key| {
            let key = key.string()?;
            let value = if special(scanner, &key)? {
                "null"
            } else {
                scanner.value()?.text
            };
            match left.insert(key.clone(), value) {
                None => Ok(()),
                Some(_) => {
                    let message = "the key appears twice; send it once";
                    Err(DecodeError::shape(key, message))
                }
            }
        })?;
        scanner.end()?;
        Ok(Self { left })
    }

    /// The JSON of a member. A member that is `null` is absent.
    pub(crate) fn take(&mut self, key: &str) -> Option<&'a str> {
        self.left.remove(key).filter(|json| *json != "null")
    }

    /// Deserializes a member that may be absent.
    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        key: &str,
    ) -> Result<Option<T>, DecodeError> {
        let json = self.take(key);
        json.map(|json| data::member(json, key)).transpose()
    }

    /// Deserializes a member.
    pub(crate) fn required<T: DeserializeOwned>(&mut self, key: &str) -> Result<T, DecodeError> {
        let message = "this is missing; pass the body as it was received";
        self.optional(key)?
            .ok_or_else(|| DecodeError::shape(key, message))
    }

    /// The members that were not taken.
    pub(crate) fn rest(self) -> Result<BTreeMap<String, Box<RawValue>>, DecodeError> {
        let members = self.left.into_iter().map(|(key, json)| {
            let value = data::value(json, &key)?;
            Ok((key.into_owned(), value))
        });
        members.collect()
    }
}
