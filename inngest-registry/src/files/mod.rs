//! The folder of exported schemas: a file for each event type and version, and `index.json`.
//!
//! ```text
//! schemas/
//!   index.json                                 what is here
//!   inngest-registry.toml                      settings, written by hand
//!   storefront/item.imported/2026-11-21.1.json
//! ```

pub(crate) mod path;
mod write;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::path::folder_of;
pub(crate) use self::write::{remove, write_if_changed};
use crate::catalogue::{Catalogue, EventType, label};
use crate::{json, walk};

/// The name of the index in the folder.
pub const INDEX: &str = "index.json";

/// The layout that this version writes and reads.
const FORMAT: u32 = 1;

/// What `index.json` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Index {
    /// The layout of the folder: 1.
    pub format: u32,
    /// A line for each file, in order of name and version.
    pub events: Vec<IndexEntry>,
}

/// One exported file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IndexEntry {
    /// The event name.
    pub name: String,
    /// The version of the event's shape.
    pub version: Option<String>,
    /// The file, relative to the folder, with `/` on every platform.
    pub path: String,
    /// `sha256:` and the [hash](json::content_hash) of what the schema says about values: it stays
    /// when a doc comment changes.
    pub hash: String,
    /// The template of the deduplication id.
    pub id_template: Option<String>,
    /// The doc comment of the type.
    pub description: Option<String>,
}

impl IndexEntry {
    /// The line of an event type.
    ///
    /// # Errors
    ///
    /// [`FilesError::Name`] where the name cannot be a path.
    pub(crate) fn of(event: &EventType) -> Result<Self, FilesError> {
        Ok(Self {
            name: event.name.clone(),
            version: event.version.clone(),
            path: path::of(&event.name, event.version.as_deref())?,
            hash: format!("sha256:{}", json::content_hash(&event.schema)),
            id_template: event.id_template.clone(),
            description: event.description.clone(),
        })
    }
}

impl Index {
    /// An index of these lines.
    pub(crate) fn new(events: Vec<IndexEntry>) -> Self {
        Self {
            format: FORMAT,
            events,
        }
    }

    /// The index of a folder; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`FilesError::Io`], and [`FilesError::Index`] for one that `export` did not write.
    pub fn read(dir: &Path) -> Result<Option<Self>, FilesError> {
        let path = dir.join(INDEX);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FilesError::io("read", &path, error)),
        };
        let wrong = |problem: String| FilesError::Index {
            path: path.clone(),
            problem,
        };
        let index: Self =
            serde_json::from_str(without_bom(&text)).map_err(|error| wrong(error.to_string()))?;
        if index.format != FORMAT {
            return Err(wrong(format!(
                "it has the layout {}, and this program knows {FORMAT}",
                index.format
            )));
        }
        // Files are removed by what stands here, so it must not lead out of the folder.
        for entry in &index.events {
            let expected = path::of(&entry.name, entry.version.as_deref())?;
            if entry.path != expected {
                return Err(wrong(format!(
                    "it has the file of {} at `{}` instead of `{expected}`",
                    label(&entry.name, entry.version.as_deref()),
                    entry.path
                )));
            }
        }
        Ok(Some(index))
    }

    /// The text of the file.
    pub(crate) fn to_text(&self) -> Result<String, FilesError> {
        let mut text = serde_json::to_string_pretty(self).map_err(|error| FilesError::Index {
            path: INDEX.into(),
            problem: error.to_string(),
        })?;
        text.push('\n');
        Ok(text)
    }
}

/// A text without the mark that editors on Windows put before UTF-8, of which JSON knows nothing.
fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Reads a schema file.
///
/// # Errors
///
/// [`FilesError::Io`], and [`FilesError::Schema`] for what is no schema: other JSON, an index, and
/// a schema with a `type` that there is not.
pub fn read_schema(path: &Path) -> Result<Value, FilesError> {
    let schema = read_as_it_is(path)?;
    let problem = if let Ok(index) = Index::deserialize(&schema) {
        let listed = index.events.first();
        let such_as = listed.map_or_else(String::new, |e| format!(", such as `{}`", e.path));
        Some(format!(
            "it is the index of an export; name one of the files that it lists{such_as}"
        ))
    } else {
        walk::wrong_type(&schema)
    };
    match problem {
        Some(problem) => Err(FilesError::Schema {
            path: path.to_owned(),
            problem,
        }),
        None => Ok(schema),
    }
}

