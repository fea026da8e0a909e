//! Writes the result of a command to `--out` or to standard output.

use std::path::Path;

use crate::error::Error;
use crate::files;

/// Writes text to `out` and returns the text to print: the path, and the folder if it was created.
/// Without `out`, that is the text itself. If `out` is a folder, the file gets this name.
pub(super) fn write(text: String, out: Option<&Path>, file_name: &str) -> Result<String, Error> {
    let Some(out) = out else {
        return Ok(text);
    };
    let path = if out.is_dir() {
        &out.join(file_name)
    } else {
        out
    };
    let folder = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let created = folder.filter(|dir| !dir.exists());
    let is_written = files::write_if_changed(path, &text)?;
    let created = created.map(|dir| format!("created the folder {}\n", dir.display()));
    let what = if is_written { "wrote" } else { "unchanged:" };
    Ok(format!(
        "{}{what} {}\n",
        created.unwrap_or_default(),
        path.display()
    ))
}
