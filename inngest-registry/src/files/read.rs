//! Reads schema files and exported folders.

use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize as _;
use serde_json::Value;

use super::index::{Index, IndexEntry};
use super::source::Source;
use super::unique_keys::UniqueKeys;
use crate::catalogue::{Catalogue, EventType};
use crate::error::{Error, Problem};
use crate::layout::without_bom;
use crate::walk;

/// Reads a schema file, to [`compare`](crate::compat::compare) it with another.
///
/// # Errors
///
/// The file cannot be read or is not a schema: it has other JSON, an index, or a schema with an
/// unknown `type`.
pub fn read_schema(path: impl AsRef<Path>) -> Result<Value, Error> {
    let path = path.as_ref();
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
        Some(problem) => Err(not_a_schema(path, problem)),
        None => Ok(schema),
    }
}

/// Reads a schema without checking its types, which a hand-written schema may extend.
pub(crate) fn read_unchecked(path: &Path) -> Result<Value, Error> {
    parse(fs::read_to_string(path), path)
}

fn parse(text: io::Result<String>, path: &Path) -> Result<Value, Error> {
    let text = text.map_err(|error| Error::io("read", path, error))?;
    let text = without_bom(&text);
    let schema: Value = serde_json::from_str::<UniqueKeys>(text)
        .and_then(|_| serde_json::from_str(text))
        .map_err(|error| not_a_schema(path, error.to_string()))?;
    if schema.is_object() || schema.is_boolean() {
        Ok(schema)
    } else {
        let problem = "a schema is an object, `true` or `false`";
        Err(not_a_schema(path, problem.to_owned()))
    }
}

fn not_a_schema(path: &Path, problem: String) -> Error {
    Error(Problem::Schema {
        path: path.to_owned(),
        problem,
    })
}

impl Catalogue {
    /// Reads the event types of an exported folder, without the `$id`s of their schemas.
    ///
    /// # Errors
    ///
    /// The folder has no index, `export` did not write the index, or a listed file is missing or is
    /// not a schema.
    pub fn read(dir: impl AsRef<Path>) -> Result<Self, Error> {
        let dir = dir.as_ref();
        let mut source = Source::folder(dir);
        let index = Index::read(&mut source)?.ok_or_else(|| Problem::NoIndex(dir.to_owned()))?;
        Self::of_index(&mut source, index)
    }

    /// Reads the event types of an exported folder from a commit of its git repository, such as `main`,
    /// `origin/main`, `v1.2.0` or a hash. The catalogue is empty if the folder has no index in the commit.
    ///
    /// Runs the program `git`.
    ///
    /// # Errors
    ///
    /// `git` is not installed, the folder is not in a repository, or the commit does not exist. The errors of
    /// [`read`](Self::read) can occur too, except that a missing index is not an error.
    pub fn read_at(dir: impl AsRef<Path>, reference: &str) -> Result<Self, Error> {
        let mut source = Source::at(dir.as_ref(), reference)?;
        match Index::read(&mut source)? {
            Some(index) => Self::of_index(&mut source, index),
            None => Ok(Self::default()),
        }
    }

    fn of_index(source: &mut Source, index: Index) -> Result<Self, Error> {
        let listed = read_listed(source, index)?;
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
pub(crate) fn read_listed(source: &mut Source, index: Index) -> Result<Vec<Listed>, Error> {
    let read = |entry: IndexEntry| {
        let text = source.read(&entry.path);
        let schema = parse(text, &source.path(&entry.path));
        let mut schema = schema.map_err(about_listed)?;
        let id = schema.as_object_mut().and_then(|object| {
            Some(match object.remove("$id")? {
                Value::String(id) => id,
                other => other.to_string(),
            })
        });
        let event = EventType {
            id_template: entry.id_template.clone(),
            ..EventType::of_schema(&entry.name, entry.version.as_deref(), schema)
        };
        Ok(Listed { entry, id, event })
    };
    index.events.into_iter().map(read).collect()
}

/// Rewords an error about a file that the index lists.
fn about_listed(error: Error) -> Error {
    let (path, problem) = match error.0 {
        Problem::Io { path, source, .. } if source.kind() == io::ErrorKind::NotFound => {
            (path, "does not exist".to_owned())
        }
        Problem::Io { path, source, .. } if source.kind() == io::ErrorKind::InvalidData => {
            (path, "is not UTF-8 text".to_owned())
        }
        Problem::Schema { path, problem } => (path, format!("is not a JSON Schema: {problem}")),
        other => return Error(other),
    };
    Error(Problem::Listed { path, problem })
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
