//! Reads schema files and exported folders.

use std::fs;
use std::path::Path;

use serde::Deserialize as _;
use serde_json::Value;

use super::error::FilesError;
use super::index::{Index, IndexEntry};
use super::layout::without_bom;
use crate::catalogue::{Catalogue, EventType};
use crate::walk;

/// Reads a schema file.
///
/// # Errors
///
/// [`FilesError::Io`], and [`FilesError::Schema`] if the file is not a schema: other JSON, an index, or
/// a schema with an unknown `type`.
pub fn read_schema(path: &Path) -> Result<Value, FilesError> {
    let schema = read_unchecked(path)?;
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

/// Reads a schema without checking its types, which a hand-written schema may extend.
pub(crate) fn read_unchecked(path: &Path) -> Result<Value, FilesError> {
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
    /// Reads the event types of an exported folder, without the `$id`s of their schemas.
    ///
    /// # Errors
    ///
    /// The folder has no index, `export` did not write the index, or a listed file is missing or is
    /// not a schema.
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
    pub(crate) entry: IndexEntry,
    /// The `$id` of the schema, which is not part of the event type.
    pub(crate) id: Option<String>,
    pub(crate) event: EventType,
}

/// Reads the files that an index lists.
pub(crate) fn read_listed(dir: &Path, index: Index) -> Result<Vec<Listed>, FilesError> {
    let read = |entry: IndexEntry| {
        let mut schema = read_unchecked(&dir.join(&entry.path)).map_err(FilesError::of_listed)?;
        let id = schema.as_object_mut().and_then(|object| {
            Some(match object.remove("$id")? {
                Value::String(id) => id,
                other => other.to_string(),
            })
        });
        let description = schema.get("description").and_then(Value::as_str);
        let event = EventType {
            name: entry.name.clone(),
            version: entry.version.clone(),
            id_template: entry.id_template.clone(),
            description: description.map(str::to_owned),
            rust_type: None,
            source: None,
            schema,
        };
        Ok(Listed { entry, id, event })
    };
    index.events.into_iter().map(read).collect()
}

/// The `$id` of the schema at this path.
pub(crate) fn schema_id(base_url: &str, path: &str) -> String {
    format!("{base_url}/{path}")
}

/// Whether a schema looks like one that `export` wrote for this name and version.
pub(crate) fn is_exported(schema: &Value, name: &str, version: Option<&str>) -> bool {
    let text = |pointer| schema.pointer(pointer).and_then(Value::as_str);
    let has = |pointer| schema.pointer(pointer).is_some();
    text("/properties/name/const") == Some(name)
        && text("/properties/v/const") == version
        && has("/$schema")
        && has("/properties/ts")
        && has("/properties/data")
}