/// Reads a file of an export: what a type of the program says by hand is taken as it is.
pub(crate) fn read_as_it_is(path: &Path) -> Result<Value, FilesError> {
    let text = fs::read_to_string(path).map_err(|error| FilesError::io("read", path, error))?;
    let schema: Value =
        serde_json::from_str(without_bom(&text)).map_err(|error| FilesError::Schema {
            path: path.to_owned(),
            problem: error.to_string(),
        })?;
    if schema.is_object() || schema.is_boolean() {
        Ok(schema)
    } else {
        Err(FilesError::Schema {
            path: path.to_owned(),
            problem: "a schema is an object, `true` or `false`".to_owned(),
        })
    }
}

impl Catalogue {
    /// The event types of an exported folder, as they were before their schemas got `$id`s.
    ///
    /// # Errors
    ///
    /// A folder without an index, an index that `export` did not write, a file that is not there
    /// or is no schema.
    pub fn read(dir: impl AsRef<Path>) -> Result<Self, FilesError> {
        let dir = dir.as_ref();
        let index = Index::read(dir)?.ok_or_else(|| FilesError::NoIndex {
            dir: dir.to_owned(),
        })?;
        let listed = read_listed(dir, index)?;
        Ok(listed.into_iter().map(|listed| listed.event).collect())
    }
}

/// A file that the index lists.
pub(crate) struct Listed {
    pub(crate) line: IndexEntry,
    /// Where the schema says that it stands, which is no part of the type.
    pub(crate) id: Option<String>,
    pub(crate) event: EventType,
}

/// The files that an index lists.
pub(crate) fn read_listed(dir: &Path, index: Index) -> Result<Vec<Listed>, FilesError> {
    let read = |line: IndexEntry| {
        let mut schema = read_as_it_is(&dir.join(&line.path)).map_err(FilesError::of_listed)?;
        let id = schema.as_object_mut().and_then(|object| {
            Some(match object.remove("$id")? {
                Value::String(id) => id,
                other => other.to_string(),
            })
        });
        let description = schema.get("description").and_then(Value::as_str);
        let event = EventType {
            name: line.name.clone(),
            version: line.version.clone(),
            id_template: line.id_template.clone(),
            description: description.map(str::to_owned),
            rust_type: None,
            source: None,
            schema,
        };
        Ok(Listed { line, id, event })
    };
    index.events.into_iter().map(read).collect()
}

/// The `$id` of the schema at a path.
pub(crate) fn schema_id(base_url: &str, path: &str) -> String {
    format!("{base_url}/{path}")
}

/// Whether a schema has what `export` writes into each of an event of this name and version.
pub(crate) fn is_exported(schema: &Value, name: &str, version: Option<&str>) -> bool {
    let text = |pointer| schema.pointer(pointer).and_then(Value::as_str);
    let has = |pointer| schema.pointer(pointer).is_some();
    text("/properties/name/const") == Some(name)
        && text("/properties/v/const") == version
        && has("/$schema")
        && has("/properties/ts")
        && has("/properties/data")
}

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
    /// A folder that there is not.
    #[error("there is no folder `{}`; run `export` to make it", dir.display())]
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
         it and run `export`, which lists the types of its program anew",
        path.display()
    )]
    Index {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file that is no JSON Schema.
    #[error("`{}` is no JSON Schema: {problem}", path.display())]
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
        path::MAX_PART
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
    fn of_listed(error: Self) -> Self {
        match error {
            Self::Io { path, source, .. } if source.kind() == io::ErrorKind::NotFound => {
                let problem = "is not there".to_owned();
                Self::Listed { path, problem }
            }
            Self::Io { path, source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                let problem = "is no text".to_owned();
                Self::Listed { path, problem }
            }
            Self::Schema { path, problem } => {
                let problem = format!("is no JSON Schema: {problem}");
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
