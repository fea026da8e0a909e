//! Files for SQLite.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A file for a database of SQLite, in a temporary folder that is removed at the end.
#[derive(Debug)]
pub struct TestFile {
    path: PathBuf,
    _folder: TempDir,
}

/// A file that does not exist yet.
///
/// # Panics
///
/// There is no room for temporary files.
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

    /// The URL of the database, which creates the file.
    #[must_use]
    pub fn url(&self) -> String {
        format!("sqlite://{}?mode=rwc", self.path.display())
    }
}
