//! Writes the schemas of event types to a folder.

use std::collections::HashSet;
use std::path::Path;

use serde_json::{Map, Value};

use crate::catalogue::{Catalogue, EventType};
use crate::files::{self, FilesError, INDEX, Index, IndexEntry};
use crate::{json, version};

/// Writes event types to a folder.
///
/// The same types give the same bytes. Unchanged files are not touched, each file is written
/// atomically, and files that `export` did not write are left alone.
///
/// ```no_run
/// use inngest_registry::{Catalogue, Registry, export::Export};
///
/// let exported = Export::new()
///     .base_url("https://schemas.example.com")
///     .run(&Catalogue::of(&Registry::collect()), "schemas")?;
/// println!("{} files written", exported.written.len());
/// # Ok::<(), inngest_registry::files::FilesError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Export {
    base_url: Option<String>,
    prune: bool,
}

/// The result of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// The files that were written, relative to the folder.
    pub written: Vec<String>,
    /// How many files were already up to date.
    pub unchanged: usize,
    /// The files that were removed.
    pub removed: Vec<String>,
    /// Files of older versions that the program no longer has. They always stay, because events of
    /// these versions are still stored.
    pub older: Vec<String>,
    /// Files of events that the program does not have in any version. They stay unless
    /// [`prune`](Export::prune) is set.
    pub kept: Vec<String>,
}

impl Export {
    /// An export without `$id`s that removes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives every schema an `$id`: this address, `/` and the file's path.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Removes the files of events that the catalogue does not have in any version, if the index
    /// lists them.
    #[must_use]
    pub fn prune(mut self, prune: bool) -> Self {
        self.prune = prune;
        self
    }

    /// Writes the files.
    ///
    /// # Errors
    ///
    /// See [`FilesError`]. Files written before the error stay and are complete.
    pub fn run(
        &self,
        catalogue: &Catalogue,
        dir: impl AsRef<Path>,
    ) -> Result<Exported, FilesError> {
        let dir = dir.as_ref();
        check_types(catalogue)?;
        let base_url = self.base_url.as_deref().map(checked_base_url).transpose()?;
        let before = Index::read(dir)?.map_or_else(Vec::new, |index| index.events);
        let listed: HashSet<&str> = before.iter().map(|entry| entry.path.as_str()).collect();
        let mut exported = Exported::default();
        let mut entries = Vec::with_capacity(catalogue.len());
        for event in catalogue {
            let entry = IndexEntry::of(event)?;
            let path = dir.join(&entry.path);
            if !listed.contains(entry.path.as_str()) && !is_free(&path, event)? {
                return Err(FilesError::Foreign {
                    path,
                    event: event.label(),
                });
            }
            let text = json::to_text(&with_id(event, base_url, &entry.path));
            if files::write_if_changed(&path, &text)? {
                exported.written.push(entry.path.clone());
            } else {
                exported.unchanged += 1;
            }
            entries.push(entry);
        }
        let current: HashSet<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        let (older, mut gone): (Vec<_>, Vec<_>) = before
            .iter()
            .filter(|old| !current.contains(old.path.as_str()))
            .cloned()
            .partition(|old| !catalogue.versions(&old.name).is_empty());
        let older = present(dir, older)?;
        exported.older = paths(&older);
        entries.extend(older);
        if !self.prune {
            gone = present(dir, gone)?;
            exported.kept = paths(&gone);
            entries.extend(gone.iter().cloned());
        }
        entries.sort_by(|a, b| {
            version::order(
                (&a.name, a.version.as_deref()),
                (&b.name, b.version.as_deref()),
            )
        });
        // The index is written after the files it lists and before the files it no longer lists are
        // removed, so that it never lists a missing file.
        if files::write_if_changed(&dir.join(INDEX), &Index::new(entries).to_text()?)? {
            exported.written.push(INDEX.to_owned());
        } else {
            exported.unchanged += 1;
        }
        if self.prune {
            for entry in gone {
                if files::remove(dir, &entry.path)? {
                    exported.removed.push(entry.path);
                }
            }
        }
        Ok(exported)
    }
}

/// The entries whose files exist. A folder whose index lists a missing file cannot be read.
fn present(dir: &Path, entries: Vec<IndexEntry>) -> Result<Vec<IndexEntry>, FilesError> {
    let mut present = Vec::with_capacity(entries.len());
    for entry in entries {
        let path = dir.join(&entry.path);
        let exists = path.try_exists();
        if exists.map_err(|error| FilesError::io("read", &path, error))? {
            present.push(entry);
        }
    }
    Ok(present)
}

fn paths(entries: &[IndexEntry]) -> Vec<String> {
    entries.iter().map(|entry| entry.path.clone()).collect()
}

/// Checks that there are types, and that no two have the same name and version.
pub(crate) fn check_types(catalogue: &Catalogue) -> Result<(), FilesError> {
    if catalogue.is_empty() {
        return Err(FilesError::NoTypes);
    }
    let mut rest = catalogue.iter().peekable();
    while let (Some(first), Some(second)) = (rest.next(), rest.peek()) {
        if (&first.name, &first.version) == (&second.name, &second.version) {
            let path = |event: &EventType| event.rust_type.clone().unwrap_or_default();
            return Err(FilesError::Duplicate {
                event: first.label(),
                first: path(first),
                second: path(second),
            });
        }
    }
    Ok(())
}

/// Checks that a base URL is absolute, and removes `/` from its end.
pub(crate) fn checked_base_url(url: &str) -> Result<&str, FilesError> {
    let absolute = url.split_once("://").is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
            && !rest.is_empty()
            && rest
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"#?\"<>\\^`{|}".contains(&b))
    });
    if absolute {
        Ok(url.trim_end_matches('/'))
    } else {
        Err(FilesError::BaseUrl {
            url: url.to_owned(),
        })
    }
}

/// Whether `export` may write this file: it does not exist, or it holds a schema of this event that
/// the index no longer lists.
fn is_free(path: &Path, event: &EventType) -> Result<bool, FilesError> {
    if !path
        .try_exists()
        .map_err(|error| FilesError::io("read", path, error))?
    {
        return Ok(true);
    }
    let Ok(existing) = files::read_unchecked(path) else {
        return Ok(false);
    };
    Ok(files::is_exported(
        &existing,
        &event.name,
        event.version.as_deref(),
    ))
}

fn with_id(event: &EventType, base_url: Option<&str>, path: &str) -> Value {
    let mut schema = event.schema.clone();
    if let (Some(base), Value::Object(object)) = (base_url, &mut schema) {
        let object: &mut Map<String, Value> = object;
        object.insert("$id".into(), files::schema_id(base, path).into());
    }
    schema
}
