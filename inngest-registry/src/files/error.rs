//! Why a folder of schemas cannot be read or written.

use std::io;
use std::path::{Path, PathBuf};

use super::layout::{INDEX, MAX_PART};

/// Why a folder of schemas cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilesError {
    /// The operating system refuses.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried, such as "read".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The folder does not exist.
    #[error("the folder `{}` does not exist; run `export` to make it", dir.display())]
    NoFolder {
        /// The folder.
        dir: PathBuf,
    },
    /// A folder that nothing was exported to.
    #[error(
        "`{}` has no `{INDEX}`; name the folder that `export` wrote, or run `export` first",
        dir.display()
    )]
    NoIndex {
        /// The folder.
        dir: PathBuf,
    },
    /// An index that `export` did not write.
    #[error(
        "`{}` is not the index of an export: {problem}; restore it from version control, or remove \
         it and run `export`, which lists its program's types again",
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
    /// A file that the index lists and that is not there or no JSON Schema.
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
    /// A file where an event's schema would go that is something else.
    #[error(
        "`{}` is not in `{INDEX}` and is no schema of {event}; move it out of the folder",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The event whose schema would go there.
        event: String,
    },
    /// A name or version that cannot be a file name.
    #[error(
        "the event name or version {event} cannot be a path: `{part}` would be {} bytes long and \
         {} is the limit of file systems; shorten it",
        part.len(),
        MAX_PART
    )]
    Name {
        /// The event.
        event: String,
        /// The part that is too long.
        part: String,
    },
    /// Two types of one name and version.
    #[error("`{first}` and `{second}` are both {event}; give one of them another name or version")]
    Duplicate {
        /// The event.
        event: String,
        /// The path of one Rust type.
        first: String,
        /// The path of the other.
        second: String,
    },
    /// A program without event types.
    #[error(
        "no event types are linked into this program; name the crate that has them, such as \
         `use shop as _;`, or list them with `Registry::new().with::<MyEvent>()`"
    )]
    NoTypes,
    /// A base of `$id`s that is no address.
    #[error(
        "the base URL `{url}` is not absolute; write it like `https://schemas.example.com/events`"
    )]
    BaseUrl {
        /// What was given.
        url: String,
    },
}

impl FilesError {
    /// What is wrong with a file that the index lists.
    pub(super) fn of_listed(error: Self) -> Self {
        match error {
            Self::Io { path, source, .. } if source.kind() == io::ErrorKind::NotFound => {
                let problem = "is not there".to_owned();
                Self::Listed { path, problem }
            }
            Self::Io { path, source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                let problem = "is not text".to_owned();
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
