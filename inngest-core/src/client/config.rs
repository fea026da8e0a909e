//! Where events go: what the caller set, what the environment says, and which of them wins.

use std::ffi::OsString;
use std::fmt;

use http::{HeaderValue, Uri};

use super::base_url;

/// The cloud's event API.
pub(crate) const CLOUD_ORIGIN: &str = "https://inn.gs";

/// Where the dev server listens unless told otherwise.
pub(crate) const DEV_ORIGIN: &str = "http://localhost:8288";

/// What stands in the event key's place in dev mode, as in Inngest's other SDKs; the dev server
/// takes any key.
const DEV_KEY: &str = "NO_EVENT_KEY_SET";

/// A client that cannot be made. Nothing has been sent.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No event key, and no dev server to talk to instead.
    #[error(
        "no event key is set; set the environment variable INNGEST_EVENT_KEY or call \
         `event_key`, or set INNGEST_DEV=1 to send to a dev server on this machine"
    )]
    MissingEventKey,
    /// The event key has a character that no event key has. The message does not show the key.
    #[error(
        "the event key from {origin} has a character other than letters, digits, `-`, `_`, `.` \
         and `~` at byte {offset}; copy it again from the Inngest dashboard, without quotes and \
         line breaks"
    )]
    InvalidEventKey {
        /// Where the key came from.
        origin: &'static str,
        /// The byte of the key at which the character begins.
        offset: usize,
    },
    /// The base URL is no URL that events can be sent to.
    #[error("the base URL `{url}` from {origin} {problem}; give one such as `{DEV_ORIGIN}`")]
    InvalidBaseUrl {
        /// The URL, with `…` for what could be secret: a user name, a password, a query, an event
        /// key.
        url: String,
        /// Where it came from.
        origin: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The base URL is the whole URL of the dashboard, with an event key in it. The message does
    /// not show the key.
    #[error(
        "the base URL `{url}` from {origin} has an event key in it; give the URL without `/e/…` \
         and the key as INNGEST_EVENT_KEY or `event_key`"
    )]
    KeyInBaseUrl {
        /// The URL, with `…` for its path.
        url: String,
        /// Where it came from.
        origin: &'static str,
    },
    /// An environment variable is not UTF-8. The message does not show it.
    #[error("the environment variable {variable} is not UTF-8; set it anew or unset it")]
    NotUtf8 {
        /// The name of the variable.
        variable: &'static str,
    },
    /// The name of the Inngest environment cannot stand in a header.
    #[error(
        "the Inngest environment's name from {origin} has a character that cannot be sent in a \
         header; use visible ASCII characters"
    )]
    InvalidEnv {
        /// Where the name came from.
        origin: &'static str,
    },
    /// A limit of 0, with which nothing could be sent.
    #[error("`{setting}` is 0, with which nothing could be sent; give at least 1")]
    Zero {
        /// The builder's method.
        setting: &'static str,
    },
    /// A proxy that speaks another protocol than HTTP.
    #[error(
        "{variable} names a proxy with the scheme `{scheme}`, which is not supported; use an \
         `http://` proxy, name the host in NO_PROXY, or give a transport of your own"
    )]
    UnsupportedProxy {
        /// The name of the variable.
        variable: &'static str,
        /// The scheme of the proxy's URL.
        scheme: String,
    },
    /// A proxy that cannot be reached, because its URL is none.
    #[error(
        "the proxy `{proxy}` from {variable} {problem}; give one such as \
         `http://proxy.example:3128`, unset {variable}, or name the host in NO_PROXY"
    )]
    InvalidProxy {
        /// The name of the variable.
        variable: &'static str,
        /// The proxy's URL, with `…` for what could be secret.
        proxy: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An entry of `NO_PROXY` that names the server's host with a port that is none.
    #[error(
        "the entry `{entry}` of {variable} has a port that is no number from 1 to 65535; correct it \
         or leave the port out"
    )]
    InvalidNoProxy {
        /// The name of the variable.
        variable: &'static str,
        /// The entry.
        entry: String,
    },
    /// The system gave no thread for a blocking client.
    #[error("a thread for the client cannot be started: {reason}")]
    Runtime {
        /// What failed.
        reason: String,
    },
    /// `https` without a way to check the server's certificate.
    #[error("TLS cannot be set up: {reason}")]
    Tls {
        /// What failed.
        reason: String,
    },
    /// A variable names certificates to trust, and there are none.
    #[error(
        "{variable} names `{path}`, which {problem}; set it to certificates in PEM form, or unset it"
    )]
    NoTrustedCertificates {
        /// The name of the variable.
        variable: &'static str,
        /// The value of the variable.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Certificates or a private key that cannot be used. The message does not show them.
    #[error("{what} of `{setting}` {problem}; give it in PEM form")]
    InvalidCertificate {
        /// The builder's method.
        setting: &'static str,
        /// Which of its arguments.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// The part of the configuration that the environment has a say in.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) event_key: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) env: Option<String>,
    pub(crate) dev: Option<bool>,
}

/// Where every request of a client goes.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// Scheme, host, port and path up to the event key, for messages.
    base: String,
    /// The whole URL, key included: never shown.
    uri: Uri,
    env: Option<HeaderValue>,
    dev: bool,
}

