//! Reads the exported folder and compares everything except the schemas: index entries, `$id`s, and
//! files that the index does not list.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::report::FindingKind;
use crate::catalogue::{Catalogue, EventType};
use crate::files::{self, FilesError, Index, IndexEntry};

/// An exported folder.
pub(super) struct Folder {
    /// The event types of the listed files.
    pub(super) files: Catalogue,
    /// Their index entries and `$id`s, by file path.
    entries: HashMap<String, (IndexEntry, Option<String>)>,
}

impl Folder {
    /// Reads a folder, which may still be empty.
    pub(super) fn read(dir: &Path) -> Result<Self, FilesError> {
        let mut entries = HashMap::new();
        let mut events = Vec::new();
        if let Some(index) = Index::read(dir)? {
            for listed in files::read_listed(dir, index)? {
                events.push(listed.event);
                entries.insert(listed.entry.path.clone(), (listed.entry, listed.id));
            }
        }
        let files = events.into_iter().collect();
        Ok(Self { files, entries })
    }

    /// What `export` would change for an event whose schema is up to date.
    pub(super) fn differences(
        &self,
        event: &EventType,
        base_url: Option<&str>,
    ) -> Result<Vec<FindingKind>, FilesError> {
        let expected = IndexEntry::of(event)?;
        let Some((entry, id)) = self.entries.get(&expected.path) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        let members = [
            ("hash", entry.hash != expected.hash),
            ("description", entry.description != expected.description),
        ];
        let members = members.into_iter().filter(|(_, differs)| *differs);
        let members: Vec<_> = members.map(|(member, _)| member.to_owned()).collect();
        if !members.is_empty() {
            found.push(FindingKind::LineDiffers { members });
        }
        let new = base_url.map(|base| files::schema_id(base, &expected.path));
        if *id != new {
            let old = id.clone();
            found.push(FindingKind::SchemaIdChanged { old, new });
        }
        Ok(found)
    }

    /// The name, version and path of each exported file that the index does not list. Files of types
    /// in the program are left out, because `export` lists them.
    pub(super) fn unlisted(
        &self,
        dir: &Path,
        types: &Catalogue,
    ) -> Result<Vec<(String, Option<String>, String)>, FilesError> {
        let events = types.iter().chain(&self.files);
        let names: BTreeSet<&str> = events.map(|event| event.name.as_str()).collect();
        let mut found = Vec::new();
        for name in names {
            let folder = files::folder_of(name)?;
            let at = dir.join(&folder);
            let entries = match fs::read_dir(&at) {
                Ok(entries) => entries,
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                    ) =>
                {
                    continue;
                }
                Err(error) => return Err(FilesError::io("read", &at, error)),
            };
            for entry in entries {
                let entry = entry.map_err(|error| FilesError::io("read", &at, error))?;
                let Some(file) = entry.file_name().to_str().map(str::to_owned) else {
                    continue;
                };
                let path = format!("{folder}/{file}");
                let is_json = Path::new(&file).extension().is_some_and(|e| e == "json");
                if !is_json || self.entries.contains_key(&path) {
                    continue;
                }
                // `export` did not write a file that is not a schema.
                let Ok(schema) = files::read_unchecked(&entry.path()) else {
                    continue;
                };
                let version = schema.pointer("/properties/v/const");
                let version = version.and_then(Value::as_str);
                if files::is_exported(&schema, name, version)
                    && files::path::of(name, version).is_ok_and(|own| own == path)
                    && types.get(name, version).is_none()
                {
                    found.push((name.to_owned(), version.map(str::to_owned), path));
                }
            }
        }
        found.sort();
        Ok(found)
    }
}
