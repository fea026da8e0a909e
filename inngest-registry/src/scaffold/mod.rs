//! Writes Rust event types from schemas or from sent events.
//!
//! The result is a proposal: it compiles, and its types have the given schemas or read the given events.
//! Review its names, enums and ids.

mod build;
mod code;
#[cfg(feature = "cli")]
pub(crate) mod command;
mod files;
mod id;
mod names;
mod print;
mod resolve;
mod samples;
mod schema;
mod source;

use std::collections::BTreeMap;

use self::build::Builder;
use self::files::Input;
use self::source::EventSchema;
use crate::catalogue::Catalogue;
use crate::error::{Error, Problem};
use crate::samples::{Query, Sample};
use crate::version;

/// Generated Rust code, and notes for its reviewer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scaffold {
    /// The code of a file.
    pub code: String,
    /// What could not be expressed or needs a decision, one sentence each.
    pub notes: Vec<String>,
}

/// Writes the types of schemas or of events, as the command `scaffold` does.
///
/// A source is a folder that `export` wrote or that `EventCatalog` reads, an `AsyncAPI` document, a JSON
/// Schema, a file with events, `-` for standard input, or the URL of a dev server or of
/// [Insights](crate::samples::Source). The query selects events from each source. With a name, only the event
/// of that name is read, and schemas and documents may describe its data alone.
///
/// # Errors
///
/// A source cannot be read, no source has an event, or some sources are schemas and others are events.
pub fn from_sources<S: AsRef<str>>(
    sources: impl IntoIterator<Item = S>,
    query: &Query,
) -> Result<Scaffold, Error> {
    let mut input = Input::default();
    for source in sources {
        files::read(source.as_ref(), query, &mut input)?;
    }
    let Input {
        mut schemas,
        samples,
        mut notes,
    } = input;
    let name = query.name.as_deref();
    schemas.retain(|schema| name.is_none_or(|name| name == schema.name));
    let mut scaffold = match (schemas.is_empty(), samples.is_empty()) {
        (true, true) => return Err(Problem::NoEvents.into()),
        (false, false) => return Err(Problem::SchemasAndEvents.into()),
        (false, true) => from_schemas(schemas),
        (true, false) => from_samples(samples),
    };
    notes.append(&mut scaffold.notes);
    scaffold.notes = notes;
    Ok(scaffold)
}

/// Writes the types of an exported folder. Exported again, they give the same schemas.
///
/// The latest version of each event is at the top; older ones are in modules.
#[must_use]
pub fn from_catalogue(catalogue: &Catalogue) -> Scaffold {
    from_schemas(source::exported(catalogue))
}

/// Writes types that read the given events and write their data unchanged.
///
/// Proposes an id template if a field is unique or the ids of the events follow a template. Proposes an enum
/// only for strings with few values in many samples.
#[must_use]
pub fn from_samples(samples: impl IntoIterator<Item = Sample>) -> Scaffold {
    let mut events: BTreeMap<(String, Option<String>), Vec<Sample>> = BTreeMap::new();
    for sample in samples {
        let key = (
            sample.name().to_owned(),
            sample.version().map(str::to_owned),
        );
        events.entry(key).or_default().push(sample);
    }
    let mut events: Vec<_> = events.into_iter().collect();
    version::sort(&mut events, |((name, version), _)| {
        (name, version.as_deref())
    });
    let (keys, samples): (Vec<_>, Vec<_>) = events.into_iter().unzip();
    write(&keys, &[], |builder, places| {
        let own = |index: &usize| samples.get(*index).map(Vec::as_slice);
        let groups = samples::groups(places.iter().filter_map(|(index, _)| own(index)));
        for (index, place) in places {
            if let Some(samples) = own(&index) {
                samples::add(builder, place, samples, &groups);
            }
        }
    })
}

fn from_schemas(mut events: Vec<EventSchema>) -> Scaffold {
    version::sort(&mut events, |event| (&event.name, event.version.as_deref()));
    let titles = events
        .iter()
        .map(|event| event.title.clone())
        .collect::<Vec<_>>();
    let keys: Vec<_> = events
        .iter()
        .map(|e| (e.name.clone(), e.version.clone()))
        .collect();
    write(&keys, &titles, |builder, places| {
        for (index, place) in places {
            if let Some(event) = events.get(index) {
                schema::add(builder, place, event);
            }
        }
    })
}

/// The index of an event, and the reserved place and name of its struct.
type Place = (usize, (code::ItemId, String));

/// Writes events, which are in order of name and version. `add` adds the events of a module.
fn write(
    events: &[(String, Option<String>)],
    titles: &[Option<String>],
    add: impl Fn(&mut Builder, Vec<Place>),
) -> Scaffold {
    // Older versions have the same type name as the latest one, so they are in modules.
    let mut modules: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::from([(None, Vec::new())]);
    for (index, (name, version)) in events.iter().enumerate() {
        let is_latest = events.get(index + 1).is_none_or(|(next, _)| next != name);
        let module = (!is_latest).then(|| names::module(version.as_deref()));
        modules.entry(module).or_default().push(index);
    }
    let mut written = Vec::new();
    let mut notes = Vec::new();
    let mut has_open_integers = false;
    for (module, indices) in modules {
        let mut builder = Builder::new(module);
        let mut places = Vec::new();
        for &index in &indices {
            let Some((name, _)) = events.get(index) else {
                continue;
            };
            let title = titles.get(index).and_then(Option::as_deref);
            let is_shared = |other: &&usize| {
                let other = events.get(**other).map(|(name, _)| name);
                other.is_some_and(|other| other != name && last(other) == last(name))
            };
            let is_unique = !indices.iter().any(|other| is_shared(&other));
            places.push((index, builder.reserve_event(name, title, is_unique)));
        }
        add(&mut builder, places);
        builder.module.box_recursion();
        notes.append(&mut builder.notes);
        has_open_integers |= builder.has_open_integers;
        written.push(builder.module);
    }
    if has_open_integers {
        notes.push(
            "integers without a bound get one when they are exported, ±(2^53−1), because the client \
             sends no larger ones"
                .to_owned(),
        );
    }
    Scaffold {
        code: print::file(&written),
        notes,
    }
}

/// The part of an event name after the last `/`.
fn last(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, last)| last)
}
