//! What may be shown of a URL, and whether its port can be connected to.

use http::uri::Authority;

/// A text that holds a shorter key may do so by chance; Inngest's own keys are longer.
const LONG_KEY: usize = 8;

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
pub(crate) fn has_key(path: &str, key: &str) -> bool {
    let mut segments = path.split(['/', '\\']).filter(|part| !part.is_empty());
    let follows_e = segments.any(|part| part == "e") && segments.next().is_some();
    follows_e || holds(path, key)
}

/// Whether this key is in a text.
pub(crate) fn holds(text: &str, key: &str) -> bool {
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
        _ => printable(&text),
    }
}

/// A text in one line.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            printable.extend(c.escape_debug());
        } else {
            printable.push(c);
        }
    }
    printable
}

fn split_before<'a>(text: &'a str, ends: &[char]) -> (&'a str, &'a str) {
    text.find(ends)
        .and_then(|at| text.split_at_checked(at))
        .unwrap_or((text, ""))
}

/// Characters that stand for themselves in a URL's path (RFC 3986).
pub(crate) fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~')
}
