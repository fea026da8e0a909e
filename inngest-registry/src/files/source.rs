//! Reads an exported folder from the file system or from a commit.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::git::Commit;
use crate::error::{Error, Problem};

/// An exported folder.
pub(crate) struct Source {
    dir: PathBuf,
    commit: Option<Commit>,
}

impl Source {
    /// A folder on the file system.
    pub(crate) fn folder(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            commit: None,
        }
    }

    /// The folder as it is in a commit of its repository.
    pub(crate) fn at(dir: &Path, reference: &str) -> Result<Self, Error> {
        if !dir.is_dir() {
            return Err(Problem::NoFolder(dir.to_owned()).into());
        }
        Ok(Self {
            dir: dir.to_owned(),
            commit: Some(Commit::find(dir, reference)?),
        })
    }

    /// The path of a file in messages.
    pub(super) fn path(&self, relative: &str) -> PathBuf {
        let path = self.dir.join(relative);
        match &self.commit {
            Some(commit) => commit.name(&path).into(),
            None => path,
        }
    }

    pub(super) fn read(&mut self, relative: &str) -> io::Result<String> {
        match &mut self.commit {
            Some(commit) => commit.read(relative),
            None => fs::read_to_string(self.dir.join(relative)),
        }
    }
}
