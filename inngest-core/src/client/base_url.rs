//! The URL that events go to, and what of it may be shown.

use http::Uri;
use http::uri::{Authority, PathAndQuery};

use super::config::{ConfigError, is_unreserved};

/// A text that holds a shorter key may do so by chance; Inngest's own keys are longer.
const LONG_KEY: usize = 8;

/// `{url}/e/` for messages, and the whole URL.
pub(super) fn join(
    url: &str,
    origin: &'static str,
    key: &str,
) -> Result<(String, Uri), ConfigError> {
    let wrong = |problem| ConfigError::InvalidBaseUrl {
        url: shown(url, Some(key)),
        origin,
        problem,
    };
    let uri: Uri = url.parse().map_err(|_| wrong("is not a URL"))?;
    match uri.scheme_str() {
        Some("http" | "https") => {}
        Some(_) => return Err(wrong("is neither http nor https")),
        None => return Err(wrong("does not begin with `http://` or `https://`")),
    }
    let authority = uri.authority().ok_or_else(|| wrong("names no host"))?;
    if authority.host().is_empty() {
        return Err(wrong("names no host"));
    }
    if authority.as_str().contains('@') {
        return Err(wrong("has a user name in it"));
    }
    if !has_sound_port(authority) {
        return Err(wrong("has a port that is no number from 1 to 65535"));
    }
    if has_key(uri.path(), key) {
        return Err(ConfigError::KeyInBaseUrl {
            url: shown(url, Some(key)),
            origin,
        });
    }
    if uri.query().is_some() {
        return Err(wrong("has a query"));
    }
    // As in the URLs of the documentation, which end in `/e/` and the key.
    if uri.path().trim_end_matches('/').ends_with("/e") {
        return Err(wrong("ends in `/e`, which the client adds"));
    }
    let path = format!("{}/e/", uri.path().trim_end_matches('/'));
    let whole: PathAndQuery = format!("{path}{key}")
        .parse()
        .map_err(|_| wrong("is not a URL"))?;
    let base = format!(
        "{}://{authority}{path}",
        uri.scheme_str().unwrap_or_default()
    );
    let mut parts = uri.into_parts();
    parts.path_and_query = Some(whole);
    let uri = Uri::from_parts(parts).map_err(|_| wrong("is not a URL"))?;
    Ok((base, uri))
}

/// Whether there is no port, or one that can be connected to. `http` takes a port that is none as
/// no port, and then the events would go to the port of the scheme.
pub(crate) fn has_sound_port(authority: &Authority) -> bool {
    let after_host = authority.as_str().strip_prefix(authority.host());
    match after_host {
        None => false,
        Some("") => true,
        Some(rest) => rest.strip_prefix(':').is_some_and(|port| {
            // `parse` takes a sign too.
            port.bytes().all(|byte| byte.is_ascii_digit())
                && port.parse::<u16>().is_ok_and(|port| port != 0)
        }),
    }
}

/// Whether an event key is in the path: this one, or one after `/e/`, where the URLs of the
/// dashboard have it.
fn has_key(path: &str, key: &str) -> bool {
    let mut segments = path.split(['/', '\\']).filter(|part| !part.is_empty());
    let follows_e = segments.any(|part| part == "e") && segments.next().is_some();
    follows_e || holds(path, key)
}

fn holds(text: &str, key: &str) -> bool {
    let mut words = text.split(|c| !is_unreserved(c));
    words.any(|word| word == key) || (key.len() >= LONG_KEY && text.contains(key))
}

/// What may be shown of a base URL, which may be none: no user name, no password, no query, and no
/// path that may have an event key in it; so no path where the key is not known.
pub(crate) fn shown(url: &str, key: Option<&str>) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            (format!("{scheme}://"), rest)
        }
        _ => (String::new(), url),
    };
    let (authority, rest) = split_before(rest, &['/', '\\', '?', '#']);
    let (path, query) = split_before(rest, &['?', '#']);
    // A password may have such a character in it, and then nobody knows where it ends.
    if rest.contains('@') {
        return format!("{scheme}…");
    }
    let (user, host) = match authority.rsplit_once('@') {
        Some((_, host)) => ("…@", host),
        None => ("", authority),
    };
    // A word alone may be a key in the wrong place.
    let is_word = scheme.is_empty() && !host.is_empty() && !host.contains(['.', ':']);
    let host = if is_word { "…" } else { host };
    let path = match key {
        _ if path.len() <= 1 => path,
        Some(key) if !has_key(path, key) => path,
        _ => "/…",
    };
    let query = if query.is_empty() { "" } else { "?…" };
    let text = format!("{scheme}{user}{host}{path}{query}");
    match key {
        Some(key) if holds(&text, key) => "…".to_owned(),
        _ => text,
    }
}

