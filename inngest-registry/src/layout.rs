//! File names and limits of exported folders.

/// The file name of the index.
pub(crate) const INDEX: &str = "index.json";

/// The file name of the settings.
pub(crate) const SETTINGS: &str = "inngest-registry.toml";

/// The longest file or folder name on common file systems, in bytes.
pub(crate) const MAX_PART: usize = 255;

/// Removes the byte order mark that some Windows editors write and JSON does not allow.
pub(crate) fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
