//! Defines `SigningKeyError` and `SignatureError`.

use std::time::Duration;

/// Why a signing key cannot be used. The message does not show the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// The environment has no signing key.
    #[error(
        "no signing key is set; set the environment variable INNGEST_SIGNING_KEY to the key from the \
         Inngest dashboard"
    )]
    Missing,
    /// An environment variable is not valid UTF-8.
    #[error("the environment variable {variable} is not UTF-8; set it to valid UTF-8")]
    NotUtf8 {
        /// The name of the variable.
        variable: &'static str,
    },
    /// The key is empty, or nothing follows its prefix `signkey-{env}-`. Anyone could sign with it.
    #[error(
        "the signing key from {origin} is empty; copy the whole key, such as `signkey-prod-…`, from \
         the Inngest dashboard"
    )]
    Empty {
        /// Where the key came from.
        origin: &'static str,
    },
    /// The key contains a quote, or a character other than visible ASCII characters.
    #[error(
        "the signing key from {origin} has a character at byte {offset} that no signing key has; copy \
         it again from the Inngest dashboard, without quotes or line breaks"
    )]
    InvalidCharacter {
        /// Where the key came from.
        origin: &'static str,
        /// The byte offset of the character in the text that was given, including the white space that
        /// precedes the key.
        offset: usize,
    },
    /// The key is not hexadecimal, so it cannot be hashed for the API.
    #[error(
        "the signing key is not hexadecimal after its prefix, so there is no token for the API; copy it again from \
         the Inngest dashboard"
    )]
    NotHex,
}

/// Why a signature was refused. The message shows neither the key nor a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The call has no signature.
    #[error(
        "the call has no header `x-inngest-signature`; answer 401, and check that a proxy does not \
         remove the header"
    )]
    Missing,
    /// The header appears more than once.
    #[error("the header `x-inngest-signature` appears {times} times; answer 401")]
    Repeated {
        /// How often it appears.
        times: usize,
    },
    /// The header does not have the form `t={seconds}&s={64 lowercase hexadecimal digits}`.
    #[error(
        "the header `x-inngest-signature` is not `t=` with seconds and `&s=` with 64 lowercase \
         hexadecimal digits; answer 401"
    )]
    Malformed,
    /// The signature is more than 5 minutes old. Someone may be replaying a recorded call.
    #[error(
        "the signature is {} old, over 300; answer 401, and check this machine's clock",
        seconds(.age.as_secs())
    )]
    TooOld {
        /// How old it is.
        age: Duration,
    },
    /// The signature is from after `now`.
    #[error(
        "the signature is {} in the future; answer 401, and check this machine's clock",
        seconds(.by.as_secs() + u64::from(.by.subsec_nanos() > 0))
    )]
    InFuture {
        /// How far it is in the future.
        by: Duration,
    },
    /// No key made this signature of this body.
    #[error(
        "neither the signing key nor the fallback key made this signature of this body; answer 401, and \
         check that the keys belong to this environment and that the body is passed as it was received"
    )]
    Mismatch,
}

fn seconds(count: u64) -> String {
    match count {
        1 => "1 second".to_owned(),
        _ => format!("{count} seconds"),
    }
}
