//! Finds the proxy for a server in the environment.

use std::ffi::OsString;
use std::net::IpAddr;

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use crate::error::config::ConfigError;
use crate::url::{has_valid_port, redacted as shown_url};

/// The spellings of a variable. The first one that is set wins.
type Spellings = [&'static str; 2];

const NO_PROXY: Spellings = ["NO_PROXY", "no_proxy"];
const ALL_PROXY: Spellings = ["ALL_PROXY", "all_proxy"];

/// The proxy for a server from `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. The upper-case
/// spelling wins. Servers on this machine are always reached directly.
///
/// # Errors
///
/// A relevant variable is invalid. Ignoring it would send events past the proxy.
pub(super) fn proxy(
    server: &Uri,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<Intercept>, ConfigError> {
    // In a CGI program, the client of the web server controls HTTP_PROXY, because the server sets it
    // from the request header `Proxy`.
    if is_loopback(server) || variable("REQUEST_METHOD").is_some() {
        return Ok(None);
    }
    let scheme_variables = match server.scheme_str() {
        Some("https") => ["HTTPS_PROXY", "https_proxy"],
        _ => ["HTTP_PROXY", "http_proxy"],
    };
    let mut found = value(scheme_variables, &variable)?;
    if found.is_none() {
        found = value(ALL_PROXY, &variable)?;
    }
    let Some((name, proxy_value)) = found else {
        return Ok(None);
    };
    if let Some((name, list)) = value(NO_PROXY, &variable)? {
        let excepted = is_excepted(&list, server);
        if excepted.map_err(|entry| ConfigError::InvalidNoProxy {
            variable: name,
            entry,
        })? {
            return Ok(None);
        }
    }
    read(name, &proxy_value).map(Some)
}

/// The value of the first spelling that is set, unless it is empty.
fn value(
    names: Spellings,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<(&'static str, String)>, ConfigError> {
    let set = names
        .into_iter()
        .find_map(|name| Some((name, variable(name)?)));
    let Some((name, value)) = set else {
        return Ok(None);
    };
    let value = value.into_string();
    let value = value.map_err(|_| ConfigError::NotUtf8 { variable: name })?;
    let value = value.trim();
    Ok((!value.is_empty()).then(|| (name, value.to_owned())))
}

fn read(variable: &'static str, value: &str) -> Result<Intercept, ConfigError> {
    let invalid = |problem| ConfigError::InvalidProxy {
        variable,
        proxy: shown_url(value, None),
        problem,
    };
    let url = if value.contains("://") {
        value.to_owned()
    } else {
        format!("http://{value}")
    };
    let uri: Uri = url.parse().map_err(|_| invalid("is not a URL"))?;
    match uri.scheme_str() {
        Some("http") => {}
        scheme => {
            return Err(ConfigError::UnsupportedProxy {
                variable,
                scheme: scheme.unwrap_or_default().to_owned(),
            });
        }
    }
    let proxy = Matcher::builder().http(url).build();
    let proxy = proxy.intercept(&Uri::from_static("http://server/"));
    let proxy = proxy.ok_or_else(|| invalid("is not a URL"))?;
    let authority = proxy.uri().authority();
    let authority = authority.filter(|authority| !authority.host().is_empty());
    let authority = authority.ok_or_else(|| invalid("has no host"))?;
    if !has_valid_port(authority) {
        return Err(invalid("has a port that is not a number from 1 to 65535"));
    }
    Ok(proxy)
}

/// Whether `NO_PROXY` names the server.
///
/// # Errors
///
/// Returns the entry that names the host with an invalid port.
fn is_excepted(list: &str, server: &Uri) -> Result<bool, String> {
    let host = server.host().unwrap_or_default().trim_end_matches('.');
    let Ok(probe) = format!("http://{host}/").parse::<Uri>() else {
        return Ok(false);
    };
    let port = server.port_u16().unwrap_or(match server.scheme_str() {
        Some("https") => 443,
        _ => 80,
    });
    for entry in list.split(|c: char| c == ',' || c.is_whitespace()) {
        let (name, entry_port) = split_port(entry);
        if !matches_host(name, host, &probe) {
            continue;
        }
        match entry_port.map(str::parse::<u16>) {
            None => return Ok(true),
            Some(Ok(entry_port)) if entry_port == port => return Ok(true),
            Some(Ok(1..)) => {}
            Some(_) => return Err(entry.to_owned()),
        }
    }
    Ok(false)
}

/// Whether an entry of `NO_PROXY`, without its port, matches a host.
fn matches_host(name: &str, host: &str, probe: &Uri) -> bool {
    let name = name.trim_end_matches('.');
    let (name, is_domain_itself) = match name.strip_prefix("*.") {
        Some(domain) => (domain, host.eq_ignore_ascii_case(domain)),
        None => (name, false),
    };
    let matcher = Matcher::builder().all("http://proxy").no(name).build();
    !is_domain_itself && matcher.intercept(probe).is_none()
}

/// Splits an entry into host and port. An IPv6 address needs brackets to have a port.
fn split_port(entry: &str) -> (&str, Option<&str>) {
    if let Some((host, rest)) = entry.strip_prefix('[').and_then(|e| e.split_once(']')) {
        return (host, rest.strip_prefix(':'));
    }
    match entry.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (entry, None),
    }
}

fn is_loopback(server: &Uri) -> bool {
    let host = server.host().unwrap_or_default();
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || is_short_loopback(&host)
        || host
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Whether the host is a short form such as `127.1`, which resolvers expand to `127.0.0.1`. No DNS
/// name ends in a number.
fn is_short_loopback(host: &str) -> bool {
    host.strip_prefix("127.")
        .is_some_and(|rest| rest.split('.').all(|part| part.parse::<u32>().is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_hosts_are_recognized() {
        for (host, expected) in [
            ("localhost", true),
            ("LOCALHOST:1", true),
            ("Inngest.LocalHost", true),
            ("127.0.0.1", true),
            ("127.8.8.8:1", true),
            ("127.1", true),
            ("127.0.1:8288", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("[::FFFF:7F00:1]", true),
            ("notlocalhost", false),
            ("localhost.example", false),
            ("127.1.example", false),
            ("127.", false),
            ("128.0.0.1", false),
            ("[::ffff:10.0.0.1]", false),
            ("[::2]", false),
        ] {
            let server = format!("http://{host}/").parse().unwrap();
            assert_eq!(is_loopback(&server), expected, "{host}");
        }
    }

    fn chosen(server: &str, variables: &[(&str, &str)]) -> Result<Option<String>, ConfigError> {
        let proxy = proxy(&server.parse().unwrap(), |name| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some((*value).into())
        })?;
        Ok(proxy.map(|proxy| proxy.uri().to_string()))
    }

    const HTTP: &str = "http://inngest.internal:8288/";
    const HTTPS: &str = "https://inn.gs/";

    #[test]
    fn scheme_and_upper_case_variables_win() {
        let all = [
            ("HTTP_PROXY", "http://a:1"),
            ("http_proxy", "http://b:2"),
            ("HTTPS_PROXY", "c:3"),
            ("https_proxy", "http://d:4"),
            ("ALL_PROXY", "http://e:5/path"),
            ("all_proxy", "http://user:word@f:6"),
        ];
        for (server, from, expected) in [
            (HTTP, 0, "http://a:1/"),
            (HTTP, 1, "http://b:2/"),
            (HTTP, 2, "http://e:5/"),
            (HTTPS, 0, "http://c:3/"),
            (HTTPS, 3, "http://d:4/"),
            (HTTPS, 5, "http://f:6/"),
        ] {
            let found = chosen(server, &all[from..]).unwrap();
            assert_eq!(found.as_deref(), Some(expected), "{server} {from}");
        }
        assert_eq!(chosen(HTTP, &[]), Ok(None));
        assert_eq!(chosen(HTTP, &[("HTTPS_PROXY", "http://a:1")]), Ok(None));
        let empty = [("HTTP_PROXY", " "), ("ALL_PROXY", "http://a:1")];
        assert_eq!(
            chosen(HTTP, &empty).unwrap().as_deref(),
            Some("http://a:1/")
        );
        let cgi = [("HTTP_PROXY", "http://a:1"), ("REQUEST_METHOD", "POST")];
        assert_eq!(chosen(HTTP, &cgi), Ok(None));
    }

    #[test]
    fn invalid_proxies_are_errors() {
        for (value, shown) in [
            ("http://", "http://"),
            ("http:///", "http:///"),
            ("http://[::1", "http://[:…"),
            ("http://[::1]:x", "http://[::1]:…"),
            ("http://::1", "http://::1"),
            ("http://proxy:port", "http://proxy:…"),
            ("http://proxy:99999", "http://proxy:…"),
            ("http://proxy:0", "http://proxy:…"),
            ("http://proxy:", "http://proxy:"),
            ("proxy.corp:port", "proxy.corp:…"),
            // The `@` and the host are missing.
            ("http://jo:secret", "http://jo:…"),
            ("jo:secret", "jo:…"),
            ("http://pro xy:1", "http://pro xy:1"),
            ("http://jo:se cret@proxy:1", "http://…@proxy:1"),
            ("http://jo:secret@proxy:x", "http://…@proxy:…"),
            ("http://jo:sec/ret@proxy:1", "http://…"),
            ("jo:se cret@proxy.corp:1", "…@proxy.corp:1"),
        ] {
            for (server, variable) in [
                (HTTP, "HTTP_PROXY"),
                (HTTP, "http_proxy"),
                (HTTP, "ALL_PROXY"),
                (HTTPS, "HTTPS_PROXY"),
                (HTTPS, "https_proxy"),
                (HTTPS, "all_proxy"),
            ] {
                let error = chosen(server, &[(variable, value)]).unwrap_err();
                let text = format!("{error} {error:?}");
                assert!(
                    text.contains(&format!("`{shown}` from {variable} ")),
                    "{text}"
                );
                assert!(!text.contains("cret"), "{text}");
                let other = [(variable, value), ("NO_PROXY", "inngest.internal,inn.gs")];
                assert_eq!(chosen(server, &other), Ok(None), "it does not apply");
            }
            let other = [("HTTPS_PROXY", value), ("HTTP_PROXY", "http://a:1")];
            assert!(chosen(HTTP, &other).is_ok(), "of the other scheme");
            assert_eq!(
                chosen("http://localhost:1", &[("HTTP_PROXY", value)]),
                Ok(None)
            );
        }
        for scheme in ["https", "socks5", "socks4a", "ftp"] {
            let value = format!("{scheme}://jo:secret@proxy:1");
            let error = chosen(HTTP, &[("HTTP_PROXY", &value)]).unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(text.contains(&format!("`{scheme}`")), "{text}");
            assert!(
                text.contains("HTTP_PROXY") && !text.contains("secret"),
                "{text}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn relevant_variables_must_be_utf_8() {
        use std::os::unix::ffi::OsStringExt as _;

        for variable in [
            "HTTP_PROXY",
            "http_proxy",
            "all_proxy",
            "NO_PROXY",
            "no_proxy",
        ] {
            let found = proxy(&Uri::from_static(HTTP), |name| match name {
                _ if name == variable => Some(OsString::from_vec(b"secret\xff".to_vec())),
                "ALL_PROXY" if variable != "all_proxy" => Some("http://a:1".into()),
                _ => None,
            });
            let error = found.unwrap_err();
            assert_eq!(error, ConfigError::NotUtf8 { variable });
        }
    }

    #[test]
    fn no_proxy_matches_hosts_and_ports() {
        for (server, list, expected) in [
            ("http://inngest:8288", "inngest:8288", true),
            ("http://inngest:8288", "inngest:8289", false),
            ("http://inngest:8288", "a:1, INNGEST:8288 ,b", true),
            ("http://inngest:8288", "a b\tinngest:8288", true),
            ("http://inngest:8288", "inngest", true),
            ("http://inngest:8288", "inngest.", true),
            ("http://inngest.:8288", "inngest:8288", true),
            ("http://inngest:8288", "nngest:8288", false),
            ("http://inngest", "inngest:80", true),
            ("https://inngest", "inngest:443", true),
            ("https://inngest", "inngest:80", false),
            ("http://a.corp:8288", ".corp:8288", true),
            ("http://a.corp:8288", "corp:8288", true),
            ("http://a.corp:8288", "*.corp:8288", true),
            ("http://a.corp:8288", "*.corp", true),
            ("http://corp:8288", "*.corp", false),
            ("http://corp:8288", ".corp", true),
            ("http://a.corp:8288", "*.corp:1", false),
            ("http://a.corp:8288", "*", true),
            ("http://a.corp:8288", "*:8288", true),
            ("http://a.corp:8288", "*:1", false),
            ("http://10.1.2.3:8288", "10.0.0.0/8", true),
            ("http://10.1.2.3:8288", "10.0.0.0/8:8288", true),
            ("http://10.1.2.3:8288", "10.1.2.3:8288", true),
            ("http://10.1.2.3:8288", "10.1.2.3:1", false),
            ("http://[fd00::1]:8288", "[fd00::1]:8288", true),
            ("http://[fd00::1]:8288", "[fd00::1]:1", false),
            ("http://[fd00::1]:8288", "[fd00::1]", true),
            ("http://[fd00::1]:8288", "fd00::1", true),
            ("http://[fd00::1]:8288", "fd00::/8", true),
            ("http://[fd00::1]:8288", "fd00::2", false),
            ("http://a.corp:8288", "", false),
            ("http://a.corp:8288", " , ,:,:1", false),
            ("http://a.corp:8288", "other:port", false),
        ] {
            let variables = [("ALL_PROXY", "http://proxy:1"), ("NO_PROXY", list)];
            let found = chosen(server, &variables).unwrap();
            assert_eq!(found.is_none(), expected, "{server} {list}");
        }
        for entry in ["a.corp:port", "a.corp:", "a.corp:0", "a.corp:99999"] {
            let list = format!("b:port,{entry}");
            let variables = [("ALL_PROXY", "http://proxy:1"), ("no_proxy", &list)];
            let error = chosen("http://a.corp:8288", &variables).unwrap_err();
            let text = error.to_string();
            assert!(
                text.contains(&format!("`{entry}`")) && text.contains("no_proxy"),
                "{text}"
            );
        }
    }
}
