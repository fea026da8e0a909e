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
        let file = folder.join("index.json");
        let listed = read_json(&file).and_then(|index| {
            listed(&index)
                .ok_or_else(|| format!("{} lists no event types under `events`", file.display()))
        });
        let listed = listed.map_err(|error| {
            format!("{error}; `--schemas` takes a folder that `inngest-registry`'s `export` wrote")
        })?;
        let types = listed.into_iter().map(|entry| {
            Ok(EventType {
                name: entry.name,
                version: entry.version,
                schema: read_json(&folder.join(entry.path))?,
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

/// An entry of the index.
struct Entry {
    name: String,
    version: Option<String>,
    path: String,
}

/// The entries of an index, which may be none; `None` if it is not an index.
fn listed(index: &Value) -> Option<Vec<Entry>> {
    let entry = |entry: &Value| {
        let text = |key| entry[key].as_str().map(str::to_owned);
        Some(Entry {
            name: text("name")?,
            version: match &entry["version"] {
                Value::Null => None,
                _ => Some(text("version")?),
            },
            path: text("path")?,
        })
    };
    index["events"].as_array()?.iter().map(entry).collect()
}

fn read_json(file: &Path) -> Result<Value, String> {
    let text =
        fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_index_lists_event_types() {
        let names = |index: Value| {
            let listed = listed(&index)?;
            Some(
                listed
                    .into_iter()
                    .map(|entry| entry.name)
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(names(json!({ "events": [] })), Some(Vec::new()));
        let complete = json!({ "name": "a", "version": null, "path": "a.json" });
        assert_eq!(
            names(json!({ "events": [complete] })),
            Some(vec!["a".to_owned()])
        );
        for other in [
            json!([]),
            json!({}),
            json!({ "events": {} }),
            json!({ "events": ["a"] }),
            json!({ "events": [complete, {}] }),
            json!({ "events": [{ "name": "a" }] }),
            json!({ "events": [{ "path": "a.json" }] }),
            json!({ "events": [{ "name": "a", "version": 1, "path": "a.json" }] }),
        ] {
            assert_eq!(names(other.clone()), None, "{other}");
        }
    }
}
