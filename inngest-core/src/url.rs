//! Redacts URLs for logs and errors, and checks their ports.

use http::uri::Authority;

/// The minimum length of a key to look for inside words; a shorter one may occur there by chance.
const MIN_KEY_IN_WORD: usize = 8;

/// Whether the authority has no port or a valid one. `http` ignores an invalid port, so events
/// would be sent to the scheme's default port.
pub(crate) fn has_valid_port(authority: &Authority) -> bool {
    let after_host = authority.as_str().strip_prefix(authority.host());
    match after_host {
        None => false,
        Some("") => true,
        Some(rest) => rest.strip_prefix(':').is_some_and(is_port),
    }
}

/// Whether text is a port number, from 1 to 65535.
pub(crate) fn is_port(text: &str) -> bool {
    // `parse` accepts a sign too.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number && text.parse::<u16>().is_ok_and(|port| port != 0)
}

/// Whether a path contains an event key: the given key, or any segment after `/e/`, as in the URLs
/// of Inngest's dashboard.
pub(crate) fn has_key(path: &str, key: &str) -> bool {
    let mut segments = path.split(['/', '\\']).filter(|part| !part.is_empty());
    let follows_e = segments.any(|part| part == "e") && segments.next().is_some();
    follows_e || contains_key(path, key)
}

/// Whether text contains this key.
pub(crate) fn contains_key(text: &str, key: &str) -> bool {
    let mut words = text.split(|c| !is_unreserved(c));
    words.any(|word| word == key) || (key.len() >= MIN_KEY_IN_WORD && text.contains(key))
}

/// Redacts a base URL, which may be invalid. Removes the user name, the password and the query, and
/// also the path if it may contain an event key. Without a `key`, any path may.
pub(crate) fn redacted(url: &str, key: Option<&str>) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            (format!("{scheme}://"), rest)
        }
        _ => (String::new(), url),
    };
    let (authority, rest) = split_before(rest, &['/', '\\', '?', '#']);
    let (path, query) = split_before(rest, &['?', '#']);
    // A password may contain a delimiter, so its end is unknown.
    if rest.contains('@') {
        return format!("{scheme}…");
    }
    let (user, host) = match authority.rsplit_once('@') {
        Some((_, host)) => ("…@", host),
        None => ("", authority),
    };
    // A single word may be a key in the wrong place.
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
        Some(key) if contains_key(&text, key) => "…".to_owned(),
        _ => escaped(&text),
    }
}

/// Escapes control characters, so the text fits on one line.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            escaped.extend(c.escape_debug());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

fn split_before<'a>(text: &'a str, ends: &[char]) -> (&'a str, &'a str) {
    text.find(ends)
        .and_then(|at| text.split_at_checked(at))
        .unwrap_or((text, ""))
}

/// Whether the character is unreserved in URLs (RFC 3986).
pub(crate) fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~')
}
