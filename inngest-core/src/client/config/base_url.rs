//! Parses base URLs and builds the URL of the event API.

use http::Uri;
use http::uri::PathAndQuery;

use crate::error::config::ConfigError;
use crate::url::{has_key, has_valid_port, redacted};

/// Returns `{url}/e/` for messages, and the full URL, which ends in the event key.
pub(crate) fn join(
    url: &str,
    origin: &'static str,
    key: &str,
) -> Result<(String, Uri), ConfigError> {
    let invalid = |problem| ConfigError::InvalidBaseUrl {
        url: redacted(url, Some(key)),
        origin,
        problem,
    };
    let no_scheme = "does not begin with `http://` or `https://`";
    let uri: Uri = url.parse().map_err(|_| {
        let lacks_scheme = !url.is_empty() && !url.contains("://");
        invalid(if lacks_scheme {
            no_scheme
        } else {
            "is not a URL"
        })
    })?;
    match uri.scheme_str() {
        Some("http" | "https") => {}
        Some(_) => return Err(invalid("is neither http nor https")),
        None => return Err(invalid(no_scheme)),
    }
    let authority = uri.authority().ok_or_else(|| invalid("names no host"))?;
    if authority.host().is_empty() {
        return Err(invalid("names no host"));
    }
    if authority.as_str().contains('@') {
        return Err(invalid("contains a user name"));
    }
    if !has_valid_port(authority) {
        return Err(invalid("has a port that is not a number from 1 to 65535"));
    }
    if has_key(uri.path(), key) {
        return Err(ConfigError::KeyInBaseUrl {
            url: redacted(url, Some(key)),
            origin,
        });
    }
    if uri.query().is_some() {
        return Err(invalid("has a query"));
    }
    // The documentation shows full URLs, which end in `/e/` and the key.
    if uri.path().trim_end_matches('/').ends_with("/e") {
        return Err(invalid("ends in `/e`, which the client adds"));
    }
    let path = format!("{}/e/", uri.path().trim_end_matches('/'));
    let whole: PathAndQuery = format!("{path}{key}")
        .parse()
        .map_err(|_| invalid("is not a URL"))?;
    let base = format!(
        "{}://{authority}{path}",
        uri.scheme_str().unwrap_or_default()
    );
    let mut parts = uri.into_parts();
    parts.path_and_query = Some(whole);
    let uri = Uri::from_parts(parts).map_err(|_| invalid("is not a URL"))?;
    Ok((base, uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "SECRET123";

    fn error(url: &str) -> ConfigError {
        join(url, "`base_url`", KEY).unwrap_err()
    }

    #[test]
    fn the_key_follows_the_url() {
        for (url, base) in [
            ("http://h", "http://h/e/"),
            ("HTTP://LOCALHOST:8288/", "http://LOCALHOST:8288/e/"),
            ("https://h/api//", "https://h/api/e/"),
            ("https://h/eu/x", "https://h/eu/x/e/"),
        ] {
            let (shown, uri) = join(url, "`base_url`", KEY).unwrap();
            assert_eq!(shown, base);
            assert_eq!(uri.to_string(), format!("{base}{KEY}"));
        }
        assert!(join("http://kube/knative", "`base_url`", "k").is_ok());
    }

    #[test]
    fn invalid_base_urls_are_errors() {
        for (url, problem) in [
            (
                "localhost:8288",
                "does not begin with `http://` or `https://`",
            ),
            ("", "is not a URL"),
            ("ftp://host", "is neither http nor https"),
            ("http://", "is not a URL"),
            ("http://:80", "names no host"),
            ("http://user:secret@host", "contains a user name"),
            ("http://host/?a=b", "has a query"),
            ("https://inn.gs/e/", "ends in `/e`, which the client adds"),
            (
                "https://inn.gs/api/e",
                "ends in `/e`, which the client adds",
            ),
            ("http://ho st", "is not a URL"),
            ("http://::1:8288", "is not a URL"),
            (
                "inngest:8288/x",
                "does not begin with `http://` or `https://`",
            ),
            ("//host", "does not begin with `http://` or `https://`"),
            ("ho st", "does not begin with `http://` or `https://`"),
            ("http:/host", "does not begin with `http://` or `https://`"),
        ] {
            match error(url) {
                ConfigError::InvalidBaseUrl { problem: found, .. } => {
                    assert_eq!(found, problem, "{url}");
                }
                other => panic!("{url}: {other}"),
            }
        }
    }

    #[test]
    fn invalid_ports_are_errors() {
        for (authority, host) in [
            ("127.0.0.1:82888", Some("127.0.0.1")),
            ("127.0.0.1:65536", Some("127.0.0.1")),
            ("h:abc", Some("h")),
            ("h:-1", Some("h")),
            ("h:+80", Some("h")),
            ("h:0", Some("h")),
            ("h:00", Some("h")),
            ("localhost:", None),
            ("[::1]:", None),
            ("[::1]:82888", Some("[::1]")),
            ("[::1]x:80", None),
        ] {
            for (scheme, path) in [("http", ""), ("https", "/x")] {
                let url = format!("{scheme}://{authority}{path}");
                // Text that is not a port may be a password.
                let shown = match host {
                    Some(host) => format!("{scheme}://{host}:…"),
                    None => url.clone(),
                };
                let expected = ConfigError::InvalidBaseUrl {
                    url: shown,
                    origin: "`base_url`",
                    problem: "has a port that is not a number from 1 to 65535",
                };
                assert_eq!(error(&url), expected);
            }
        }
        for (url, port) in [
            ("http://h", None),
            ("http://[::1]", None),
            ("http://[::1]:1", Some(1)),
            ("https://h:65535/", Some(65_535)),
            ("http://h:080", Some(80)),
        ] {
            let (_, uri) = join(url, "`base_url`", KEY).unwrap();
            assert_eq!(uri.port_u16(), port, "{url}");
        }
    }

    #[test]
    fn a_key_in_the_url_is_refused_and_hidden() {
        for (url, shown) in [
            ("https://inn.gs/e/SECRET123", "https://inn.gs/…"),
            ("https://inn.gs/e/SECRET123?x", "https://inn.gs/…?…"),
            ("https://inn.gs/e/SECRET123/", "https://inn.gs/…"),
            ("https://inn.gs//e//ANOTHER", "https://inn.gs/…"),
            ("http://h:1/api/SECRET123", "http://h:1/…"),
            ("http://h:1/to-SECRET123.json", "http://h:1/…"),
        ] {
            let expected = ConfigError::KeyInBaseUrl {
                url: shown.to_owned(),
                origin: "`base_url`",
            };
            assert_eq!(error(url), expected, "{url}");
        }
        assert_eq!(
            error("https://inn.gs/e/SECRET123").to_string(),
            "the base URL `https://inn.gs/…` from `base_url` contains an event key; give the URL \
             without `/e/…` and the key as INNGEST_EVENT_KEY or `event_key`"
        );
    }

    #[test]
    fn errors_hide_keys_and_passwords() {
        for (url, expected) in [
            ("http://user:PASS@host/x", "http://…@host/x"),
            ("user:PASS@http://host", "…@http://host"),
            ("user:PASS@host:1", "…@host:1"),
            ("http://user:PA/SS@host", "http://…"),
            // The `@` and the host are missing.
            ("http://user:PASS", "http://user:…"),
            ("http://user:PASS/", "http://user:…"),
            ("http://user:PA/SS", "http://user:…"),
            ("http://user:PA?SS", "http://user:…"),
            ("http://user:8288:PASS", "http://user:…"),
            ("http://[user:PASS]", "http://[user:…"),
            ("http://[::1]:PASS", "http://[::1]:…"),
            ("user:PASS", "user:…"),
            ("http://[::1]:8288/x", "http://[::1]:8288/x"),
            ("http://::1:8288", "http://::1:8288"),
            ("http://user:PA?SS@host", "http://…"),
            ("http://host/?a@token=PASS", "http://…"),
            ("http://host/a b?token=PASS", "http://host/a b?…"),
            ("http://host/x#PASS", "http://host/x?…"),
            ("inn.gs/e/SECRET123", "inn.gs/…"),
            ("inn.gs/e/ANOTHER", "inn.gs/…"),
            ("https:/inn.gs/e/ANOTHER", "https:/…"),
            ("https:\\\\inn.gs\\e\\ANOTHER", "https:/…"),
            ("'https://inn.gs/e/ANOTHER'", "'https:/…"),
            ("http://host\n/\u{1b}x", "http://host\\n/\\u{1b}x"),
            ("SECRET123", "…"),
            ("ANOTHER", "…"),
            ("SECRET123://x", "…"),
            ("https://SECRET123", "…"),
            ("inn.gs", "inn.gs"),
            ("", ""),
        ] {
            let found = redacted(url, Some(KEY));
            assert_eq!(found, expected, "{url}");
            for secret in [KEY, "PASS", "ANOTHER", "SS"] {
                assert!(
                    !redacted(url, None).contains(secret) || secret == KEY,
                    "{url}"
                );
                assert!(!found.contains(secret), "{url}");
            }
        }
        // If the key is unknown, any path may contain it.
        assert_eq!(redacted("http://host:1/x", None), "http://host:1/…");
        assert_eq!(redacted("http://host:1/", None), "http://host:1/");
    }
}
