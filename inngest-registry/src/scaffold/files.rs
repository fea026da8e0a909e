//! Reads what types are scaffolded from: folders, documents and events.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Deserializer, Value, json};

use super::source::{self, About, EventSchema};
use crate::catalogue::Catalogue;
use crate::error::{Error, Problem};
use crate::layout::{INDEX, without_bom};
use crate::samples::{self, Origin, Query, Sample, Source};

/// Everything that was read from the sources.
#[derive(Debug, Default)]
pub(super) struct Input {
    pub(super) schemas: Vec<EventSchema>,
    pub(super) samples: Vec<Sample>,
    pub(super) notes: Vec<String>,
}

/// The members of an event.
const MEMBERS: [&str; 7] = ["name", "id", "ts", "v", "data", "user", "meta"];

/// Reads a folder, a file, standard input or the events of a server. The name of the query is the event of a
/// schema that describes only data.
pub(super) fn read(source: &str, query: &Query, input: &mut Input) -> Result<(), Error> {
    let name = query.name.as_deref();
    let path = Path::new(source);
    if path.is_dir() {
        if path.join(INDEX).exists() {
            input
                .schemas
                .extend(source::exported(&Catalogue::read(path)?));
            return Ok(());
        }
        return read_folder(path, name, input);
    }
    if let Some(document) = schema_document(path)? {
        let about = About {
            name: name.map(str::to_owned),
            ..About::default()
        };
        let events = source::of_document(document, about);
        input
            .schemas
            .extend(events.ok_or_else(|| Problem::UnnamedSchema(path.to_owned()))?);
        return Ok(());
    }
    let from = Source::from(source);
    if let Some(name) = name
        && let Some(samples) = payloads(&from, name)?
    {
        let limit = query.limit.unwrap_or(usize::MAX);
        input.samples.extend(samples.into_iter().take(limit));
        return Ok(());
    }
    let mut unknown = BTreeSet::new();
    for sample in samples::read(&from, query)? {
        let sample = sample?;
        let keys = sample
            .as_value()
            .as_object()
            .into_iter()
            .flat_map(|event| event.keys());
        unknown.extend(keys.filter(|key| !MEMBERS.contains(&key.as_str())).cloned());
        input.samples.push(sample);
    }
    if !unknown.is_empty() {
        let unknown: Vec<_> = unknown.iter().map(|key| format!("`{key}`")).collect();
        input.notes.push(format!(
            "{source}: {} beside `data` is not a member of an event and is left out; if the documents are \
             data without events, name their event with `--name storefront/item.imported`",
            unknown.join(", ")
        ));
    }
    Ok(())
}

/// The samples of a file whose documents are the data of an event, such as the bodies of a webhook. `None`
/// if they are events.
fn payloads(source: &Source, name: &str) -> Result<Option<Vec<Sample>>, Error> {
    let Source::File(path) = source else {
        return Ok(None);
    };
    let text = fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
    let documents: Result<Vec<Value>, _> = Deserializer::from_str(without_bom(&text))
        .into_iter()
        .collect();
    // The reader of events describes the error.
    let Ok(documents) = documents else {
        return Ok(None);
    };
    let documents = documents.into_iter().flat_map(|document| match document {
        Value::Array(items) => items,
        other => vec![other],
    });
    let documents: Vec<Value> = documents.collect();
    let is_event = |document: &Value| {
        document.get("name").is_some_and(Value::is_string)
            && document.get("data").is_some_and(Value::is_object)
    };
    if documents.is_empty() || documents.iter().any(is_event) {
        return Ok(None);
    }
    let samples = documents.into_iter().enumerate().map(|(index, data)| {
        let origin = Origin::Item(index + 1);
        Sample::new(json!({ "name": name, "data": data }), origin.clone()).map_err(|problem| {
            Error(Problem::Sample {
                origin: format!("{origin} of `{}`", path.display()),
                problem: format!("an event: {problem}"),
            })
        })
    });
    samples.collect::<Result<_, _>>().map(Some)
}

/// The document of a file, if it is a schema rather than a sample.
fn schema_document(path: &Path) -> Result<Option<Value>, Error> {
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    if ["yaml", "yml"].contains(&ending) {
        return Err(Problem::Yaml(path.to_owned()).into());
    }
    if ending != "json" {
        return Ok(None);
    }
    let text = fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
    // Text that is not one JSON document may be JSON Lines, whose reader describes errors better.
    let document: Option<Value> = serde_json::from_str(without_bom(&text)).ok();
    Ok(document.filter(source::is_schema))
}

/// Reads all schemas below a folder, such as the events of an `EventCatalog`.
fn read_folder(folder: &Path, name: Option<&str>, input: &mut Input) -> Result<(), Error> {
    let mut unnamed = None;
    let mut found = false;
    for path in json_files(folder)? {
        let Some(document) = schema_document(&path)? else {
            continue;
        };
        let mut about = front_matter(&path);
        if about.name.is_none() {
            about.name = name.map(str::to_owned);
        }
        match source::of_document(document, about) {
            Some(events) => {
                found = true;
                input.schemas.extend(events);
            }
            None => unnamed = Some(path),
        }
    }
    match unnamed {
        Some(path) => Err(Problem::UnnamedSchema(path).into()),
        None if !found => Err(Problem::NoSchemas(folder.to_owned()).into()),
        None => Ok(()),
    }
}

/// The JSON files below a folder, in the order of their paths.
fn json_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| Error::io("read", &folder, error))?;
        for entry in entries {
            let path = entry
                .map_err(|error| Error::io("read", &folder, error))?
                .path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if path.is_dir() {
                if name != "node_modules" && !name.starts_with('.') {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|ending| ending == "json")
                && name != "package.json"
            {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Reads what the page of `EventCatalog` next to a schema says about the event.
fn front_matter(schema: &Path) -> About {
    let pages = ["index.mdx", "index.md"].map(|name| schema.with_file_name(name));
    let Some(text) = pages.iter().find_map(|page| fs::read_to_string(page).ok()) else {
        return About::default();
    };
    let mut lines = text.lines();
    if lines.next().map(str::trim_end) != Some("---") {
        return About::default();
    }
    let mut about = About::default();
    let mut id = None;
    for line in lines.take_while(|line| line.trim_end() != "---") {
        // Indented lines belong to another key.
        let Some((key, value)) = line.split_once(": ").filter(|_| !line.starts_with(' ')) else {
            continue;
        };
        let value = scalar(value);
        match key {
            "id" => id = value,
            "name" => about.name = value,
            "version" => about.version = value,
            "summary" => about.description = value,
            _ => {}
        }
    }
    // The name may be a title for people.
    let is_event_name = |name: &String| !name.contains(' ');
    about.name = about.name.filter(is_event_name).or(id);
    about
}

/// A YAML string on one line. `None` if it continues on the next line.
fn scalar(value: &str) -> Option<String> {
    let value = value.trim();
    let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    match quoted('\'') {
        Some(text) => Some(text.replace("''", "'")),
        None if value.starts_with('"') => serde_json::from_str(value).ok(),
        None if value.is_empty() || value.starts_with(['|', '>']) => None,
        None => Some(value.to_owned()),
    }
}
