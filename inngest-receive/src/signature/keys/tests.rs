use std::collections::HashMap;
use std::time::Duration;

use super::*;

const SECRET: &str = "8ee2262a15e8d3c42d6a840db7af3de2aab08ef632b32a37a687f24b34dba3ff";

fn from(variables: &[(&'static str, &str)]) -> Result<SigningKeys, SigningKeyError> {
    let variables: HashMap<_, _> = variables.iter().copied().collect();
    SigningKeys::from_variables(|name| {
        let value = variables.get(name).ok_or(VarError::NotPresent)?;
        Ok((*value).to_owned())
    })
}

fn signature(keys: &SigningKeys) -> String {
    keys.sign("{}", SystemTime::UNIX_EPOCH + Duration::from_secs(7))
}

#[test]
fn prefix_and_surrounding_white_space_are_stripped() {
    let plain = signature(&SigningKeys::new(SECRET).unwrap());
    for text in [
        format!("signkey-test-{SECRET}"),
        format!("signkey-prod-{SECRET}"),
        format!("signkey-branch_1-{SECRET}\n"),
        format!("  {SECRET}\r\n"),
    ] {
        assert_eq!(
            signature(&SigningKeys::new(&text).unwrap()),
            plain,
            "{text}"
        );
    }
    // Like the SDKs, take only one word as the environment.
    let key = SigningKeys::new("signkey-a-b-c").unwrap();
    assert_eq!(
        signature(&key),
        signature(&SigningKeys::new("b-c").unwrap())
    );
}

/// Anyone can sign with an empty key.
#[test]
fn empty_keys_are_refused() {
    let origin = "`SigningKeys::new`";
    for text in [
        "",
        " \n",
        "signkey-",
        "signkey-prod",
        "signkey-prod-",
        "signkey--",
    ] {
        let error = SigningKeys::new(text).unwrap_err();
        assert_eq!(error, SigningKeyError::Empty { origin }, "{text:?}");
    }
    let keys = SigningKeys::new("k").unwrap();
    let origin = "`with_fallback`";
    assert_eq!(
        keys.with_fallback("signkey-prod-").unwrap_err(),
        SigningKeyError::Empty { origin }
    );
}

#[test]
fn from_env_reads_the_key_and_the_fallback() {
    let current = signature(&SigningKeys::new("new").unwrap());
    for fallback in ["", " "] {
        let keys = from(&[
            (VARIABLE, "signkey-prod-new"),
            (FALLBACK_VARIABLE, fallback),
        ])
        .unwrap();
        assert_eq!(signature(&keys), current);
        assert!(keys.fallback.is_none());
    }
    let keys = from(&[(VARIABLE, "new"), (FALLBACK_VARIABLE, "signkey-prod-old")]).unwrap();
    let old = keys.fallback.clone().unwrap().mac(b"{}", "7").finalize();
    let expected = SigningKeys::new("old").unwrap().current.mac(b"{}", "7");
    assert!(old == expected.finalize());

    for missing in [&[][..], &[(VARIABLE, "")], &[(FALLBACK_VARIABLE, "old")]] {
        assert_eq!(from(missing).unwrap_err(), SigningKeyError::Missing);
    }
    let empty = [(VARIABLE, "new"), (FALLBACK_VARIABLE, "signkey-prod-")];
    let origin = FALLBACK_VARIABLE;
    assert_eq!(from(&empty).unwrap_err(), SigningKeyError::Empty { origin });
    let not_utf8 = SigningKeys::from_variables(|_| Err(VarError::NotUnicode("secret".into())));
    let variable = VARIABLE;
    assert_eq!(not_utf8.unwrap_err(), SigningKeyError::NotUtf8 { variable });
}

#[test]
fn neither_debug_output_nor_errors_show_a_key() {
    let keys = SigningKeys::new(format!("signkey-test-{SECRET}")).unwrap();
    let keys = keys.with_fallback("fa11bac4").unwrap();
    let token = keys.bearer_token().unwrap();
    for shown in [format!("{keys:?}"), format!("{keys:#?}")] {
        assert!(shown.starts_with("SigningKeys {"), "{shown}");
        for secret in ["8ee2", "test", "fa11", token.get(13..20).unwrap()] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    for text in [
        "secret key",
        "\"secret\"",
        "sécret",
        "secret\nkey",
        "se\u{0}cret",
    ] {
        let error = SigningKeys::new(text).unwrap_err();
        assert!(
            matches!(error, SigningKeyError::InvalidCharacter { .. }),
            "{text}"
        );
        assert!(!format!("{error} {error:?}").contains("cret"), "{error}");
    }
}

/// The hash was computed with another program.
#[test]
fn bearer_token_hashes_the_key() {
    const HASH: &str = "e4bf4a2e7f55c7eb954b6e72f8f69628fbc409fe7da6d0f6958770987dcf0e02";
    for prefix in ["signkey-test-", ""] {
        let keys = SigningKeys::new(format!("{prefix}{SECRET}")).unwrap();
        assert_eq!(keys.bearer_token().unwrap(), format!("{prefix}{HASH}"));
    }
    for text in ["signkey-test-secret", "signkey-test-abc"] {
        let keys = SigningKeys::new(text).unwrap();
        assert_eq!(keys.bearer_token(), Err(SigningKeyError::NotHex));
    }
}
