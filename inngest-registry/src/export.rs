//! Writes the schemas of event types to a folder.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;

use crate::catalogue::{Catalogue, EventType};
use crate::error::{Error, Problem};
use crate::files::{self, Index, IndexEntry, Source};
use crate::layout::INDEX;
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
/// # Ok::<(), inngest_registry::Error>(())
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
    /// There are no types, two types have the same name and version, the folder cannot be read or
    /// written, a file that `export` did not write is at the path of a schema, or the base URL is not
    /// absolute.
    /// Files written before the error stay and are complete.
    pub fn run(&self, types: &Catalogue, dir: impl AsRef<Path>) -> Result<Exported, Error> {
        let dir = dir.as_ref();
        check_types(types)?;
        let base_url = self.base_url.as_deref().map(checked_base_url).transpose()?;
        let before =
            Index::read(&mut Source::folder(dir))?.map_or_else(Vec::new, |index| index.events);
        let listed: HashSet<&str> = before.iter().map(|entry| &*entry.path).collect();
        let mut exported = Exported::default();
        let mut entries = Vec::with_capacity(types.len());
        for event in types {
            let entry = IndexEntry::of(event)?;
            if !listed.contains(&*entry.path) {
                check_is_free(&dir.join(&entry.path), event)?;
            }
            let text = json::to_text(&with_id(event, base_url, &entry.path));
            exported.write(dir, &entry.path, &text)?;
            entries.push(entry);
        }
        let current: HashSet<&str> = entries.iter().map(|entry| &*entry.path).collect();
        let (older, mut gone): (Vec<_>, Vec<_>) = before
            .iter()
            .filter(|old| !current.contains(&*old.path))
            .cloned()
            .partition(|old| !types.versions(&old.name).is_empty());
        let older = present(dir, older)?;
        exported.older = paths(&older);
        entries.extend(older);
        if !self.prune {
            gone = present(dir, gone)?;
            exported.kept = paths(&gone);
            entries.extend(gone.iter().cloned());
        }
        version::sort(&mut entries, |e| (&e.name, e.version.as_deref()));
        // The index is written after the files it lists and before the files it no longer lists are
        // removed, so that it never lists a missing file.
        exported.write(dir, INDEX, &Index::new(entries).to_text()?)?;
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

impl Exported {
    fn write(&mut self, dir: &Path, path: &str, text: &str) -> Result<(), Error> {
        if files::write_if_changed(&dir.join(path), text)? {
            self.written.push(path.to_owned());
        } else {
            self.unchanged += 1;
        }
        Ok(())
    }
}

/// The entries whose files exist. A folder whose index lists a missing file cannot be read.
fn present(dir: &Path, entries: Vec<IndexEntry>) -> Result<Vec<IndexEntry>, Error> {
    let mut present = Vec::with_capacity(entries.len());
    for entry in entries {
        if exists(&dir.join(&entry.path))? {
            present.push(entry);
        }
    }
    Ok(present)
}

fn exists(path: &Path) -> Result<bool, Error> {
    path.try_exists()
        .map_err(|error| Error::io("read", path, error))
}

fn paths(entries: &[IndexEntry]) -> Vec<String> {
    entries.iter().map(|entry| entry.path.clone()).collect()
}

/// Checks that there are types, and that no two have the same name and version.
pub(crate) fn check_types(types: &Catalogue) -> Result<(), Error> {
    if types.is_empty() {
        return Err(Problem::NoTypes.into());
    }
    // Types with the same name and version are next to each other.
    for (first, second) in types.iter().zip(types.iter().skip(1)) {
        if (&first.name, &first.version) == (&second.name, &second.version) {
            let path = |event: &EventType| event.rust_type.clone().unwrap_or_default();
            return Err(Error(Problem::Duplicate {
                event: first.label(),
                first: path(first),
                second: path(second),
            }));
        }
    }
    Ok(())
}

/// Checks that a base URL is absolute, and removes `/` from its end.
pub(crate) fn checked_base_url(url: &str) -> Result<&str, Error> {
    let is_absolute = url.split_once("://").is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
            && !rest.is_empty()
            && rest
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"#?\"<>\\^`{|}".contains(&b))
    });
    if is_absolute {
        Ok(url.trim_end_matches('/'))
    } else {
        Err(Error(Problem::BaseUrl(url.to_owned())))
    }
}

/// Checks that `export` may write this file although the index does not list it: it does not exist,
/// or it is a schema of this event.
fn check_is_free(path: &Path, event: &EventType) -> Result<(), Error> {
    let is_own = |schema| files::is_exported(&schema, &event.name, event.version.as_deref());
    if !exists(path)? || files::read_unchecked(path).is_ok_and(is_own) {
        return Ok(());
    }
    Err(Error(Problem::Foreign {
        path: path.to_owned(),
        event: event.label(),
    }))
}

fn with_id(event: &EventType, base_url: Option<&str>, path: &str) -> Value {
    let mut schema = event.schema.clone();
    if let (Some(base_url), Value::Object(object)) = (base_url, &mut schema) {
        object.insert("$id".into(), files::schema_id(base_url, path).into());
    }
    schema
}
