//! The error of this crate and its messages.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::layout::{INDEX, MAX_PART};
use crate::named::suggestion;

/// Why event types, an exported folder or its settings cannot be used.
///
/// The message says what is wrong and how to fix it. `Debug` prints the same message, because
/// `unwrap` in a test prints it.
#[derive(thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] pub(crate) Problem);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("`{}` is a file where a folder should be; name a folder, or move the file away", .0.display())]
    NotAFolder(PathBuf),
    #[error("`{}` is a folder where a file should be; name a file, or move the folder away", .0.display())]
    NotAFile(PathBuf),
    #[error("the folder `{}` does not exist; run `export` to create it", .0.display())]
    NoFolder(PathBuf),
    #[error(
        "`{}` has no `{INDEX}`; name the folder that `export` wrote, or run `export` first",
        .0.display()
    )]
    NoIndex(PathBuf),
    #[error(
        "`{}` was written by a newer version of inngest-registry and has layout {format}; upgrade \
         inngest-registry",
        path.display()
    )]
    NewerIndex { path: PathBuf, format: u32 },
    #[error("cannot read the commit `{reference}`: {problem}")]
    GitRef { reference: String, problem: String },
    #[error(
        "`{}` is not the index of an export: {problem}; restore it from version control, or remove \
         it and run `export` to list the types again",
        path.display()
    )]
    Index { path: PathBuf, problem: String },
    #[error("`{}` is not a JSON Schema: {problem}", path.display())]
    Schema { path: PathBuf, problem: String },
    #[error(
        "`{INDEX}` lists `{}`, which {problem}; restore it from version control, or run `export`",
        path.display()
    )]
    Listed { path: PathBuf, problem: String },
    #[error(
        "`{}` is not in `{INDEX}` and is not a schema of {event}; move it out of the folder",
        path.display()
    )]
    Foreign { path: PathBuf, event: String },
    #[error(
        "the event name or version {event} is too long for a path: `{part}` has {} bytes, and file \
         systems allow {MAX_PART}; shorten it",
        part.len()
    )]
    LongName { event: String, part: String },
    #[cfg(feature = "cli")]
    #[error(
        "`{}` was not written by this command; move it away, or write to another folder",
        .0.display()
    )]
    HandWritten(PathBuf),
    #[error("`{first}` and `{second}` are both {event}; give one of them another name or version")]
    Duplicate {
        event: String,
        first: String,
        second: String,
    },
    #[error(
        "`{event}`: two different event types have this name and version; give one of them another \
         name or version"
    )]
    TwoShapes { event: String },
    #[error(
        "no event types are linked into this program; link the crate that has them, such as \
         `use shop as _;`, or list them with `Registry::new().with::<MyEvent>()`"
    )]
    NoTypes,
    #[error(
        "the base URL `{0}` is not absolute; write it like `https://schemas.example.com/events`"
    )]
    BaseUrl(String),
    #[error("unknown {kind} `{name}`; {suggestion}")]
    UnknownName {
        kind: &'static str,
        name: String,
        suggestion: String,
    },
    #[error("line {line} of `{}`: {problem}", path.display())]
    Settings {
        path: PathBuf,
        line: usize,
        problem: String,
    },
    #[error("{origin} is not {problem}")]
    Sample { origin: String, problem: String },
    #[cfg(feature = "drift")]
    #[error("cannot check values against the schema of {event}: {problem}")]
    Uncheckable { event: String, problem: String },
    #[cfg(feature = "http")]
    #[error("`{address}` lists no events: {problem}")]
    NoList { address: String, problem: String },
    #[cfg(feature = "http")]
    #[error("the subject template `{template}` {problem}")]
    SubjectTemplate { template: String, problem: String },
    /// The server answers but cannot be used.
    #[cfg(feature = "http")]
    #[error("the schema registry at {address} {problem}")]
    SchemaRegistry { address: String, problem: String },
    /// `what` says where the value comes from and never what it is, because it may hold a password.
    #[cfg(feature = "http")]
    #[error("{what} {problem}")]
    Address {
        what: &'static str,
        problem: &'static str,
    },
    #[cfg(feature = "http")]
    #[error("cannot reach {address}: {problem}")]
    Unreachable { address: String, problem: String },
    #[cfg(feature = "http")]
    #[error(
        "`{}` has no certificate; name a file with certificates in PEM form, which start with `-----BEGIN \
         CERTIFICATE-----`",
        .0.display()
    )]
    NoCertificate(PathBuf),
    #[cfg(feature = "cli")]
    #[error(
        "`{}` already exists, and `scaffold` never overwrites a file; name another file, or remove it first",
        .0.display()
    )]
    FileExists(PathBuf),
    #[error(
        "`{}` describes data without its event; name the event with `--name storefront/item.imported`",
        .0.display()
    )]
    UnnamedSchema(PathBuf),
    #[error("`{}` has no `{INDEX}` and no JSON Schemas; name the folder that has them", .0.display())]
    NoSchemas(PathBuf),
    #[error("`{}` is YAML, which `scaffold` does not read; convert it to JSON", .0.display())]
    Yaml(PathBuf),
    #[error("the sources have no events; name a file that has some, or leave out `--name`")]
    NoEvents,
    #[error("some sources are schemas and some are events; run `scaffold` once for each kind")]
    SchemasAndEvents,
    /// The report of a failed check.
    #[error("{0}")]
    Check(String),
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::IsADirectory {
            return Self(Problem::NotAFile(path.to_owned()));
        }
        // Not every system reports a distinct error kind for a file in the place of a folder.
        if source.kind() != io::ErrorKind::PermissionDenied
            && let Some(file) = path
                .ancestors()
                .skip(usize::from(action != "create"))
                .find(|above| above.is_file())
        {
            return Self(Problem::NotAFolder(file.to_owned()));
        }
        Self(Problem::Io {
            action,
            path: path.to_owned(),
            source,
        })
    }

    pub(crate) fn unknown_name(kind: &'static str, name: &str, known: &[&str]) -> Self {
        Self(Problem::UnknownName {
            kind,
            name: name.to_owned(),
            suggestion: suggestion(name, known),
        })
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether the error means that a file or folder does not exist.
pub(crate) fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
