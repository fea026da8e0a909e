//! Tests how code and environment variables decide where events are sent.

use super::*;

fn resolve_with(
    settings: &Settings,
    variables: &[(&str, &str)],
) -> Result<(String, bool), ConfigError> {
    let endpoint = resolve(settings, |name| {
        let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
        Some((*value).into())
    })?;
    Ok((endpoint.uri.to_string(), endpoint.is_dev))
}

fn url(settings: &Settings, variables: &[(&str, &str)]) -> String {
    resolve_with(settings, variables).unwrap().0
}

const KEY: (&str, &str) = ("INNGEST_EVENT_KEY", "k1");

#[test]
fn the_cloud_needs_a_key() {
    let none = Settings::default();
    assert_eq!(resolve_with(&none, &[]), Err(ConfigError::MissingEventKey));
    for off in ["", " ", "0", "false", "False", "no", " OFF\n"] {
        let dev = [("INNGEST_DEV", off)];
        assert_eq!(
            resolve_with(&none, &dev),
            Err(ConfigError::MissingEventKey),
            "{off}"
        );
    }
    let empty = [("INNGEST_EVENT_KEY", "")];
    assert_eq!(
        resolve_with(&none, &empty),
        Err(ConfigError::MissingEventKey)
    );
    assert_eq!(url(&none, &[KEY]), "https://inn.gs/e/k1");
}

#[test]
fn a_base_url_alone_still_needs_a_key() {
    let settings = Settings {
        base_url: Some("http://127.0.0.1:1".into()),
        ..Default::default()
    };
    assert_eq!(
        resolve_with(&settings, &[]),
        Err(ConfigError::MissingEventKey)
    );
    assert_eq!(url(&settings, &[KEY]), "http://127.0.0.1:1/e/k1");
}

#[test]
fn the_dev_server_accepts_any_key() {
    let none = Settings::default();
    for on in ["1", "TRUE", "Yes", " on\n"] {
        let dev = [("INNGEST_DEV", on)];
        assert_eq!(
            url(&none, &dev),
            "http://localhost:8288/e/NO_EVENT_KEY_SET",
            "{on}"
        );
    }
    for elsewhere in ["http://10.0.0.7:9000", "10.0.0.7:9000", " 10.0.0.7:9000/\n"] {
        assert_eq!(
            url(&none, &[("INNGEST_DEV", elsewhere)]),
            "http://10.0.0.7:9000/e/NO_EVENT_KEY_SET"
        );
    }
    assert_eq!(
        url(&none, &[KEY, ("INNGEST_DEV", "1")]),
        "http://localhost:8288/e/k1"
    );
}

#[test]
fn the_most_specific_variable_wins() {
    let none = Settings::default();
    let dev = ("INNGEST_DEV", "http://dev:1");
    let base = ("INNGEST_BASE_URL", "http://base:2/");
    let event = ("INNGEST_EVENT_API_BASE_URL", "http://event:3/api");
    assert_eq!(url(&none, &[KEY, dev]), "http://dev:1/e/k1");
    assert_eq!(url(&none, &[KEY, dev, base]), "http://base:2/e/k1");
    assert_eq!(
        url(&none, &[KEY, dev, base, event]),
        "http://event:3/api/e/k1"
    );
}

#[test]
fn code_overrides_the_environment() {
    let settings = Settings {
        event_key: Some("k2".into()),
        base_url: Some("https://code:4".into()),
        env: Some("code".into()),
        dev: Some(false),
    };
    let variables = [
        KEY,
        ("INNGEST_DEV", "1"),
        ("INNGEST_EVENT_API_BASE_URL", "http://event:3"),
        ("INNGEST_ENV", "branch"),
    ];
    let found = resolve_with(&settings, &variables).unwrap();
    assert_eq!(found, ("https://code:4/e/k2".into(), false));
    let not_dev = Settings {
        dev: Some(false),
        ..Default::default()
    };
    let dev = [KEY, ("INNGEST_DEV", "http://dev:1")];
    assert_eq!(url(&not_dev, &dev), "https://inn.gs/e/k1");
    let dev = Settings {
        dev: Some(true),
        ..Default::default()
    };
    assert_eq!(url(&dev, &[]), "http://localhost:8288/e/NO_EVENT_KEY_SET");
}

#[test]
fn the_environment_becomes_a_header() {
    let variables = |name: &str| match name {
        "INNGEST_EVENT_KEY" => Some("k".into()),
        "INNGEST_ENV" => Some("branch".into()),
        _ => None,
    };
    let endpoint = resolve(&Settings::default(), variables).unwrap();
    assert_eq!(endpoint.env.unwrap(), "branch");
    let settings = Settings {
        env: Some("code".into()),
        ..Default::default()
    };
    assert_eq!(resolve(&settings, variables).unwrap().env.unwrap(), "code");
    let settings = Settings {
        env: Some("a\nb".into()),
        ..Default::default()
    };
    let error = resolve(&settings, variables).unwrap_err();
    assert_eq!(error, ConfigError::InvalidEnv { origin: "`env`" });
}