impl Endpoint {
    /// The full URL. It has the event key in it.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The URL without the event key.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn env(&self) -> Option<&HeaderValue> {
        self.env.as_ref()
    }

    pub(crate) fn is_dev(&self) -> bool {
        self.dev
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("base", &self.base)
            .field("env", &self.env)
            .field("dev", &self.dev)
            .finish_non_exhaustive()
    }
}

/// A value, and where it came from.
type Given = (String, &'static str);

/// Settles where events go. Code wins over the environment, of which no more is read than decides;
/// an empty variable is as good as unset.
pub(crate) fn resolve(
    settings: &Settings,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Endpoint, ConfigError> {
    let variable = |name: &'static str| -> Result<Option<Given>, ConfigError> {
        let Some(value) = variable(name) else {
            return Ok(None);
        };
        let value = value.into_string();
        let value = value.map_err(|_| ConfigError::NotUtf8 { variable: name })?;
        let value = value.trim();
        Ok((!value.is_empty()).then(|| (value.to_owned(), name)))
    };

    let dev = match settings.dev {
        Some(dev) => dev,
        None => variable("INNGEST_DEV")?
            .is_some_and(|(value, _)| value != "0" && !value.eq_ignore_ascii_case("false")),
    };

    // An empty key in code is none, whatever the environment has.
    let key = match &settings.event_key {
        Some(key) => Some((key.clone(), "`event_key`")).filter(|(key, _)| !key.is_empty()),
        None => variable("INNGEST_EVENT_KEY")?,
    };
    let (key, key_origin) = key
        .or_else(|| dev.then(|| (DEV_KEY.to_owned(), "the default")))
        .ok_or(ConfigError::MissingEventKey)?;
    if let Some(offset) = key.find(|c: char| !is_unreserved(c)) {
        return Err(ConfigError::InvalidEventKey {
            origin: key_origin,
            offset,
        });
    }

    let (url, origin) = match &settings.base_url {
        Some(url) => (url.clone(), "`base_url`"),
        None => base_url_by_environment(dev, variable)?,
    };
    let (base, uri) = base_url::join(&url, origin, &key)?;

    let env = match &settings.env {
        Some(env) => Some((env.clone(), "`env`")),
        None => variable("INNGEST_ENV")?,
    };
    let env = match env {
        Some((env, origin)) => env_header(env.trim(), origin)?,
        None => None,
    };

    Ok(Endpoint {
        base,
        uri,
        env,
        dev,
    })
}

fn base_url_by_environment(
    dev: bool,
    variable: impl Fn(&'static str) -> Result<Option<Given>, ConfigError>,
) -> Result<Given, ConfigError> {
    for name in ["INNGEST_EVENT_API_BASE_URL", "INNGEST_BASE_URL"] {
        if let Some(url) = variable(name)? {
            return Ok(url);
        }
    }
    if !dev {
        return Ok((CLOUD_ORIGIN.to_owned(), "the default"));
    }
    // What was meant as a URL is one, however wrong: the events would go elsewhere without a word.
    Ok(variable("INNGEST_DEV")?
        .filter(|(value, _)| value.contains("://"))
        .unwrap_or_else(|| (DEV_ORIGIN.to_owned(), "the default")))
}

/// The header of an Inngest environment; none for an empty name.
fn env_header(name: &str, origin: &'static str) -> Result<Option<HeaderValue>, ConfigError> {
    if name.is_empty() {
        return Ok(None);
    }
    // `HeaderValue` takes other bytes too, and tabs.
    if !name.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(ConfigError::InvalidEnv { origin });
    }
    let value = HeaderValue::from_str(name).map_err(|_| ConfigError::InvalidEnv { origin })?;
    Ok(Some(value))
}

/// Characters that stand for themselves in a URL's path (RFC 3986).
pub(super) fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~')
}

