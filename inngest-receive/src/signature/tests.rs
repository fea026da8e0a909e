use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Calls that a server signed, with its key.
fn recorded() -> (SigningKeys, Vec<(String, String, SystemTime)>) {
    let file: Value = serde_json::from_str(include_str!("../../tests/data/calls.json")).unwrap();
    let keys = SigningKeys::new(file["signing_key"].as_str().unwrap()).unwrap();
    let calls = file["calls"].as_array().unwrap().iter().filter_map(|call| {
        let header = call["headers"][SIGNATURE_HEADER].as_str()?;
        let seconds = header.strip_prefix("t=")?.split('&').next()?;
        let body = call["body"].as_str()?;
        Some((
            header.to_owned(),
            body.to_owned(),
            at(seconds.parse().ok()?),
        ))
    });
    let calls: Vec<_> = calls.collect();
    assert_eq!(calls.len(), 4);
    (keys, calls)
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn check(
    keys: &SigningKeys,
    header: &str,
    body: impl AsRef<[u8]>,
    now: SystemTime,
) -> Result<(), SignatureError> {
    verify(
        keys,
        Headers::from_pairs([(SIGNATURE_HEADER, header)]),
        body,
        now,
    )
}

#[test]
fn recorded_signatures_are_verified() {
    let (keys, calls) = recorded();
    let other = SigningKeys::new("other").unwrap();
    let rotated = other.clone().with_fallback(
        "signkey-test-8ee2262a15e8d3c42d6a840db7af3de2aab08ef632b32a37a687f24b34dba3ff",
    );
    let rotated = rotated.unwrap();
    for (header, body, signed) in calls {
        assert_eq!(check(&keys, &header, &body, signed), Ok(()));
        assert_eq!(check(&rotated, &header, &body, signed), Ok(()));
        assert_eq!(
            check(&other, &header, &body, signed),
            Err(SignatureError::Mismatch)
        );
        assert_eq!(keys.sign(&body, signed), header);
    }
}

#[test]
fn a_signature_is_valid_for_five_minutes() {
    let (keys, calls) = recorded();
    let (header, body, signed) = &calls[0];
    let with = |now| check(&keys, header, body, now);
    let second = Duration::from_secs(1);
    for age in [
        Duration::ZERO,
        second / 2,
        Duration::from_secs(299),
        MAX_AGE,
    ] {
        assert_eq!(with(*signed + age), Ok(()), "{age:?}");
    }
    for age in [
        MAX_AGE + Duration::from_nanos(1),
        MAX_AGE + second,
        MAX_AGE * 10_000,
    ] {
        assert_eq!(with(*signed + age), Err(SignatureError::TooOld { age }));
    }
    for by in [Duration::from_nanos(1), second, MAX_AGE] {
        assert_eq!(with(*signed - by), Err(SignatureError::InFuture { by }));
    }
    let before_1970 = SystemTime::UNIX_EPOCH - second;
    let error = with(before_1970).unwrap_err();
    assert!(matches!(error, SignatureError::InFuture { .. }));
}

#[test]
fn forged_headers_are_refused() {
    use SignatureError::{InFuture, Malformed, Mismatch, TooOld};

    let (keys, calls) = recorded();
    let (header, body, signed) = &calls[0];
    let (_, other_body, _) = &calls[1];
    let seconds = signed
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let hex = header.split_once("&s=").unwrap().1;
    let with = |header: &str| check(&keys, header, body, *signed).unwrap_err();
    let zeros = "0".repeat(64);
    let (start, end) = hex.split_at(63);

    for header in [
        String::new(),
        hex.to_owned(),
        "t=&s=".to_owned(),
        format!("t={seconds}"),
        format!("s={hex}"),
        format!("t=&s={hex}"),
        format!("t={seconds}&s="),
        format!("s={hex}&t={seconds}"),
        format!(" t={seconds}&s={hex}"),
        format!("t={seconds}&s={hex} "),
        format!("t={seconds}&s={hex}\n"),
        format!("t={seconds}&s={hex}\0"),
        format!("t={seconds}, s={hex}"),
        format!("t={seconds};s={hex}"),
        format!("t={seconds}&&s={hex}"),
        format!("?t={seconds}&s={hex}"),
        format!("T={seconds}&S={hex}"),
        format!("v=1&t={seconds}&s={hex}"),
        format!("t={seconds}&s={hex}&v=1"),
        // Several signatures or times.
        format!("t={seconds}&s={hex}&s={hex}"),
        format!("t={seconds}&s={zeros}&s={hex}"),
        format!("t={seconds}&s={hex}&s={zeros}"),
        format!("t={seconds}&t={seconds}&s={hex}"),
        format!("t={seconds}&s={hex},t={seconds}&s={hex}"),
        format!("t={seconds}&s={hex}{hex}"),
        // Not lowercase hexadecimal, or not of the right length.
        format!("t={seconds}&s={}", hex.to_uppercase()),
        format!("t={seconds}&s={start}"),
        format!("t={seconds}&s={hex}0"),
        format!("t={seconds}&s={hex}00"),
        format!("t={seconds}&s=0x{hex}"),
        format!("t={seconds}&s=+{}", &hex[1..]),
        format!("t={seconds}&s={start}é"),
        format!("t={seconds}&s={start}%{end}"),
        // Not a number of seconds.
        format!("t=+{seconds}&s={hex}"),
        format!("t=-{seconds}&s={hex}"),
        format!("t=0{seconds}&s={hex}"),
        format!("t={seconds}.0&s={hex}"),
        format!("t={seconds}e0&s={hex}"),
        format!("t= {seconds}&s={hex}"),
        format!("t=0x{seconds:x}&s={hex}"),
        format!("t=99999999999999999999&s={hex}"),
        format!("t=١٧٩٥٨٧٧٩٨٧&s={hex}"),
    ] {
        assert_eq!(with(&header), Malformed, "{header:?}");
    }
    for header in [
        format!("t={seconds}&s={zeros}"),
        format!("t={seconds}&s={}{end}", "0".repeat(63)),
        format!("t={}&s={hex}", seconds - 1),
        // Signatures of an empty key, of another body, of the body alone.
        format!(
            "t={seconds}&s={}",
            mac_with("", &format!("{body}{seconds}"))
        ),
        format!(
            "t={seconds}&s={}",
            mac_with("signkey-test-", &format!("{body}{seconds}"))
        ),
        keys.sign(other_body, *signed),
        keys.sign("", *signed),
        SigningKeys::new("other").unwrap().sign(body, *signed),
    ] {
        assert_eq!(with(&header), Mismatch, "{header:?}");
    }
    let old = keys.sign(body, *signed - Duration::from_secs(301));
    assert!(matches!(with(&old), TooOld { .. }));
    let future = keys.sign(body, *signed + Duration::from_secs(1));
    assert!(matches!(with(&future), InFuture { .. }));
    // Milliseconds instead of seconds.
    assert!(matches!(
        with(&format!("t={seconds}000&s={hex}")),
        InFuture { .. }
    ));
    assert!(matches!(
        with(&format!("t={}&s={hex}", u64::MAX)),
        InFuture { .. }
    ));
}

/// The other way round, a zero at the end of the body becomes a leading zero of the time.
#[test]
fn zeros_moved_from_the_body_to_the_time_are_refused() {
    let keys = SigningKeys::new("key").unwrap();
    let now = at(1_795_877_988);
    let header = keys.sign("1200", now);
    assert_eq!(check(&keys, &header, "1200", now), Ok(()));
    for (body, zeros) in [("120", "0"), ("12", "00")] {
        let header = header.replace("t=", &format!("t={zeros}"));
        let checked = check(&keys, &header, body, now);
        assert_eq!(checked, Err(SignatureError::Malformed), "{header}");
    }
}

/// The time is signed right after the body, so the same signature fits a longer body with a shorter time.
#[test]
fn digits_moved_from_the_time_to_the_body_make_it_too_old() {
    let (keys, calls) = recorded();
    let (header, body, signed) = &calls[0];
    let (digits, hex) = header[2..].split_once("&s=").unwrap();
    for moved in 1..digits.len() {
        let (first, rest) = digits.split_at(moved);
        let (header, body) = (format!("t={rest}&s={hex}"), format!("{body}{first}"));
        assert_eq!(
            check(&keys, &header, &body, at(rest.parse().unwrap())),
            Ok(())
        );
        let error = check(&keys, &header, &body, *signed).unwrap_err();
        assert!(matches!(error, SignatureError::TooOld { .. }), "{moved}");
    }
}

fn mac_with(key: &str, text: &str) -> String {
    use hmac::{Hmac, KeyInit as _, Mac as _};

    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let bytes = mac.finalize().into_bytes();
    keys::encode_hex(&bytes)
}

#[test]
fn exactly_one_signature_header_is_needed() {
    let (keys, calls) = recorded();
    let (header, body, signed) = &calls[0];
    let other = keys.sign("", *signed);
    // A header that claims to come from a dev server changes nothing.
    let dev = ("x-inngest-server-kind", "dev");
    let twice = Err(SignatureError::Repeated { times: 2 });
    for (pairs, expected) in [
        (vec![], Err(SignatureError::Missing)),
        (vec![dev], Err(SignatureError::Missing)),
        (
            vec![("x-inngest-signature2", &**header)],
            Err(SignatureError::Missing),
        ),
        (vec![dev, ("X-Inngest-Signature", header)], Ok(())),
        (
            vec![(SIGNATURE_HEADER, header), ("x-inngest-signature", header)],
            twice,
        ),
        (
            vec![(SIGNATURE_HEADER, header), ("X-INNGEST-SIGNATURE", &other)],
            twice,
        ),
        (
            vec![(SIGNATURE_HEADER, &*other), (SIGNATURE_HEADER, header)],
            twice,
        ),
    ] {
        let mut map = HeaderMap::new();
        for (name, value) in &pairs {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        assert_eq!(verify(&keys, &map, body, *signed), expected, "{pairs:?}");
        assert_eq!(
            verify(&keys, Headers::from_pairs(pairs), body, *signed),
            expected
        );
    }
    let bytes = Headers::from_pairs([(SIGNATURE_HEADER, &[b't', b'=', 0xff])]);
    assert_eq!(
        verify(&keys, bytes, body, *signed),
        Err(SignatureError::Malformed)
    );
    let shown = format!("{:?}", Headers::from_pairs([(SIGNATURE_HEADER, header)]));
    assert!(!shown.contains("t="), "{shown}");
}

#[test]
fn errors_say_what_to_do() {
    let age = Duration::from_millis(301_500);
    let in_future = |millis| SignatureError::InFuture {
        by: Duration::from_millis(millis),
    };
    for (error, expected) in [
        (
            SignatureError::TooOld { age },
            "the signature is 301 seconds old, over 300; answer 401, and check this machine's clock",
        ),
        (
            in_future(10),
            "the signature is 1 second in the future; answer 401, and check this machine's clock",
        ),
        (
            in_future(1_000),
            "the signature is 1 second in the future; answer 401, and check this machine's clock",
        ),
        (
            in_future(1_001),
            "the signature is 2 seconds in the future; answer 401, and check this machine's clock",
        ),
        (
            SignatureError::Repeated { times: 2 },
            "the header `x-inngest-signature` appears 2 times; answer 401",
        ),
    ] {
        assert_eq!(error.to_string(), expected);
    }
}

/// Neither the key, nor the signature, nor the body: eight characters of one are enough to fail.
#[test]
fn errors_show_no_signature_and_no_key() {
    let (keys, calls) = recorded();
    let (header, body, signed) = &calls[0];
    let secret = "8ee2262a15e8d3c42d6a840db7af3de2aab08ef632b32a37a687f24b34dba3ff";
    let hex = header.split_once("&s=").unwrap().1;
    let changed = header.replace(&hex[..8], "00000000");
    let headers = [
        vec![],
        vec![&**header, &**header],
        vec![hex],
        vec![&*changed],
    ];
    let mut errors: Vec<SignatureError> = headers
        .iter()
        .map(|values| {
            let pairs = values.iter().map(|value| (SIGNATURE_HEADER, *value));
            verify(&keys, Headers::from_pairs(pairs), body, *signed).unwrap_err()
        })
        .collect();
    for now in [*signed - MAX_AGE, *signed + MAX_AGE * 2] {
        errors.push(check(&keys, header, body, now).unwrap_err());
    }
    let mut kinds: Vec<_> = errors.iter().map(std::mem::discriminant).collect();
    kinds.dedup();
    assert_eq!(kinds.len(), 6, "{errors:?}");
    let mut texts: Vec<String> = errors
        .iter()
        .map(|error| format!("{error} {error:?}"))
        .collect();
    for key in [
        format!("\"{secret}\""),
        format!("signkey-test-{secret}é"),
        format!("{secret} {secret}"),
        "signkey-test-".to_owned(),
    ] {
        let error = SigningKeys::new(&key).unwrap_err();
        texts.push(format!("{error} {error:?}"));
    }
    let not_hex = SigningKeys::new(format!("{secret}-x")).unwrap();
    let error = not_hex.bearer_token().unwrap_err();
    texts.push(format!("{error} {error:?} {not_hex:?} {keys:?}"));
    for text in texts {
        for hidden in [secret, hex, body] {
            let windows = hidden.as_bytes().windows(8);
            for window in windows.filter_map(|window| std::str::from_utf8(window).ok()) {
                assert!(!text.contains(window), "`{window}` is in: {text}");
            }
        }
    }
}

#[test]
fn offset_of_an_invalid_character_counts_the_white_space_before_the_key() {
    for (key, expected) in [
        ("\"a", 0),
        ("ab\"", 2),
        (" \n ab\"c ", 5),
        ("\u{3000}a b", 4),
    ] {
        let Err(SigningKeyError::InvalidCharacter { offset, .. }) = SigningKeys::new(key) else {
            panic!("{key:?} has an invalid character");
        };
        assert_eq!(offset, expected, "{key:?}");
    }
}

proptest! {
    /// One changed bit of the header or the body is enough.
    #[test]
    fn every_changed_bit_is_refused(call in 0..4_usize, at: prop::sample::Index, bit in 0..8_u8, in_header: bool) {
        let (keys, calls) = recorded();
        let (header, body, signed) = &calls[call];
        let (mut header, mut body) = (header.clone().into_bytes(), body.clone().into_bytes());
        let changed = if in_header { &mut header } else { &mut body };
        let at = at.index(changed.len());
        changed[at] ^= 1 << bit;
        let headers = Headers::from_pairs([(SIGNATURE_HEADER, &header)]);
        prop_assert!(verify(&keys, headers, &body, *signed).is_err());
    }

    /// A cut or lengthened body is refused, and so is a header of any bytes.
    #[test]
    fn other_lengths_are_refused(cut: prop::sample::Index, more in prop::collection::vec(any::<u8>(), 1..20), header: Vec<u8>) {
        let (keys, calls) = recorded();
        let (signature, body, signed) = &calls[0];
        let shorter = &body.as_bytes()[..cut.index(body.len())];
        prop_assert!(check(&keys, signature, shorter, *signed).is_err());
        let longer = [body.as_bytes(), &more].concat();
        prop_assert!(check(&keys, signature, longer, *signed).is_err());
        let headers = Headers::from_pairs([(SIGNATURE_HEADER, &header)]);
        prop_assert!(verify(&keys, headers, body, *signed).is_err());
    }

    #[test]
    fn signed_bodies_are_verified(key in "[!#-&(-_a-~]{1,200}", body: Vec<u8>, seconds in 0..u64::from(u32::MAX), age in 0..=300_u64) {
        let Ok(keys) = SigningKeys::new(&key) else { return Ok(()) };
        let header = keys.sign(&body, at(seconds));
        prop_assert_eq!(check(&keys, &header, &body, at(seconds + age)), Ok(()));
    }
}
