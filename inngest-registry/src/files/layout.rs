//! The names of files that are the same in every folder.

/// The name of the index in the folder.
pub const INDEX: &str = "index.json";

/// The longest name of a file or folder on the usual file systems, in bytes.
pub(super) const MAX_PART: usize = 255;

/// Removes the byte order mark that editors on Windows write, which JSON does not allow.
pub(super) fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
