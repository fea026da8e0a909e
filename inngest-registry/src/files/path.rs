//! Maps an event name and version to the path of its file.
//!
//! A name that follows the convention is its own path. Other characters are escaped, so that
//! different names have different files on every file system, including case-insensitive ones. An
//! uppercase letter becomes `~` and the lowercase letter. Any other byte becomes `=` and two
//! hexadecimal digits.

use std::fmt::Write as _;

use crate::catalogue::label;
use crate::error::{Error, Problem};
use crate::layout::MAX_PART;

/// The file name of an event without a version.
const UNVERSIONED: &str = "unversioned";

/// The path of an event's file, relative to the exported folder, with `/` on every platform.
pub(crate) fn of(name: &str, version: Option<&str>) -> Result<String, Error> {
    let mut parts: Vec<String> = name.split('/').map(escape_part).collect();
    let file = match version {
        Some(UNVERSIONED) => format!("={:02x}{}", b'u', &UNVERSIONED[1..]),
        Some(version) => escape_part(version),
        None => UNVERSIONED.to_owned(),
    };
    parts.push(format!("{file}.json"));
    match parts.iter().find(|part| part.len() > MAX_PART) {
        Some(part) => Err(Error(Problem::LongName {
            event: label(name, version),
            part: part.clone(),
        })),
        None => Ok(parts.join("/")),
    }
}

/// Escapes one part of an event name for use as a file or folder name.
fn escape_part(text: &str) -> String {
    if text.is_empty() {
        return "=".to_owned();
    }
    let last = text.len() - 1;
    // A folder must not look like a file that `export` writes.
    let ending = [".json", ".toml"].iter().find_map(|ending| {
        text.len()
            .checked_sub(ending.len())
            .filter(|_| text.ends_with(ending))
    });
    let mut out = String::with_capacity(text.len());
    for (at, byte) in text.bytes().enumerate() {
        let plain = match byte {
            b'a'..=b'z' => at > 0 || !is_device(text),
            b'0'..=b'9' | b'-' | b'_' => true,
            // A leading dot hides a file or leads to the parent; Windows drops a trailing one.
            b'.' => at > 0 && at < last && Some(at) != ending,
            _ => false,
        };
        match byte {
            _ if plain => out.push(char::from(byte)),
            b'A'..=b'Z' => {
                out.push('~');
                out.push(char::from(byte.to_ascii_lowercase()));
            }
            _ => {
                // Writing to a `String` does not fail.
                let _ = write!(out, "={byte:02x}");
            }
        }
    }
    out
}

/// Whether Windows treats the name as a device, whatever follows its first `.`.
fn is_device(text: &str) -> bool {
    let stem = text.split_once('.').map_or(text, |(stem, _)| stem);
    match stem.split_at_checked(3) {
        Some(("con" | "prn" | "aux" | "nul", "")) => true,
        Some(("com" | "lpt", number)) => {
            number.len() == 1 && number.bytes().all(|b| b.is_ascii_digit())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn conventional_names_are_paths() {
        for (name, version, path) in [
            (
                "storefront/item.imported",
                Some("2026-11-21.1"),
                "storefront/item.imported/2026-11-21.1.json",
            ),
            ("signup.new", None, "signup.new/unversioned.json"),
            ("a/b-c/d_e.f", Some("v2"), "a/b-c/d_e.f/v2.json"),
        ] {
            assert_eq!(of(name, version).unwrap(), path);
        }
    }

    #[test]
    fn odd_names_are_escaped() {
        for (name, version, path) in [
            ("..", Some(".."), "=2e=2e/=2e=2e.json"),
            (
                "../../etc/passwd",
                None,
                "=2e=2e/=2e=2e/etc/passwd/unversioned.json",
            ),
            ("/a//b/", None, "=/a/=/b/=/unversioned.json"),
            ("a\\b:c", Some("1/2"), "a=5cb=3ac/1=2f2.json"),
            (
                "Shop/itemImported",
                None,
                "~shop/item~imported/unversioned.json",
            ),
            ("index.json", None, "index=2ejson/unversioned.json"),
            (
                "inngest-registry.toml",
                None,
                "inngest-registry=2etoml/unversioned.json",
            ),
            ("a/b.json", None, "a/b=2ejson/unversioned.json"),
            ("a", Some("unversioned"), "a/=75nversioned.json"),
            (
                "nul/con.created",
                Some("com1"),
                "=6eul/=63on.created/=63om1.json",
            ),
            (
                "com10/.hidden/end.",
                None,
                "com10/=2ehidden/end=2e/unversioned.json",
            ),
            ("é", Some("~="), "=c3=a9/=7e=3d.json"),
        ] {
            assert_eq!(of(name, version).unwrap(), path);
        }
    }

    #[test]
    fn too_long_parts_are_rejected() {
        let error = of(&"é".repeat(60), None).unwrap_err().to_string();
        assert!(
            error.ends_with("has 360 bytes, and file systems allow 255; shorten it"),
            "{error}"
        );
        of(&"a".repeat(255), Some(&"b".repeat(250))).unwrap();
        of("a", Some(&"b".repeat(251))).unwrap_err();
    }

    /// Similar names, so that collisions are likely.
    fn names() -> impl Strategy<Value = Vec<(String, Option<String>)>> {
        let name = "[aA.=~/]{1,4}|a(/b)?(/c)?[.](json|toml)|(con|index[.]json|unversioned|U)";
        let version = prop::option::of("[aA.=~/]{1,3}|unversioned|1[.]json");
        prop::collection::vec((name, version), 40)
    }

    proptest! {
        #[test]
        fn different_events_have_different_files(names in names()) {
            let mut seen: HashMap<String, (String, Option<String>)> = HashMap::new();
            for event in names {
                let path = of(&event.0, event.1.as_deref()).unwrap();
                prop_assert!(path.bytes().all(|b| !b.is_ascii_uppercase() && b.is_ascii_graphic()));
                for part in path.split('/') {
                    prop_assert!(!part.is_empty() && !part.starts_with('.') && !part.ends_with('.'));
                }
                let folder = format!("{}/", path.rsplit_once('/').unwrap().0);
                prop_assert!(!folder.contains(".json/") && !folder.contains(".toml/"));
                if let Some(other) = seen.insert(path, event.clone()) {
                    prop_assert_eq!(other, event);
                }
            }
        }
    }
}