crate::error::debug_as_display!(ConfigError);

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve_with(
        settings: &Settings,
        variables: &[(&str, &str)],
    ) -> Result<(String, bool), ConfigError> {
        let endpoint = resolve(settings, |name| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some((*value).into())
        })?;
        Ok((endpoint.uri.to_string(), endpoint.dev))
    }

    fn url(settings: &Settings, variables: &[(&str, &str)]) -> String {
        resolve_with(settings, variables).unwrap().0
    }

    const KEY: (&str, &str) = ("INNGEST_EVENT_KEY", "k1");

    #[test]
    fn the_cloud_needs_a_key() {
        let none = Settings::default();
        assert_eq!(resolve_with(&none, &[]), Err(ConfigError::MissingEventKey));
        for off in ["", " ", "0", "false", "False"] {
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
    fn the_dev_server_takes_any_key() {
        let none = Settings::default();
        for on in ["1", "true", "yes", "localhost:9"] {
            let dev = [("INNGEST_DEV", on)];
            assert_eq!(
                url(&none, &dev),
                "http://localhost:8288/e/NO_EVENT_KEY_SET",
                "{on}"
            );
        }
        let elsewhere = [("INNGEST_DEV", "http://10.0.0.7:9000")];
        assert_eq!(
            url(&none, &elsewhere),
            "http://10.0.0.7:9000/e/NO_EVENT_KEY_SET"
        );
        assert_eq!(
            url(&none, &[KEY, ("INNGEST_DEV", "1")]),
            "http://localhost:8288/e/k1"
        );
    }

    #[test]
    fn the_more_special_variable_wins() {
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
    fn code_wins_over_the_environment() {
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
    fn the_environments_name_becomes_a_header() {
        let variables = |name: &str| match name {
            "INNGEST_EVENT_KEY" => Some("k".into()),
            "INNGEST_ENV" => Some("branch".into()),
            _ => None,
        };
        let endpoint = resolve(&Settings::default(), variables).unwrap();
        assert_eq!(endpoint.env().unwrap(), "branch");
        let settings = Settings {
            env: Some("code".into()),
            ..Default::default()
        };
        assert_eq!(
            resolve(&settings, variables).unwrap().env().unwrap(),
            "code"
        );
        let settings = Settings {
            env: Some("a\nb".into()),
            ..Default::default()
        };
        let error = resolve(&settings, variables).unwrap_err();
        assert_eq!(error, ConfigError::InvalidEnv { origin: "`env`" });
    }

    #[test]
    fn what_inngest_dev_names_is_never_another_server() {
        let none = Settings::default();
        for value in [
            "http://::1:8288",
            "http://localhost:82888",
            "http://",
            "ftp://localhost",
            "http://localhost:8288/?x=1",
        ] {
            let dev = [("INNGEST_DEV", value)];
            match resolve_with(&none, &dev) {
                Err(ConfigError::InvalidBaseUrl { origin, .. }) => {
                    assert_eq!(origin, "INNGEST_DEV", "{value}");
                }
                other => panic!("{value}: {other:?}"),
            }
            // What is not used is not looked at.
            let other = [("INNGEST_DEV", value), ("INNGEST_BASE_URL", "http://h:1")];
            assert_eq!(url(&none, &other), "http://h:1/e/NO_EVENT_KEY_SET");
        }
    }

    #[test]
    fn an_empty_key_in_code_is_none() {
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
    fn an_environments_name_is_none_or_visible() {
        let header = |name: &str| {
            let settings = Settings {
                env: Some(name.into()),
                dev: Some(true),
                ..Default::default()
            };
            let variable = |name: &str| (name == "INNGEST_ENV").then(|| "branch".into());
            resolve(&settings, variable).map(|endpoint| endpoint.env().cloned())
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
    fn a_variable_that_is_not_utf_8_is_an_error_where_it_is_read() {
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
            // What code sets is not read.
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
            "the environment variable INNGEST_ENV is not UTF-8; set it anew or unset it"
        );
    }

    #[test]
    fn the_key_is_in_no_text() {
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
        assert!(!format!("{endpoint:?} {}", endpoint.base()).contains("secret"));
    }
}
