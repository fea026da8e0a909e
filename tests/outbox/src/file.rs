//! Files for SQLite databases.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A file for a SQLite database, in a temporary folder that is removed when the value is dropped.
#[derive(Debug)]
pub struct TestFile {
    path: PathBuf,
    _folder: TempDir,
}

/// Returns a file that does not exist yet.
///
/// # Panics
///
/// The temporary folder cannot be created.
#[must_use]
pub fn sqlite() -> TestFile {
    let folder = tempfile::tempdir().expect("a temporary folder");
    TestFile {
        path: folder.path().join("test.db"),
        _folder: folder,
    }
}

impl TestFile {
    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The URL of the database. Connecting to it creates the file.
    #[must_use]
    pub fn url(&self) -> String {
        format!("sqlite://{}?mode=rwc", self.path.display())
    }
}