#[test]
fn an_invalid_dev_url_is_an_error() {
    let none = Settings::default();
    for value in [
        "http://::1:8288",
        "http://localhost:82888",
        "http://",
        "ftp://localhost",
        "http://localhost:8288/?x=1",
        "http://user:word@localhost",
        "localhost:8288/?x=1",
    ] {
        let dev = [("INNGEST_DEV", value)];
        match resolve_with(&none, &dev) {
            Err(ConfigError::InvalidBaseUrl { origin, .. }) => {
                assert_eq!(origin, "INNGEST_DEV", "{value}");
            }
            other => panic!("{value}: {other:?}"),
        }
        // The invalid value does not turn on dev mode, which needs no key.
        let base_url = ("INNGEST_BASE_URL", "http://h:1");
        assert!(resolve_with(&none, &[dev[0], base_url]).is_err());
        // Variables that code overrides are not read.
        let settings = Settings {
            dev: Some(true),
            ..Settings::default()
        };
        assert_eq!(
            url(&settings, &[dev[0], base_url]),
            "http://h:1/e/NO_EVENT_KEY_SET"
        );
    }
}

#[test]
fn an_invalid_inngest_dev_is_an_error() {
    let with = |dev, base_url: Option<&str>| Settings {
        dev,
        base_url: base_url.map(str::to_owned),
        ..Settings::default()
    };
    for (value, shown) in [
        ("disabled", "disabled"),
        ("none", "none"),
        ("localhost", "localhost"),
        ("8288", "8288"),
        (":8288", ":8288"),
        ("host:99999", "host:…"),
        ("//host", "//host"),
    ] {
        let error = ConfigError::InvalidDev {
            value: shown.to_owned(),
        };
        let dev = ("INNGEST_DEV", value);
        let base_url = ("INNGEST_BASE_URL", "http://h:1");
        for variables in [
            &[dev][..],
            &[dev, KEY],
            &[dev, base_url],
            &[dev, KEY, base_url],
        ] {
            for base_url in [None, Some("http://h:2")] {
                let found = resolve_with(&with(None, base_url), variables);
                assert_eq!(found, Err(error.clone()));
            }
            // The value may be meant as the server's address, so it counts if nothing else names one.
            let in_dev_mode = resolve_with(&with(Some(true), None), variables);
            let names_server = variables.contains(&base_url);
            assert_eq!(in_dev_mode.is_ok(), names_server, "{in_dev_mode:?}");
        }
        assert!(resolve_with(&with(Some(false), None), &[dev, KEY]).is_ok());
        assert!(resolve_with(&with(Some(true), Some("http://h")), &[dev]).is_ok());
    }
    let error = resolve_with(&Settings::default(), &[("INNGEST_DEV", "disabled")]);
    assert_eq!(
        error.unwrap_err().to_string(),
        "INNGEST_DEV is `disabled`, which is neither a boolean nor an address; \
         write `1` or `0`, or an address such as `http://localhost:8288` or `localhost:8288`"
    );
    let secret = "an-event-key-in-two-variables";
    let variables = [("INNGEST_DEV", secret), ("INNGEST_EVENT_KEY", secret)];
    let error = resolve_with(&Settings::default(), &variables).unwrap_err();
    assert!(!error.to_string().contains(secret));
}

#[test]
fn only_surrounding_white_space_is_trimmed() {
    let none = Settings::default();
    let with = |key| resolve_with(&none, &[("INNGEST_EVENT_KEY", key)]);
    for key in ["k1\n", "k1\r\n", " k1", "\tk1 "] {
        assert_eq!(with(key).unwrap().0, "https://inn.gs/e/k1");
    }
    for (key, offset) in [
        ("se cret", 2),
        ("se\tcret", 2),
        ("se\ncret", 2),
        ("se\u{0}cret", 2),
        ("\"secret\"", 0),
        ("'secret'", 0),
        ("\u{feff}secret", 0),
        ("sécret", 1),
        ("secret=", 6),
        ("secret/x", 6),
    ] {
        let error = with(key).unwrap_err();
        let origin = "INNGEST_EVENT_KEY";
        assert_eq!(error, ConfigError::InvalidEventKey { origin, offset });
        assert!(!error.to_string().contains("cret"), "{error}");
    }
    for variable in ["INNGEST_EVENT_API_BASE_URL", "INNGEST_BASE_URL"] {
        let with = |url| resolve_with(&none, &[KEY, (variable, url)]);
        assert_eq!(with(" http://h:1\r\n").unwrap().0, "http://h:1/e/k1");
        for url in [
            "h:1",
            "127.0.0.1:1",
            "h:1/x",
            "h",
            "0",
            "off",
            "none",
            "//h",
            "http:/h",
            "http:h",
        ] {
            let error = with(url).unwrap_err().to_string();
            let problem = format!("from {variable} does not begin with `http://` or `https://`");
            assert!(error.contains(&problem), "{error}");
        }
        for url in [
            "http://",
            "ftp://h",
            "http://h:99999",
            "http://h h",
            "http://h\nx",
        ] {
            let error = with(url).unwrap_err();
            assert!(matches!(error, ConfigError::InvalidBaseUrl { .. }));
            assert!(!error.to_string().contains('\n'));
        }
    }
}

