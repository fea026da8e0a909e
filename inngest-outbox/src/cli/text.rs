//! Formats text for terminals.

use clap::builder::styling::{AnsiColor, Style};

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Paint {
    pub(super) colour: bool,
}

impl Paint {
    pub(super) fn bad(self, text: &str) -> String {
        self.style(AnsiColor::Red.on_default().bold(), text)
    }

    pub(super) fn doubtful(self, text: &str) -> String {
        self.style(AnsiColor::Yellow.on_default().bold(), text)
    }

    pub(super) fn quiet(self, text: &str) -> String {
        self.style(Style::new().dimmed(), text)
    }

    fn style(self, style: Style, text: &str) -> String {
        if self.colour {
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

/// Replaces the passwords and parameters of URLs with `…`.
pub(super) fn redacted(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        result.push_str(before);
        result.push_str("://");
        let end = after.find(|c: char| c.is_whitespace() || c.is_control());
        let (url, tail) = after.split_at(end.unwrap_or(after.len()));
        let url = match url.rsplit_once('@') {
            Some((user, host)) if user.contains(':') => format!("…@{host}"),
            _ => url.to_owned(),
        };
        match url.split_once('?') {
            Some((url, parameters)) => {
                result.push_str(url);
                result.push_str("?…");
                // Keep the closing quote around the URL.
                let quote = parameters.chars().last();
                result.extend(quote.filter(|quote| matches!(quote, '\'' | '`' | '"')));
            }
            None => result.push_str(&url),
        }
        rest = tail;
    }
    result.push_str(rest);
    result
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
            ("`postgres://user@host/db`", "`postgres://user@host/db`"),
        ] {
            assert_eq!(redacted(text), expected);
        }
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(escaped("a\u{1b}[2J\nä"), "a\\u{1b}[2J\\nä");
    }
}
