//! Writes files atomically and removes them.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;

/// Makes the temporary file names of one process unique.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// Writes a file atomically, unless it already has this text. Returns whether it was written.
pub(crate) fn write_if_changed(path: &Path, text: &str) -> Result<bool, Error> {
    match fs::read(path) {
        Ok(existing) if existing == text.as_bytes() => return Ok(false),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(Error::io("read", path, error)),
    }
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    if let Some(dir) = dir {
        fs::create_dir_all(dir).map_err(|error| Error::io("create", dir, error))?;
    }
    let temporary = dir.unwrap_or(Path::new(".")).join(format!(
        ".inngest-registry-{}-{}.tmp",
        std::process::id(),
        WRITES.fetch_add(1, Ordering::Relaxed)
    ));
    let written = create(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        // Ignore a second error: the first one explains the failure.
        let _ = fs::remove_file(&temporary);
        Error::io("write", path, error)
    })?;
    Ok(true)
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    fs::File::create(path)?.write_all(text.as_bytes())
}

/// Removes a file and its parent folders that become empty, up to `dir`. Returns whether the file
/// existed.
pub(crate) fn remove(dir: &Path, relative: &str) -> Result<bool, Error> {
    let path = dir.join(relative);
    match fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::io("remove", &path, error)),
    }
    let mut folder = Path::new(relative);
    while let Some(parent) = folder.parent().filter(|p| !p.as_os_str().is_empty()) {
        // `remove_dir` fails on a folder that is not empty.
        if fs::remove_dir(dir.join(parent)).is_err() {
            break;
        }
        folder = parent;
    }
    Ok(true)
}
