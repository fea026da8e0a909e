//! Reads the schema files that `inngest-registry` exports.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The schemas in an exported folder.
pub(crate) struct Schemas(Vec<EventType>);

struct EventType {
    name: String,
    version: Option<String>,
    schema: Value,
}

impl Schemas {
    /// Reads a folder that `export` wrote, by its index.
    pub(crate) fn read(folder: &Path) -> Result<Self, String> {
        let index = read_json(&folder.join("index.json")).map_err(|error| {
            format!("{error}; `--schemas` takes a folder that `inngest-registry`'s `export` wrote")
        })?;
        let events = index["events"].as_array().into_iter().flatten();
        let types = events.map(|event| {
            let text = |key| event[key].as_str().map(str::to_owned);
            let path = text("path").unwrap_or_default();
            Ok(EventType {
                name: text("name").unwrap_or_default(),
                version: text("version"),
                schema: read_json(&folder.join(path))?,
            })
        });
        types.collect::<Result<_, String>>().map(Self)
    }

    /// The schema of this version. For an unknown version, the newest schema, so that the version is
    /// reported as a violation. The index lists older versions first.
    pub(crate) fn find(&self, name: &str, version: Option<&str>) -> Option<Value> {
        let mut types = self.0.iter().filter(|it| it.name == name);
        let same_version = types.clone().find(|it| it.version.as_deref() == version);
        Some(same_version.or_else(|| types.next_back())?.schema.clone())
    }
}

fn read_json(file: &Path) -> Result<Value, String> {
    let text =
        fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()))
}
