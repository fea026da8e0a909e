//! Implements the lints.

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

/// Collects the findings.
pub(super) struct Findings<'a> {
    pub(super) settings: &'a Settings,
    pub(super) warnings: Vec<Warning>,
}

impl Findings<'_> {
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

pub(super) fn coinciding_ids(registry: &Registry, findings: &mut Findings<'_>) {
    let Err(conflicts) = registry.check() else {
        return;
    };
    for conflict in &conflicts {
        // Versions of one event may share ids: they describe the same occurrence.
        let same_event = conflict.first.name() == conflict.second.name();
        if conflict.kind == ConflictKind::SameId && !same_event {
            let event = EventType::from(&conflict.first);
            findings.push(Lint::CoincidingIds, &event, conflict.to_string());
        }
    }
}

pub(super) fn outdated_version(
    types: &Catalogue,
    exported: &Catalogue,
    findings: &mut Findings<'_>,
) {
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
            let message = format!("the newer version {newest} is already exported; use {bump}");
            findings.push(Lint::OutdatedVersion, event, message);
        }
    }
}

pub(super) fn similar_names(types: &Catalogue, findings: &mut Findings<'_>) {
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
                "the name differs from `{}` only in punctuation or case, and functions for one do not \
                 run for the other; use one name, or names with different words",
                first.name
            );
            findings.push(Lint::SimilarNames, other, message);
        }
    }
}

pub(super) fn check_event(event: &EventType, findings: &mut Findings<'_>) {
    if event.id_template.is_none() {
        let message = "the event has no id, so its functions run twice if it is sent twice; add \
                       `id = \"…\"` or mark a field with `#[event(id)]`";
        findings.push(Lint::EventWithoutId, event, message.to_owned());
    }
    let fields = fields::of(&event.schema);
    let large = paths(&fields, |field| is_large(field.schema));
    if let Some(paths) = large {
        let message = format!(
            "{paths} may reach ±(2^53−1), and an event with a larger integer cannot be sent; write \
             64-bit integers as text with `#[serde(with = \"inngest_core::AsString\")]`, optional ones with \
             `OptionAsString`, or use 32 bits"
        );
        findings.push(Lint::LargeIntegers, event, message);
    }
    let both = paths(&fields, |field| {
        let optional = field.property.is_some_and(|property| !property.required);
        optional && field.nullable
    });
    if let Some(paths) = both {
        let message = format!(
            "{paths} may be `null` or absent, and readers must handle both; remove \
             `skip_serializing_if` so that the field is always present, or keep it and remove `null` \
             from the schema with `#[schemars(with = \"…\")]` and the inner type"
        );
        findings.push(Lint::NullOrAbsent, event, message);
    }
    let undocumented = paths(&fields, |field| {
        let is_field = field.property.is_some_and(|property| property.documentable);
        is_field && !field.schema.contains_key("description")
    });
    if let Some(paths) = undocumented {
        let message =
            format!("{paths} without a doc comment; describe the field with `///` above it");
        findings.push(Lint::UndocumentedFields, event, message);
    }
}

/// The paths of the selected fields, or `None` if there are none.
fn paths(fields: &[Field<'_>], selected: impl Fn(&Field<'_>) -> bool) -> Option<String> {
    let mut paths: Vec<String> = Vec::new();
    for field in fields.iter().filter(|field| selected(field)) {
        let path = format!("`{}`", crate::effect::place(&field.path));
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    (!paths.is_empty()).then(|| paths.join(", "))
}

/// Whether a bound of the schema is the one that replaces the range of a 64-bit type.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn large_integers_message_is_true_at_the_bound() {
        let message = |maximum: i64| {
            let field = json!({ "type": "integer", "minimum": 0, "maximum": maximum });
            let event = EventType {
                name: "shop/order.paid".to_owned(),
                version: None,
                id_template: Some("order-paid-{id}".to_owned()),
                description: None,
                rust_type: None,
                source: None,
                schema: json!({ "properties": { "data": { "properties": { "count": field } } } }),
            };
            let settings = Settings::new();
            let mut findings = Findings {
                settings: &settings,
                warnings: Vec::new(),
            };
            check_event(&event, &mut findings);
            let warnings = findings.warnings.into_iter();
            let mut large = warnings.filter(|warning| warning.lint == Lint::LargeIntegers);
            large.next().map(|warning| warning.message)
        };
        assert_eq!(message(MAX_INTEGER - 1), None);
        // 2^53−1 itself can be sent, so the message must not claim that the field exceeds it.
        let at_the_bound = message(MAX_INTEGER).unwrap();
        assert!(
            at_the_bound.starts_with("`count` may reach ±(2^53−1), and an event with a larger"),
            "{at_the_bound}"
        );
    }
}
