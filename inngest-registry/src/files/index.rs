//! Reads and writes `index.json`, which lists the files of a folder.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::FilesError;
use super::layout::{INDEX, without_bom};
use super::path;
use crate::catalogue::{EventType, label};
use crate::json;

/// The layout version that this crate reads and writes.
const FORMAT: u32 = 1;

/// The content of `index.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Index {
    /// The layout version of the folder: 1.
    pub format: u32,
    /// One entry for each file, in order of name and version.
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
    /// `sha256:` and the [content hash](json::content_hash) of the schema, which does not change with
    /// doc comments.
    pub hash: String,
    /// The template of the deduplication id.
    pub id_template: Option<String>,
    /// The doc comment of the type.
    pub description: Option<String>,
}

impl IndexEntry {
    /// The entry of an event type.
    ///
    /// # Errors
    ///
    /// [`FilesError::Name`] if the name is too long for a path.
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
    /// An index of these entries.
    pub(crate) fn new(events: Vec<IndexEntry>) -> Self {
        Self {
            format: FORMAT,
            events,
        }
    }

    /// Reads the index of a folder; `None` if it has none.
    ///
    /// # Errors
    ///
    /// [`FilesError::Io`], and [`FilesError::Index`] for an index that `export` did not write.
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
                "it has layout version {}, and this program supports version {FORMAT}",
                index.format
            )));
        }
        // `export --prune` deletes files at these paths, so they must not lead out of the folder.
        for entry in &index.events {
            let expected = path::of(&entry.name, entry.version.as_deref())?;
            if entry.path != expected {
                return Err(wrong(format!(
                    "it lists the file of {} as `{}` instead of `{expected}`",
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
