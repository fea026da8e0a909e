//! Verifies that a call comes from Inngest.

mod error;
mod headers;
mod keys;

use std::time::{Duration, SystemTime};

pub use error::{SignatureError, SigningKeyError};
pub use headers::{Headers, SIGNATURE_HEADER};
pub use keys::SigningKeys;

/// How old a signature may be.
pub const MAX_AGE: Duration = Duration::from_secs(5 * 60);

/// Verifies the signature of a call.
///
/// Pass the body exactly as it was received, before anything parses it. `now` is the time of the
/// check, usually `SystemTime::now()`; the function itself reads neither the clock nor the
/// environment.
///
/// A call of the dev server has no signature. Skip the check only if your app is itself configured for
/// development. Never skip it because of a header of the call, such as `x-inngest-server-kind: dev`:
/// anyone can send it.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use inngest_receive::{Headers, SigningKeys, verify};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = SigningKeys::new("signkey-test-8ee2262a15e8d3c4")?;
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_877_988);
/// let body = br#"{"ctx":{},"event":{}}"#;
/// let signature = keys.sign(body, now);
///
/// let headers = Headers::from_pairs([("x-inngest-signature", &signature)]);
/// verify(&keys, headers, body, now)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// The signature header is missing, appears more than once or is malformed; the signature is older than
/// 5 minutes or in the future; or it matches neither the signing key nor the fallback key. Answer with
/// status 401 and do not handle the call.
pub fn verify<'h>(
    keys: &SigningKeys,
    headers: impl Into<Headers<'h>>,
    body: impl AsRef<[u8]>,
    now: SystemTime,
) -> Result<(), SignatureError> {
    let signature = Signature::parse(headers.into().signature()?)?;
    check_age(signature.seconds, now)?;
    if keys.verify(body.as_ref(), signature.digits, &signature.mac) {
        Ok(())
    } else {
        Err(SignatureError::Mismatch)
    }
}

/// The parts of the header `t={seconds}&s={hex}`.
struct Signature<'h> {
    /// The digits as they were signed.
    digits: &'h str,
    seconds: u64,
    mac: [u8; 32],
}

impl<'h> Signature<'h> {
    /// Accepts only the form that Inngest sends, so that no two strings mean the same signature.
    fn parse(header: &'h [u8]) -> Result<Self, SignatureError> {
        let parts = || {
            let header = std::str::from_utf8(header).ok()?;
            let (digits, hex) = header.strip_prefix("t=")?.split_once("&s=")?;
            // `parse` would accept a sign. A leading zero may be the last digit of the body, which is signed
            // right before the time.
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit())
                && (digits == "0" || !digits.starts_with('0'));
            Some(Self {
                digits,
                seconds: digits.parse().ok().filter(|_| is_number)?,
                mac: keys::decode_hex(hex)?,
            })
        };
        parts().ok_or(SignatureError::Malformed)
    }
}

fn check_age(seconds: u64, now: SystemTime) -> Result<(), SignatureError> {
    let signed = Duration::from_secs(seconds);
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    match now.checked_sub(signed) {
        None => Err(SignatureError::InFuture {
            by: signed.saturating_sub(now),
        }),
        Some(age) if age > MAX_AGE => Err(SignatureError::TooOld { age }),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
