//! File names and limits that are the same in every exported folder.

/// The file name of the index.
pub const INDEX: &str = "index.json";

/// The longest file or folder name on common file systems, in bytes.
pub(super) const MAX_PART: usize = 255;

/// Removes the byte order mark that some Windows editors write and JSON does not allow.
pub(super) fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
