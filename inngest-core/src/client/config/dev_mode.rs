//! Parses `INNGEST_DEV`.

use std::net::Ipv6Addr;

use crate::url;

/// Whether dev mode is on, and the address of the dev server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DevMode {
    Off,
    /// The dev server at its default address.
    On,
    /// The dev server at this URL.
    At(String),
}

/// The longest value that an error quotes. Event keys are longer, and one may be in the wrong
/// variable.
const LONGEST_WORD: usize = 24;

impl DevMode {
    /// Parses a trimmed value; `None` if it is invalid. The returned URL is not validated.
    pub(super) fn read(value: &str) -> Option<Self> {
        let is_one_of =
            |words: [&str; 4]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
        if is_one_of(["1", "true", "yes", "on"]) {
            Some(Self::On)
        } else if is_one_of(["0", "false", "no", "off"]) {
            Some(Self::Off)
        } else if value.contains("://") {
            Some(Self::At(value.to_owned()))
        } else if begins_with_host_and_port(value) {
            Some(Self::At(format!("http://{value}")))
        } else {
            None
        }
    }
}

/// Whether the value looks like a URL without a scheme: a host with a port, and perhaps a path.
fn begins_with_host_and_port(value: &str) -> bool {
    let end = value.find(['/', '?', '#']).unwrap_or(value.len());
    let authority = value.get(..end).unwrap_or_default();
    let Some((host, port)) = authority.rsplit_once(':') else {
        return false;
    };
    let has_host = match host.strip_prefix('[') {
        Some(host) => host
            .strip_suffix(']')
            .is_some_and(|host| host.parse::<Ipv6Addr>().is_ok()),
        // `http:8288` is a misspelled URL, not a host with a port.
        None => {
            !["http", "https"]
                .iter()
                .any(|scheme| host.eq_ignore_ascii_case(scheme))
                && host.starts_with(|c: char| c.is_ascii_alphanumeric())
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        }
    };
    url::is_port(port) && has_host
}

/// The part of an invalid value that an error may show. `key` is the event key to hide.
pub(super) fn redacted(value: &str, key: &str) -> String {
    if value.contains(['/', '\\', '@', '?', '#']) {
        url::redacted(value, Some(key))
    } else if value.len() > LONGEST_WORD || url::contains_key(value, key) {
        "…".to_owned()
    } else if value.contains(':') {
        url::redacted(value, Some(key))
    } else {
        url::escaped(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_case_insensitive() {
        for (words, mode) in [
            (["1", "true", "yes", "on"], DevMode::On),
            (["0", "false", "no", "off"], DevMode::Off),
        ] {
            for word in words {
                let capital: String = word
                    .char_indices()
                    .map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c })
                    .collect();
                for word in [word, &word.to_uppercase(), &capital] {
                    assert_eq!(DevMode::read(word).as_ref(), Some(&mode), "{word}");
                }
            }
        }
    }

    #[test]
    fn the_scheme_is_optional() {
        for url in [
            "http://h",
            "https://h:1/x",
            "HTTP://H",
            "ftp://h",
            "http://",
            "://",
        ] {
            assert_eq!(DevMode::read(url), Some(DevMode::At(url.into())));
        }
        for server in [
            "inngest:8288",
            "127.0.0.1:8931",
            "localhost:8288",
            "Inngest.Internal:1",
            "inngest_dev-1:65535",
            "[::1]:8288",
            "[fe80::1]:080",
            "host:8288/",
            "host:8288/api/x",
            "host:8288?x",
            "1:2",
        ] {
            let url = format!("http://{server}");
            assert_eq!(DevMode::read(server), Some(DevMode::At(url)));
        }
    }

    #[test]
    fn other_values_are_invalid() {
        for value in [
            "disabled",
            "enabled",
            "none",
            "null",
            "nil",
            "undefined",
            "y",
            "n",
            "t",
            "f",
            "2",
            "-1",
            "00",
            "01",
            "+1",
            "1.0",
            "0x1",
            "true;",
            "tru",
            "true false",
            "1 0",
            "\"1\"",
            "'true'",
            "ＯＮ",
            "оn",
            "localhost",
            "inngest.internal",
            "127.0.0.1",
            "[::1]",
            "::1",
            "::1:8288",
            "8288",
            ":8288",
            "host:",
            "host:0",
            "host:99999",
            "host:65536",
            "host:-1",
            "host:+1",
            "host:8288x",
            "host:82 88",
            "host :8288",
            "a b:8288",
            "a:b:8288",
            "[::1:8288",
            "::1]:8288",
            "[host]:8288",
            "[]:8288",
            "user@host:8288",
            "user:pass@host:8288",
            "//host",
            "//host:8288",
            "/host:8288",
            "?host:8288",
            "http:8288",
            "HTTPS:8288",
            "http:/host",
            "http:host:8288",
            "http//host:8288",
            "http;//host",
            "-host:8288",
            ".:8288",
            "hö:8288",
            "host\\x:8288",
            "host:8288\\x",
            "http:\\\\host:8288",
        ] {
            assert_eq!(DevMode::read(value), None, "{value}");
        }
    }

    #[test]
    fn errors_hide_possible_secrets() {
        for (value, expected) in [
            ("disabled", "disabled"),
            ("a\tb\u{7}", "a\\tb\\u{7}"),
            ("host:99999", "host:…"),
            ("user:PASS", "user:…"),
            ("user:PASS:8288", "user:…"),
            (":8288", ":8288"),
            ("[::1]:8288x", "[::1]:…"),
            ("::1:8288", "::1:8288"),
            ("//host", "//host"),
            ("user:pass@host:8288", "…@host:8288"),
            ("h:p/e/ANOTHER", "h:…"),
            ("SECRET12", "…"),
            ("x:SECRET12", "…"),
            ("a-SECRET12-b", "…"),
            ("an-event-key-that-is-in-the-wrong-variable", "…"),
        ] {
            assert_eq!(redacted(value, "SECRET12"), expected);
        }
    }
}
