//! Reads the exported folder, and finds exported files that the index does not list.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::catalogue::{Catalogue, EventType};
use crate::error::{Error, is_missing};
use crate::files::{self, Index, IndexEntry, Source};

/// An exported folder.
pub(super) struct Folder {
    /// The event types of the listed files.
    pub(super) types: Catalogue,
    /// Their index entries and `$id`s, by file path.
    pub(super) entries: HashMap<String, (IndexEntry, Option<String>)>,
}

impl Folder {
    /// Reads a folder, which may still be empty.
    pub(super) fn read(dir: &Path) -> Result<Self, Error> {
        let mut entries = HashMap::new();
        let mut events = Vec::new();
        let mut source = Source::folder(dir);
        if let Some(index) = Index::read(&mut source)? {
            for listed in files::read_listed(&mut source, index)? {
                events.push(listed.event);
                entries.insert(listed.entry.path.clone(), (listed.entry, listed.id));
            }
        }
        let types = events.into_iter().collect();
        Ok(Self { types, entries })
    }

    /// The event types of exported files that the index does not list, with the paths of the files.
    /// Types in the program are left out, because `export` lists them.
    pub(super) fn unlisted(
        &self,
        dir: &Path,
        types: &Catalogue,
    ) -> Result<Vec<(EventType, String)>, Error> {
        let events = types.iter().chain(&self.types);
        let names: BTreeSet<&str> = events.map(|event| event.name.as_str()).collect();
        let mut found = Vec::new();
        for name in names {
            let own = files::path::of(name, None)?;
            let (folder, _) = own.rsplit_once('/').unwrap_or_default();
            let at = dir.join(folder);
            let entries = match fs::read_dir(&at) {
                Ok(entries) => entries,
                Err(error) if is_missing(&error) => continue,
                Err(error) => return Err(Error::io("read", &at, error)),
            };
            for entry in entries {
                let entry = entry.map_err(|error| Error::io("read", &at, error))?;
                let Some(file) = entry.file_name().to_str().map(str::to_owned) else {
                    continue;
                };
                let path = format!("{folder}/{file}");
                let is_json = Path::new(&file).extension().is_some_and(|e| e == "json");
                if !is_json || self.entries.contains_key(&path) {
                    continue;
                }
                // A file that is not a schema was not written by `export`.
                let Ok(schema) = files::read_unchecked(&entry.path()) else {
                    continue;
                };
                let version = schema.pointer("/properties/v/const");
                let version = version.and_then(Value::as_str).map(str::to_owned);
                let version = version.as_deref();
                if files::is_exported(&schema, name, version)
                    && files::path::of(name, version).is_ok_and(|own| own == path)
                    && types.get(name, version).is_none()
                {
                    found.push((EventType::of_schema(name, version, schema), path));
                }
            }
        }
        found.sort_by(|(_, a), (_, b)| a.cmp(b));
        Ok(found)
    }
}
