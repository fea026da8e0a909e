//! Formats text for terminals.

use clap::builder::styling::{AnsiColor, Style};

/// Whether text is colored.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Paint {
    pub(super) color: bool,
}

impl Paint {
    pub(super) fn bad(self, text: &str) -> String {
        self.style(AnsiColor::Red.on_default().bold(), text)
    }

    pub(super) fn warning(self, text: &str) -> String {
        self.style(AnsiColor::Yellow.on_default().bold(), text)
    }

    pub(super) fn quiet(self, text: &str) -> String {
        self.style(Style::new().dimmed(), text)
    }

    fn style(self, style: Style, text: &str) -> String {
        if self.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// Escapes control characters, so that text from outside cannot control the terminal.
pub(super) fn escaped(text: &str) -> String {
    let escape = |c: char| {
        if c.is_control() {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    text.chars().map(escape).collect()
}

/// Replaces the user info and parameters of the URLs in a text with `…`. A URL ends at white space.
pub(super) fn redacted(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        result.push_str(before);
        result.push_str("://");
        let end = after.find(|c: char| c.is_whitespace() || c.is_control());
        let (url, tail) = after.split_at(end.unwrap_or(after.len()));
        result.push_str(&redacted_address(url));
        rest = tail;
    }
    result.push_str(rest);
    result
}

/// Like [`redacted`], for an argument that may be a URL: every character belongs to it.
pub(super) fn redacted_argument(argument: &str) -> String {
    match argument.split_once("://") {
        Some((scheme, rest)) if scheme.chars().all(|c| c.is_ascii_alphanumeric()) => {
            format!("{scheme}://{}", redacted_address(rest))
        }
        Some(_) => "…".to_owned(),
        None if argument.contains('@') => "…".to_owned(),
        None => argument.to_owned(),
    }
}

/// Shows the host and path of a URL, from the text after `://`. Shows nothing of an ambiguous URL: an
/// unescaped password may contain any character, and the host or the `@` may be missing.
fn redacted_address(url: &str) -> String {
    // Keep the closing quote around the URL.
    let quote = url.chars().last();
    let quote = quote.filter(|quote| matches!(quote, '\'' | '`' | '"'));
    let hidden = || "…".chars().chain(quote).collect();
    let (user_info, rest) = match url.rsplit_once('@') {
        Some((user_info, _)) if user_info.contains(['?', '#']) => return hidden(),
        Some((_, rest)) => ("…@", rest),
        None => ("", url),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((_, port)) = authority.rsplit_once(':') {
        let port = port.trim_end_matches(|c: char| !c.is_alphanumeric());
        if !port.is_empty() && port.parse::<u16>().is_err() {
            return hidden();
        }
    }
    match rest.split_once(['?', '#']) {
        Some((address, _)) => format!("{user_info}{address}?{}", hidden()),
        None => format!("{user_info}{rest}"),
    }
}

/// A number with its noun, in the plural if needed.
pub(super) fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_lose_passwords() {
        for (text, expected) in [
            ("no URL", "no URL"),
            (
                "found 'postgres://me:p@ss@host:1/db' here",
                "found 'postgres://…@host:1/db' here",
            ),
            (
                "'postgres://host/db?password=p&x=y' and a://b:c@d",
                "'postgres://host/db?…' and a://…@d",
            ),
            ("http://127.0.0.1:8288/", "http://127.0.0.1:8288/"),
            ("'http://127.0.0.1:8288'", "'http://127.0.0.1:8288'"),
            ("at http://[::1]:8288;", "at http://[::1]:8288;"),
            ("`postgres://token@host/db`", "`postgres://…@host/db`"),
            // The `@` may end the user info or stand in a parameter.
            (
                "'postgres://host:5432/db?password=a@b' here",
                "'postgres://…' here",
            ),
            ("postgres://me:a?b@host/db", "postgres://…"),
            ("postgres://me:a#b@host/db", "postgres://…"),
            // The host is missing.
            ("`postgres://me:secret`", "`postgres://…`"),
            ("`postgres://me:123456`", "`postgres://…`"),
        ] {
            assert_eq!(redacted(text), expected);
        }
    }

    #[test]
    fn arguments_lose_passwords() {
        for (argument, expected) in [
            ("postgres://me:a b\nc@host/db", "postgres://…@host/db"),
            ("postgres://host/db?password=a b", "postgres://host/db?…"),
            ("postgres:me:secret@host", "…"),
            ("me:secret@x://y", "…"),
            ("--all", "--all"),
        ] {
            assert_eq!(redacted_argument(argument), expected);
        }
    }

    /// Asserts that no two neighboring characters of the password are in what follows the scheme.
    fn assert_hidden(redacted: &str, password: &str) -> Result<(), TestCaseError> {
        let (_, shown) = redacted.split_once("://").unwrap();
        let password: Vec<_> = password.chars().collect();
        for piece in password.windows(2) {
            let piece: String = piece.iter().collect();
            prop_assert!(!shown.contains(&piece), "`{}` is in {}", piece, redacted);
        }
        Ok(())
    }

    proptest! {
        // The alphabet has every character with a meaning in URLs, and letters and digits that stand nowhere
        // else in the texts.
        #[test]
        fn no_piece_of_a_password_is_shown(password in "[-@?/:#&=%+;.'\"`XÄ79]{2,12}") {
            for text in [
                format!("found 'postgres://me:{password}@host:1/db' here"),
                format!("found 'postgres://me:{password}@host:1/db?x=y' here"),
                format!("postgres://{password}@host:1"),
                format!("found 'postgres://host:1/db?password={password}' here"),
                format!("postgres://me@host/db?password={password}&x=y"),
                format!("postgres://me:pw@host/db?x=y#{password}"),
            ] {
                assert_hidden(&redacted(&text), &password)?;
            }
        }

        #[test]
        fn no_piece_of_a_password_in_an_argument_is_shown(
            password in "[-@?/:#&=%+;.'\"`XÄ79 \n\t\x1b]{2,12}",
        ) {
            for argument in [
                format!("postgres://me:{password}@host:1/db?x=y"),
                format!("postgres://{password}@host"),
                format!("postgres://host:1/db?password={password}&x=y"),
                format!("postgres://host?password={password}"),
            ] {
                assert_hidden(&redacted_argument(&argument), &password)?;
            }
        }
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(escaped("a\u{1b}[2J\nä"), "a\\u{1b}[2J\\nä");
    }
}
