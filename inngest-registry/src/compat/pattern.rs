//! Translates the patterns of schemas, which are ECMA-262 regular expressions, for the crate `regex`.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

/// White space in ECMA-262: Unicode's without U+0085, plus the byte order mark.
const SPACE: &str = "\\t\\n\\x0B\\f\\r\\u{2028}\\u{2029}\\u{FEFF}\\p{Zs}";

/// `None` if the pattern is malformed, has no counterpart, or is too large.
pub(crate) fn compile(pattern: &str) -> Option<Regex> {
    Regex::new(&translated(pattern)?).ok()
}

/// The two languages mostly agree. Syntax with another meaning is translated, and syntax that only
/// `regex` knows is refused.
pub(crate) fn translated(pattern: &str) -> Option<String> {
    let mut rest = pattern.chars().peekable();
    let mut out = String::with_capacity(pattern.len());
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                escape(&mut rest, false, &mut out)?;
            }
            '[' => class(&mut rest, &mut out)?,
            '.' => out.push_str("[^\\n\\r\\u{2028}\\u{2029}]"),
            '(' => {
                out.push(c);
                if rest.next_if_eq(&'?').is_some() {
                    out.push('?');
                    // Flags differ; `regex` itself refuses look-around.
                    if !matches!(rest.peek()?, ':' | '<' | '=' | '!') {
                        return None;
                    }
                }
            }
            '{' => {
                out.push(c);
                // In ECMA-262, `{` without a minimum does not repeat.
                if !rest.peek()?.is_ascii_digit() {
                    return None;
                }
            }
            other => out.push(other),
        }
    }
    Some(out)
}

/// The rest of a class, such as `a-z]`. Classes of `regex` may contain classes and operators.
fn class(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Option<()> {
    out.push('[');
    if rest.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    // An empty class has no counterpart.
    if rest.peek() == Some(&']') {
        return None;
    }
    // What a `-` would start a range with.
    let mut start = None;
    loop {
        let c = rest.next()?;
        if c == ']' {
            out.push(']');
            return Some(());
        }
        let is_range = c == '-' && start.is_some() && rest.peek() != Some(&']');
        let own = member(c, rest, out)?;
        if !is_range {
            start = Some(own);
            continue;
        }
        let c = rest.next()?;
        let end = member(c, rest, out)?;
        // A set cannot be the end of a range, as in `\w-z`.
        if start.take() == Some(Member::Set) || end == Member::Set {
            return None;
        }
    }
}

/// One or several characters in a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Character,
    Set,
}

