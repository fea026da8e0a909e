//! Defines `Headers`: the part of a call's headers that the signature check reads.

use std::fmt;

use http::HeaderMap;

use super::error::SignatureError;

/// The name of the header with the signature.
pub const SIGNATURE_HEADER: &str = "x-inngest-signature";

/// The headers of a call, as far as its verification needs them.
///
/// Convert it `From` a [`&HeaderMap`](HeaderMap), or build it with [`from_pairs`](Self::from_pairs) from
/// the names and values of any web framework.
#[derive(Clone, Copy, Default)]
pub struct Headers<'h> {
    signature: Option<&'h [u8]>,
    /// The number of signature headers.
    signatures: usize,
}

impl<'h> Headers<'h> {
    /// Reads headers from pairs of a name and a value. Names may be in any case.
    ///
    /// Pass all headers of the call: a repeated signature header is an error only if both are seen.
    #[must_use]
    pub fn from_pairs<N, V>(pairs: impl IntoIterator<Item = (N, &'h V)>) -> Self
    where
        N: AsRef<[u8]>,
        V: AsRef<[u8]> + ?Sized + 'h,
    {
        let mut headers = Self::default();
        for (name, value) in pairs {
            if name
                .as_ref()
                .eq_ignore_ascii_case(SIGNATURE_HEADER.as_bytes())
            {
                headers.add_signature(value.as_ref());
            }
        }
        headers
    }

    fn add_signature(&mut self, value: &'h [u8]) {
        self.signature = Some(value);
        self.signatures += 1;
    }

    pub(super) fn signature(&self) -> Result<&'h [u8], SignatureError> {
        match (self.signature, self.signatures) {
            (Some(signature), 1) => Ok(signature),
            (None, _) => Err(SignatureError::Missing),
            (_, times) => Err(SignatureError::Repeated { times }),
        }
    }
}

impl<'h> From<&'h HeaderMap> for Headers<'h> {
    fn from(map: &'h HeaderMap) -> Self {
        let mut headers = Self::default();
        for value in map.get_all(SIGNATURE_HEADER) {
            headers.add_signature(value.as_bytes());
        }
        headers
    }
}

/// Shows the number of signatures, not the signatures.
impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Headers")
            .field("signatures", &self.signatures)
            .finish()
    }
}