#[test]
fn an_empty_key_in_code_means_no_key() {
    let settings = |dev| Settings {
        event_key: Some(String::new()),
        dev: Some(dev),
        ..Default::default()
    };
    assert_eq!(
        url(&settings(true), &[KEY]),
        "http://localhost:8288/e/NO_EVENT_KEY_SET"
    );
    assert_eq!(
        resolve_with(&settings(false), &[KEY]),
        Err(ConfigError::MissingEventKey)
    );
}

#[test]
fn environment_names_must_be_visible_ascii() {
    let header = |name: &str| {
        let settings = Settings {
            env: Some(name.into()),
            dev: Some(true),
            ..Default::default()
        };
        let variable = |name: &str| (name == "INNGEST_ENV").then(|| "branch".into());
        resolve(&settings, variable).map(|endpoint| endpoint.env)
    };
    for none in ["", " "] {
        assert_eq!(header(none).unwrap(), None);
    }
    for some in ["feature/a-b", "pull request 7", "~"] {
        assert_eq!(header(some).unwrap().unwrap(), some);
    }
    assert_eq!(header(" branch\n").unwrap().unwrap(), "branch");
    for wrong in ["br\u{e4}nch", "a\tb", "a\nb", "a\u{7f}b"] {
        let error = header(wrong).unwrap_err();
        assert_eq!(error, ConfigError::InvalidEnv { origin: "`env`" });
    }
}

#[cfg(unix)]
#[test]
fn only_variables_that_are_read_must_be_utf_8() {
    use std::os::unix::ffi::OsStringExt as _;

    let set = |bad: &'static str| {
        move |name: &str| match name {
            _ if name == bad => Some(OsString::from_vec(b"secret\xff".to_vec())),
            "INNGEST_EVENT_KEY" => Some("k1".into()),
            _ => None,
        }
    };
    for variable in [
        "INNGEST_EVENT_KEY",
        "INNGEST_DEV",
        "INNGEST_EVENT_API_BASE_URL",
        "INNGEST_BASE_URL",
        "INNGEST_ENV",
    ] {
        let error = resolve(&Settings::default(), set(variable)).unwrap_err();
        assert_eq!(error, ConfigError::NotUtf8 { variable });
        let text = format!("{error} {error:?}");
        assert!(text.contains(variable) && !text.contains("secret"));
        // Variables that code overrides are not read.
        let all = Settings {
            event_key: Some("k2".into()),
            base_url: Some("http://h".into()),
            env: Some("code".into()),
            dev: Some(true),
        };
        assert!(resolve(&all, set(variable)).is_ok(), "{variable}");
    }
    assert_eq!(
        resolve(&Settings::default(), set("INNGEST_ENV"))
            .unwrap_err()
            .to_string(),
        "the environment variable INNGEST_ENV is not UTF-8; set it to valid UTF-8 or unset it"
    );
}

#[test]
fn a_signing_key_is_not_an_event_key() {
    for key in ["signkey-prod-secret", "signkey-secret"] {
        let origin = "INNGEST_EVENT_KEY";
        for variables in [&[(origin, key)][..], &[(origin, key), ("INNGEST_DEV", "1")]] {
            let error = resolve_with(&Settings::default(), variables).unwrap_err();
            assert_eq!(error, ConfigError::SigningKey { origin });
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }
}

#[test]
fn the_key_is_never_shown() {
    let settings = Settings {
        event_key: Some("se/cret".into()),
        ..Default::default()
    };
    let error = resolve_with(&settings, &[]).unwrap_err();
    let expected = ConfigError::InvalidEventKey {
        origin: "`event_key`",
        offset: 2,
    };
    assert_eq!(error, expected);
    assert!(!format!("{error} {error:?}").contains("cret"));
    let settings = Settings {
        event_key: Some("secret".into()),
        ..Default::default()
    };
    let endpoint = resolve(&settings, |_| None).unwrap();
    assert!(!format!("{endpoint:?} {}", endpoint.base).contains("secret"));
}
