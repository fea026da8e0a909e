//! Reads and writes `index.json`, which lists the files of a folder.

use std::collections::HashSet;
use std::io;

use serde::{Deserialize, Serialize};

use super::path;
use super::source::Source;
use crate::catalogue::{EventType, label};
use crate::error::{Error, Problem};
use crate::json;
use crate::layout::{INDEX, without_bom};

/// The layout version that this crate reads and writes.
const FORMAT: u32 = 1;

/// The content of `index.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Index {
    /// The layout version of the folder.
    format: u32,
    /// One entry for each file, in order of name and version.
    pub(crate) events: Vec<IndexEntry>,
}

/// The part of the index that every layout has.
#[derive(Deserialize)]
struct Layout {
    format: u32,
}

/// One exported file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct IndexEntry {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    /// The file, relative to the folder, with `/` on every platform.
    pub(crate) path: String,
    /// `sha256:` and the content hash of the schema.
    pub(crate) hash: String,
    pub(crate) id_template: Option<String>,
    pub(crate) description: Option<String>,
}

impl IndexEntry {
    pub(crate) fn of(event: &EventType) -> Result<Self, Error> {
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
    pub(crate) fn new(events: Vec<IndexEntry>) -> Self {
        Self {
            format: FORMAT,
            events,
        }
    }

    /// Reads the index of a folder; `None` if it has none.
    pub(crate) fn read(source: &mut Source) -> Result<Option<Self>, Error> {
        let path = source.path(INDEX);
        let text = match source.read(INDEX) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read", &path, error)),
        };
        let invalid = |problem| Problem::Index {
            path: path.clone(),
            problem,
        };
        let text = without_bom(&text);
        if let Ok(Layout { format }) = serde_json::from_str(text)
            && format > FORMAT
        {
            return Err(Problem::NewerIndex { path, format }.into());
        }
        let index: Self = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        if index.format != FORMAT {
            let problem = format!("there is no layout version {}", index.format);
            return Err(invalid(problem).into());
        }
        let mut paths = HashSet::new();
        for entry in &index.events {
            // `export --prune` deletes files at these paths, so they must not lead out of the folder.
            let expected = path::of(&entry.name, entry.version.as_deref())?;
            if entry.path != expected {
                let problem = format!(
                    "it lists the file of {} as `{}` instead of `{expected}`",
                    label(&entry.name, entry.version.as_deref()),
                    entry.path
                );
                return Err(invalid(problem).into());
            }
            // As after a merge.
            if !paths.insert(&entry.path) {
                let problem = format!("it lists `{expected}` twice");
                return Err(invalid(problem).into());
            }
        }
        Ok(Some(index))
    }

    /// The text of the file.
    pub(crate) fn to_text(&self) -> Result<String, Error> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Problem::Index {
            path: INDEX.into(),
            problem: error.to_string(),
        })?;
        Ok(text + "\n")
    }
}
