//! What each lint looks for.

use std::collections::BTreeMap;

use inngest_core::registry::{ConflictKind, Registry};
use inngest_grammar::limits::MAX_INTEGER;
use serde_json::{Map, Value};

use super::names::{Level, Lint};
use super::report::Warning;
use crate::catalogue::{Catalogue, EventType};
use crate::fields::{self, Field};
use crate::settings::Settings;
use crate::version;

/// What was found so far.
pub(super) struct Found<'a> {
    pub(super) settings: &'a Settings,
    pub(super) warnings: Vec<Warning>,
}

impl Found<'_> {
    fn push(&mut self, lint: Lint, event: &EventType, message: String) {
        let level = self.settings.level(lint, &event.name);
        if level > Level::Allow {
            self.warnings.push(Warning {
                lint,
                level,
                event: event.name.clone(),
                version: event.version.clone(),
                source: event.source.clone(),
                message,
            });
        }
    }
}

pub(super) fn coinciding_ids(registry: &Registry, found: &mut Found<'_>) {
    let Err(conflicts) = registry.check() else {
        return;
    };
    for conflict in &conflicts {
        // Two versions of one event tell of the same thing, and one of them is enough.
        let same_event = conflict.first.name() == conflict.second.name();
        if conflict.kind == ConflictKind::SameId && !same_event {
            let event = EventType::from(&conflict.first);
            found.push(Lint::CoincidingIds, &event, conflict.to_string());
        }
    }
}

pub(super) fn outdated_version(types: &Catalogue, exported: &Catalogue, found: &mut Found<'_>) {
    for event in types {
        let files = exported.versions(&event.name);
        let is_exported = files.iter().any(|file| file.version == event.version);
        let newer = files.iter().rev().find(|file| {
            version::compare(file.version.as_deref(), event.version.as_deref()).is_gt()
        });
        if let Some(newer) = newer
            && !is_exported
        {
            let newest = newer.version.as_deref().unwrap_or_default();
            let taken = files.iter().map(|file| file.version.as_deref());
            let bump = match version::next(newest, taken) {
                Some(next) => format!("`{next}` or a later date"),
                None => "a later version".to_owned(),
            };
            let message = format!("{newest} is exported already, which is newer; take {bump}");
            found.push(Lint::OutdatedVersion, event, message);
        }
    }
}

pub(super) fn similar_names(types: &Catalogue, found: &mut Found<'_>) {
    let mut spellings: BTreeMap<String, Vec<&EventType>> = BTreeMap::new();
    for event in types {
        let plain = event
            .name
            .chars()
            .filter(|c| c.is_alphanumeric() || *c == '/')
            .flat_map(char::to_lowercase)
            .collect();
        let same = spellings.entry(plain).or_default();
        if same.iter().all(|known| known.name != event.name) {
            same.push(event);
        }
    }
    for same in spellings.values() {
        let Some((first, others)) = same.split_first() else {
            continue;
        };
        for other in others {
            let message = format!(
                "`{}` is nearly the same name, and a function for one does not run for the other; \
                 give both the same name, or names that differ in more than signs and case",
                first.name
            );
            found.push(Lint::SimilarNames, other, message);
        }
    }
}

pub(super) fn one_event(event: &EventType, found: &mut Found<'_>) {
    if event.id_template.is_none() {
        let message = "it has no id, so an event that is sent twice runs its functions twice; add \
                       `id = \"…\"` or mark a field `#[event(id)]`";
        found.push(Lint::EventWithoutId, event, message.to_owned());
    }
    let fields = fields::of(&event.schema);
    let large = paths(&fields, |field| is_large(field.schema));
    if let Some(paths) = large {
        let message = format!(
            "{paths} may be beyond ±(2^53−1), and such an event cannot be sent; write 64-bit \
             integers as text with `#[serde(with = \"inngest_core::AsString\")]`, optional ones with \
             `OptionAsString`, or use 32 bits"
        );
        found.push(Lint::LargeIntegers, event, message);
    }
    let both = paths(&fields, |field| {
        let optional = field.property.is_some_and(|property| !property.required);
        optional && field.nullable
    });
    if let Some(paths) = both {
        let message = format!(
            "{paths} may be `null` and may be absent, which readers must both expect; leave \
             `skip_serializing_if` out for a field that is always there, or write it and take `null` \
             out of the schema with `#[schemars(with = \"…\")]` and the inner type"
        );
        found.push(Lint::NullOrAbsent, event, message);
    }
    let undocumented = paths(&fields, |field| {
        let is_field = field.property.is_some_and(|property| property.documentable);
        is_field && !field.schema.contains_key("description")
    });
    if let Some(paths) = undocumented {
        let message = format!(
            "no doc comment on {paths}; say above the field, after `///`, what readers should know"
        );
        found.push(Lint::UndocumentedFields, event, message);
    }
}

/// The paths of the fields that are meant, `None` without any.
fn paths(fields: &[Field<'_>], meant: impl Fn(&Field<'_>) -> bool) -> Option<String> {
    let mut paths: Vec<String> = Vec::new();
    for field in fields.iter().filter(|field| meant(field)) {
        let path = format!("`{}`", crate::effect::place(&field.path));
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    (!paths.is_empty()).then(|| paths.join(", "))
}

/// Whether the bounds are those that stand for a 64-bit type.
fn is_large(schema: &Map<String, Value>) -> bool {
    let bound = |keyword| schema.get(keyword).and_then(Value::as_i64);
    let integer = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(|t| t == "integer"),
        Some(only) => only == "integer",
        None => false,
    };
    integer
        && (bound("maximum").is_some_and(|maximum| maximum >= MAX_INTEGER)
            || bound("minimum").is_some_and(|minimum| minimum <= -MAX_INTEGER))
}
