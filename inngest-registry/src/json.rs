//! JSON in one order and one layout, whatever the order of keys in memory.

use serde_json::Value;

/// The text of a value: two spaces of indentation, keys in a fixed order, a newline at the end.
#[must_use]
pub fn to_text(value: &Value) -> String {
    let mut text = format!("{value:#}");
    text.push('\n');
    text
}
