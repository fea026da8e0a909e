//! Checks that events of exported schemas, including old versions, still decode.

mod generate;
mod graph;
mod keyword;
mod number;
mod pattern;
mod sample;
mod scalar;
mod text;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use self::generate::Missing;
use crate::error::DecodeError;
use crate::events::{Events, decode};

/// Checks that every exported version of the enum's events decodes into a variant. Call it in a test.
///
/// The folder is the output of `inngest-registry export`. It keeps the schemas of old versions,
/// because their events may still be stored, delayed or retried. For each schema of an event that the
/// enum decodes, this function generates events and decodes them: with all fields, with only the required
/// fields, with each optional field, with each variant of each enum, and with the smallest and the largest
/// number. Schemas of other events are ignored.
///
/// It is an error if no value can be generated for a part of a schema, because nothing would show that the
/// part decodes. The cause is a pattern with syntax such as `(?=…)`, or a keyword such as `if`. Add `examples`
/// to that part.
///
/// ```no_run
/// # use inngest_core::Event;
/// # use inngest_receive::Events;
/// # #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, Event)]
/// # #[event(name = "shop/order.paid")]
/// # struct OrderPaid {}
/// # #[derive(Events)]
/// # enum ShopEvent {
/// #     OrderPaid(OrderPaid),
/// # }
/// #[test]
/// fn old_events_decode() -> Result<(), inngest_receive::CheckError> {
///     inngest_receive::check::<ShopEvent>("schemas")
/// }
/// ```
///
/// # Errors
///
/// The folder has no readable index, a schema cannot be read, no variant decodes a version, an event
/// does not decode, or no event can be generated for a part of a schema. The error lists all of these.
pub fn check<E: Events>(folder: impl AsRef<Path>) -> Result<(), CheckError> {
    let folder = folder.as_ref();
    let mut problems = Vec::new();
    match read::<Index>(&folder.join("index.json")) {
        Err(problem) => problems.push(problem),
        Ok(index) => {
            for entry in index.events {
                if E::NAMES.contains(&entry.name.as_str()) {
                    problems.extend(check_entry::<E>(folder, &entry));
                }
            }
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(CheckError { problems })
    }
}

/// The parts of `index.json` that are read.
#[derive(Deserialize)]
struct Index {
    events: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    version: Option<String>,
    path: String,
}

/// Why events of an exported folder do not decode.
#[derive(Debug)]
pub struct CheckError {
    problems: Vec<Problem>,
}

#[derive(Debug)]
enum Problem {
    File {
        path: PathBuf,
        message: String,
    },
    NoVariant {
        name: String,
        version: Option<String>,
    },
    Event {
        path: PathBuf,
        error: DecodeError,
    },
    NoSample {
        path: PathBuf,
        part: Missing,
    },
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            match problem {
                Problem::File { path, message } => write!(
                    f,
                    "`{}` cannot be read, {message}; export the schemas with `inngest-registry export`",
                    path.display()
                )?,
                Problem::NoVariant { name, version } => {
                    match version {
                        Some(version) => write!(f, "version `{version}` of `{name}`")?,
                        None => write!(f, "`{name}` without a version")?,
                    }
                    f.write_str(
                        " is exported, but no variant decodes it; add its type with \
                         `#[events(from(…))]`",
                    )?;
                }
                Problem::NoSample { path, part } => write!(
                    f,
                    "`{}` is not fully checked, because no value of `{}` can be made, {}; add one to \
                     `examples` of that part",
                    path.display(),
                    part.pointer,
                    part.reason
                )?,
                Problem::Event { path, error } => {
                    write!(
                        f,
                        "an event of `{}` does not decode: {error}",
                        path.display()
                    )?;
                }
            }
        }
        Ok(())
    }
}

impl std::error::Error for CheckError {}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Problem> {
    let problem = |message: String| Problem::File {
        path: path.to_owned(),
        message,
    };
    let text = fs::read_to_string(path).map_err(|error| problem(error.to_string()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    serde_json::from_str(text).map_err(|error| problem(error.to_string()))
}

fn check_entry<E: Events>(folder: &Path, entry: &Entry) -> Vec<Problem> {
    let kind = E::__KINDS.find(&entry.name, entry.version.as_deref());
    if kind.is_none() {
        return vec![Problem::NoVariant {
            name: entry.name.clone(),
            version: entry.version.clone(),
        }];
    }
    let path = folder.join(&entry.path);
    let schema: Value = match read(&path) {
        Ok(schema) => schema,
        Err(problem) => return vec![problem],
    };
    let samples = sample::of_data(&schema);
    // One cause can make many events fail, so each path in the data is reported once.
    let mut paths = BTreeSet::new();
    let events = samples.values.into_iter().filter_map(|data| {
        let error = decode_data::<E>(entry, &data).err()?;
        paths
            .insert(error.path().to_owned())
            .then(|| Problem::Event {
                path: path.clone(),
                error,
            })
    });
    let mut problems: Vec<_> = events.collect();
    problems.extend(samples.missing.into_iter().map(|part| Problem::NoSample {
        path: path.clone(),
        part,
    }));
    problems
}

fn decode_data<E: Events>(entry: &Entry, data: &Value) -> Result<E, DecodeError> {
    let mut event = json!({
        "data": data,
        "id": "1",
        "name": entry.name,
        "ts": 1_795_877_869_994_i64,
        "user": {},
    });
    if let (Some(version), Some(event)) = (&entry.version, event.as_object_mut()) {
        event.insert("v".to_owned(), version.clone().into());
    }
    decode(event.to_string())
}
