//! Why a folder of schemas cannot be read or written.

use std::io;
use std::path::{Path, PathBuf};

use super::layout::{INDEX, MAX_PART};

/// Why a folder of schemas cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilesError {
    /// The operating system reported an error.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// The failed operation, such as "read".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The folder does not exist.
    #[error("the folder `{}` does not exist; run `export` to create it", dir.display())]
    NoFolder {
        /// The folder.
        dir: PathBuf,
    },
    /// The folder has no index.
    #[error(
        "`{}` has no `{INDEX}`; name the folder that `export` wrote, or run `export` first",
        dir.display()
    )]
    NoIndex {
        /// The folder.
        dir: PathBuf,
    },
    /// `export` did not write this index.
    #[error(
        "`{}` is not the index of an export: {problem}; restore it from version control, or remove \
         it and run `export` to list the types again",
        path.display()
    )]
    Index {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file is not a JSON Schema.
    #[error("`{}` is not a JSON Schema: {problem}", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The index lists a file that is missing or is not a JSON Schema.
    #[error(
        "`{INDEX}` lists `{}`, which {problem}; restore it from version control, or run `export`",
        path.display()
    )]
    Listed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file that `export` did not write is at the path of an event's schema.
    #[error(
        "`{}` is not in `{INDEX}` and is not a schema of {event}; move it out of the folder",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The event whose schema belongs there.
        event: String,
    },
    /// The name or version is too long for a file name.
    #[error(
        "the event name or version {event} is too long for a path: `{part}` has {} bytes, and file \
         systems allow {}; shorten it",
        part.len(),
        MAX_PART
    )]
    Name {
        /// The event.
        event: String,
        /// The part that is too long.
        part: String,
    },
    /// Two types have the same name and version.
    #[error("`{first}` and `{second}` are both {event}; give one of them another name or version")]
    Duplicate {
        /// The event.
        event: String,
        /// The path of the first Rust type.
        first: String,
        /// The path of the second Rust type.
        second: String,
    },
    /// The program has no event types.
    #[error(
        "no event types are linked into this program; link the crate that has them, such as \
         `use shop as _;`, or list them with `Registry::new().with::<MyEvent>()`"
    )]
    NoTypes,
    /// The base URL of `$id`s is not an absolute URL.
    #[error(
        "the base URL `{url}` is not absolute; write it like `https://schemas.example.com/events`"
    )]
    BaseUrl {
        /// The given URL.
        url: String,
    },
}

impl FilesError {
    /// Rewords the error for a file that the index lists.
    pub(super) fn of_listed(error: Self) -> Self {
        match error {
            Self::Io { path, source, .. } if source.kind() == io::ErrorKind::NotFound => {
                let problem = "does not exist".to_owned();
                Self::Listed { path, problem }
            }
            Self::Io { path, source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                let problem = "is not UTF-8 text".to_owned();
                Self::Listed { path, problem }
            }
            Self::Schema { path, problem } => {
                let problem = format!("is not a JSON Schema: {problem}");
                Self::Listed { path, problem }
            }
            other => other,
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}