/// A member of a class that begins with this character.
fn member(c: char, rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Option<Member> {
    match c {
        '\\' => return escape(rest, true, out),
        '-' if rest.peek() == Some(&'-') => return None,
        '[' | '&' | '~' => out.extend(['\\', c]),
        other => out.push(other),
    }
    Some(Member::Character)
}

/// What follows a `\`.
fn escape(rest: &mut Peekable<Chars<'_>>, in_class: bool, out: &mut String) -> Option<Member> {
    let set = |negated: bool, content: &str| match (in_class, negated) {
        (true, false) => content.to_owned(),
        (_, false) => format!("[{content}]"),
        (_, true) => format!("[^{content}]"),
    };
    let escaped = rest.next()?;
    match escaped {
        'd' => out.push_str(&set(false, "0-9")),
        'D' => out.push_str(&set(true, "0-9")),
        'w' => out.push_str(&set(false, "0-9A-Za-z_")),
        'W' => out.push_str(&set(true, "0-9A-Za-z_")),
        's' => out.push_str(&set(false, SPACE)),
        'S' => out.push_str(&set(true, SPACE)),
        'b' if in_class => out.push_str("\\x08"),
        'b' => out.push_str("(?-u:\\b)"),
        // In ECMA-262, `\x` has two digits and no braces.
        'x' if rest.peek() == Some(&'{') => return None,
        c @ ('t' | 'n' | 'v' | 'f' | 'r' | 'x' | 'u') => out.extend(['\\', c]),
        c @ ('p' | 'P') if rest.peek() == Some(&'{') => out.extend(['\\', c]),
        c if c.is_ascii_punctuation() => {
            write!(out, "\\x{{{:X}}}", u32::from(c)).ok()?;
        }
        _ => return None,
    }
    if rest.peek() == Some(&'{') && out.ends_with(['p', 'P', 'u']) {
        // These braces do not repeat.
        loop {
            let c = rest.next()?;
            out.push(c);
            if c == '}' {
                break;
            }
        }
    }
    let is_set = matches!(escaped, 'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'p' | 'P');
    Some(if is_set {
        Member::Set
    } else {
        Member::Character
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_ecma_262_says() {
        for (pattern, matching, others) in [
            ("^\\d$", &["7"][..], &["٣", "a"][..]),
            ("^\\D$", &["٣", "a"], &["7"]),
            ("^\\w$", &["a", "Z", "_", "0"], &["é", "-"]),
            ("^[\\w-]+$", &["a-b"], &["é"]),
            ("^[^\\w]$", &["é", "-"], &["a"]),
            ("^[\\W]$", &["é"], &["a"]),
            (
                "^\\s$",
                &[" ", "\u{feff}", "\u{a0}", "\u{2028}"],
                &["\u{85}", "x"],
            ),
            ("^[\\S]$", &["\u{85}"], &["\u{feff}"]),
            ("^.$", &["x", "\u{85}"], &["\n", "\r", "\u{2028}"]),
            ("\\bé", &["aé"], &["é"]),
            ("^[[a]$", &["[", "a"], &["]"]),
            ("^[[:alpha:]]$", &["[]", "a]"], &["a", "z"]),
            ("^[a&&b]$", &["a", "b", "&"], &["c"]),
            ("^[a~~b]$", &["a", "b", "~"], &["c"]),
            ("^[a-z0-9-]{2,3}$", &["a-", "z09"], &["a", "A0"]),
            ("^[-\\w]$", &["-", "a"], &["`"]),
            ("^[a-c-\\d]$", &["-", "b", "7"], &["d", "."]),
            ("^[\\d-]$", &["-", "7"], &["a"]),
            ("^[\\x20-\\x2f]$", &[" ", "/"], &["0"]),
            ("^\\u00e9\\u{1F600}\\x41$", &["é😀A"], &["e"]),
            ("^\\p{Lu}\\P{Lu}$", &["Éé"], &["éÉ"]),
            (
                "^\\.\\/\\-\\<\\[\\$[\\]\\b]$",
                &["./-<[$]", "./-<[$\u{8}"],
                &["a"],
            ),
            ("^(?:a|(?<n>b))+$", &["abab"], &["c"]),
            (
                "^item-imported-[\\s\\S]+$",
                &["item-imported-\n"],
                &["item-imported-"],
            ),
        ] {
            let regex = compile(pattern).unwrap();
            for text in matching {
                assert!(regex.is_match(text), "{pattern} {text:?}");
            }
            for text in others {
                assert!(!regex.is_match(text), "{pattern} {text:?}");
            }
        }
    }

    #[test]
    fn patterns_without_a_counterpart_are_refused() {
        for pattern in [
            "(",
            "[",
            "[a",
            "a\\",
            "(?i)a",
            "(?P<n>a)",
            "(?=a)",
            "(a)\\1",
            "\\Aa",
            "\\z",
            "\\pL",
            "a{,3}",
            "a{",
            "[]",
            "[^]",
            "[+--]",
            "\\cA",
            "\\ud83d",
            "\\B",
            "(?",
            "[\\B]",
            "[\\w-z]",
            "[!-\\d]",
            "[\\p{L}-z]",
            "\\x{41}",
            "[\\x{41}]",
        ] {
            assert!(compile(pattern).is_none(), "{pattern}");
        }
    }
}
