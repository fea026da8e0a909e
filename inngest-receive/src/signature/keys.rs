//! Defines `SigningKeys`.

use std::env::{self, VarError};
use std::fmt;
use std::time::SystemTime;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::error::SigningKeyError;

const VARIABLE: &str = "INNGEST_SIGNING_KEY";
const FALLBACK_VARIABLE: &str = "INNGEST_SIGNING_KEY_FALLBACK";

/// The signing keys of an app: the current key and, while keys are rotated, a fallback.
///
/// Its `Debug` output does not show the keys.
#[derive(Clone)]
pub struct SigningKeys {
    current: Key,
    fallback: Option<Key>,
}

impl SigningKeys {
    /// Takes a key as the dashboard shows it, such as `signkey-prod-…`. White space around it is
    /// ignored, and the prefix may be missing.
    ///
    /// # Errors
    ///
    /// The key is empty, has nothing after its prefix, or has a character that no key has.
    pub fn new(key: impl AsRef<str>) -> Result<Self, SigningKeyError> {
        Ok(Self {
            current: Key::new(key.as_ref(), "`SigningKeys::new`")?,
            fallback: None,
        })
    }

    /// Adds a key that is tried after the current one.
    ///
    /// # Errors
    ///
    /// The same as for [`new`](Self::new).
    pub fn with_fallback(mut self, key: impl AsRef<str>) -> Result<Self, SigningKeyError> {
        self.fallback = Some(Key::new(key.as_ref(), "`with_fallback`")?);
        Ok(self)
    }

    /// Reads `INNGEST_SIGNING_KEY` and, if it is set, `INNGEST_SIGNING_KEY_FALLBACK`. An empty variable
    /// counts as unset.
    ///
    /// # Errors
    ///
    /// `INNGEST_SIGNING_KEY` is not set, or a variable is not a key.
    pub fn from_env() -> Result<Self, SigningKeyError> {
        Self::from_variables(env::var)
    }

    fn from_variables(
        read: impl Fn(&'static str) -> Result<String, VarError>,
    ) -> Result<Self, SigningKeyError> {
        let key = |variable| match read(variable) {
            Ok(key) if key.trim().is_empty() => Ok(None),
            Ok(key) => Key::new(&key, variable).map(Some),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(SigningKeyError::NotUtf8 { variable }),
        };
        Ok(Self {
            current: key(VARIABLE)?.ok_or(SigningKeyError::Missing)?,
            fallback: key(FALLBACK_VARIABLE)?,
        })
    }

    /// The value of the header `x-inngest-signature` for a body, made with the current key. Apps use it
    /// to sign their responses, and tests to sign calls.
    ///
    /// A time before 1970 counts as 1970.
    #[must_use]
    pub fn sign(&self, body: impl AsRef<[u8]>, time: SystemTime) -> String {
        let seconds = time
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let mac = self.current.mac(body.as_ref(), &seconds.to_string());
        format!("t={seconds}&s={}", encode_hex(&mac.finalize().into_bytes()))
    }

    /// The bearer token of Inngest's API: the header `authorization` is `Bearer` and this text.
    ///
    /// # Errors
    ///
    /// The key after its prefix is not hexadecimal.
    pub fn bearer_token(&self) -> Result<String, SigningKeyError> {
        self.current
            .bearer_token
            .clone()
            .ok_or(SigningKeyError::NotHex)
    }

    /// Whether one of the keys made the signature. The comparison takes the same time, no matter where
    /// the signatures differ.
    pub(super) fn verify(&self, body: &[u8], digits: &str, signature: &[u8; 32]) -> bool {
        let is_made_with = |key: &Key| key.mac(body, digits).verify(signature.into()).is_ok();
        is_made_with(&self.current) || self.fallback.as_ref().is_some_and(is_made_with)
    }
}

/// Shows whether there is a fallback.
impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys")
            .field("has_fallback", &self.fallback.is_some())
            .finish_non_exhaustive()
    }
}

/// A key, ready to sign. Its text is not kept.
#[derive(Clone)]
struct Key {
    mac: Hmac<Sha256>,
    /// The key's bearer token for the API, unless the key is not hexadecimal.
    bearer_token: Option<String>,
}

impl Key {
    fn new(text: &str, origin: &'static str) -> Result<Self, SigningKeyError> {
        let given = text;
        let text = given.trim();
        let is_invalid = |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b'"' | b'\'' | b'`');
        if let Some(offset) = text.bytes().position(is_invalid) {
            let offset = offset + (given.len() - given.trim_start().len());
            return Err(SigningKeyError::InvalidCharacter { origin, offset });
        }
        // The secret is used as text, although it is hexadecimal.
        let secret = match text.strip_prefix("signkey-") {
            Some(rest) => rest.split_once('-').map_or("", |(_, secret)| secret),
            None => text,
        };
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
        let mac = mac.ok().filter(|_| !secret.is_empty());
        let prefix = text.strip_suffix(secret).unwrap_or_default();
        Ok(Self {
            mac: mac.ok_or(SigningKeyError::Empty { origin })?,
            bearer_token: bytes_of_hex(secret)
                .map(|bytes| format!("{prefix}{}", encode_hex(&Sha256::digest(bytes)))),
        })
    }

    /// The HMAC of a body and the digits of a time.
    fn mac(&self, body: &[u8], digits: &str) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        mac.update(body);
        mac.update(digits.as_bytes());
        mac
    }
}

pub(super) fn encode_hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// Decodes a signature. Only lowercase digits are accepted, as the server writes them.
pub(super) fn decode_hex(hex: &str) -> Option<[u8; 32]> {
    let is_uppercase = hex.bytes().any(|byte| byte.is_ascii_uppercase());
    bytes_of_hex(hex).filter(|_| !is_uppercase)?.try_into().ok()
}

fn bytes_of_hex(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16)?).ok();
    let pairs = hex.as_bytes().chunks(2).map(|pair| match *pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests;