fn split_before<'a>(text: &'a str, ends: &[char]) -> (&'a str, &'a str) {
    text.find(ends)
        .and_then(|at| text.split_at_checked(at))
        .unwrap_or((text, ""))
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
    fn what_is_no_base_url_is_said() {
        for (url, problem) in [
            (
                "localhost:8288",
                "does not begin with `http://` or `https://`",
            ),
            ("", "is not a URL"),
            ("ftp://host", "is neither http nor https"),
            ("http://", "is not a URL"),
            ("http://:80", "names no host"),
            ("http://user:secret@host", "has a user name in it"),
            ("http://host/?a=b", "has a query"),
            ("https://inn.gs/e/", "ends in `/e`, which the client adds"),
            (
                "https://inn.gs/api/e",
                "ends in `/e`, which the client adds",
            ),
            ("http://ho st", "is not a URL"),
            ("http://::1:8288", "is not a URL"),
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
    fn a_port_that_is_none_is_not_the_port_of_the_scheme() {
        for authority in [
            "127.0.0.1:82888",
            "127.0.0.1:65536",
            "h:abc",
            "h:-1",
            "h:+80",
            "h:0",
            "h:00",
            "localhost:",
            "[::1]:",
            "[::1]:82888",
            "[::1]x:80",
        ] {
            for url in [
                format!("http://{authority}"),
                format!("https://{authority}/x"),
            ] {
                let expected = ConfigError::InvalidBaseUrl {
                    url: url.clone(),
                    origin: "`base_url`",
                    problem: "has a port that is no number from 1 to 65535",
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
    fn a_key_in_the_url_is_refused_and_not_shown() {
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
            "the base URL `https://inn.gs/…` from `base_url` has an event key in it; give the URL \
             without `/e/…` and the key as INNGEST_EVENT_KEY or `event_key`"
        );
    }

    #[test]
    fn no_text_shows_a_key_or_a_password() {
        for (url, expected) in [
            ("http://user:PASS@host/x", "http://…@host/x"),
            ("user:PASS@http://host", "…@http://host"),
            ("user:PASS@host:1", "…@host:1"),
            ("http://user:PA/SS@host", "http://…"),
            ("http://user:PA?SS@host", "http://…"),
            ("http://host/?a@token=PASS", "http://…"),
            ("http://host/a b?token=PASS", "http://host/a b?…"),
            ("http://host/x#PASS", "http://host/x?…"),
            ("inn.gs/e/SECRET123", "inn.gs/…"),
            ("inn.gs/e/ANOTHER", "inn.gs/…"),
            ("https:/inn.gs/e/ANOTHER", "https:/…"),
            ("https:\\\\inn.gs\\e\\ANOTHER", "https:/…"),
            ("'https://inn.gs/e/ANOTHER'", "'https:/…"),
            ("SECRET123", "…"),
            ("ANOTHER", "…"),
            ("SECRET123://x", "…"),
            ("https://SECRET123", "…"),
            ("inn.gs", "inn.gs"),
            ("", ""),
        ] {
            let found = shown(url, Some(KEY));
            assert_eq!(found, expected, "{url}");
            for secret in [KEY, "PASS", "ANOTHER", "SS"] {
                assert!(!shown(url, None).contains(secret) || secret == KEY, "{url}");
                assert!(!found.contains(secret), "{url}");
            }
        }
        // Where the key is not known, any path may have it.
        assert_eq!(shown("http://host:1/x", None), "http://host:1/…");
        assert_eq!(shown("http://host:1/", None), "http://host:1/");
    }
}
