//! The addresses of events and fields in the page.
//!
//! An address consists of letters, digits and `-_.~/`. Everything else is percent-encoded, so that the
//! address survives being copied into a chat or a document. The parts of an address are separated by
//! `@` and `:`, which no part contains.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::catalogue::EventType;

const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// The address of an event: `event/storefront/item.imported`.
pub(super) fn of_event(name: &str) -> String {
    // The prefix keeps events apart from the parts of the page.
    format!("event/{}", encoded(name))
}

/// The address of one version of an event. The latest version has the address of the event.
pub(super) fn of_version(event: &EventType, is_latest: bool) -> String {
    let name = of_event(&event.name);
    match &event.version {
        _ if is_latest => name,
        Some(version) => format!("{name}@{}", encoded(version)),
        None => format!("{name}@"),
    }
}

/// The address of a field in a version.
pub(super) fn of_field(version: &str, path: &str) -> String {
    format!("{version}:{}", encoded(path))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_are_distinct_and_plain() {
        let event = EventType::of_schema("a/b \"c\"", Some("@1:é"), json!({}));
        let older = of_version(&event, false);
        assert_eq!(of_version(&event, true), "event/a/b%20%22c%22");
        assert_eq!(older, "event/a/b%20%22c%22@%401%3A%C3%A9");
        assert_eq!(
            of_field(&older, "lines[].x"),
            "event/a/b%20%22c%22@%401%3A%C3%A9:lines%5B%5D.x"
        );
    }
}
