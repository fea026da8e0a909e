//! Implements the lints.

use std::collections::{BTreeMap, HashSet};

use inngest_core::registry::{ConflictKind, Registry};
use inngest_grammar::limits::MAX_INTEGER;
use serde_json::{Map, Value};

use super::field_names;
use super::may_be_empty;
use super::names::{Level, Lint};
use super::report::Warning;
use crate::catalogue::{Catalogue, EventType};
use crate::fields::{self, Field};
use crate::settings::Settings;
use crate::version;
use crate::walk::has_type;

/// Collects the findings.
pub(super) struct Findings<'a> {
    pub(super) settings: &'a Settings,
    pub(super) warnings: Vec<Warning>,
}

impl Findings<'_> {
    fn push(&mut self, lint: Lint, event: &EventType, message: String) {
        let level = self.settings.level_of(lint, &event.name);
        if level > Level::Allow {
            let source = event.source.clone().unzip();
            self.warnings.push(Warning {
                lint,
                level,
                event: event.name.clone(),
                version: event.version.clone(),
                file: source.0,
                line: source.1,
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
        if let Some(newest) = files.last()
            && event.is_older_than(newest)
            && !is_exported
        {
            let newest = newest.version.as_deref().unwrap_or_default();
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
    if let Some(template) = &event.id_template {
        may_be_empty(event, template, findings);
    } else {
        let message = "the event has no id, so its functions run twice if it is sent twice; add \
                       `id = \"…\"` or mark a field with `#[event(id)]`";
        findings.push(Lint::EventWithoutId, event, message.to_owned());
    }
    let fields = fields::of(&event.schema);
    let mut check = |lint, selected: fn(&Field<'_>) -> bool, message: &str| {
        if let Some(paths) = paths(&fields, selected) {
            findings.push(lint, event, format!("{paths} {message}"));
        }
    };
    check(
        Lint::LargeIntegers,
        |field| is_large(field.schema),
        "may reach ±(2^53−1), and an event with a larger integer cannot be sent; write 64-bit \
         integers as text with `#[serde(with = \"inngest_core::AsString\")]`, optional ones with \
         `OptionAsString`, or use 32 bits",
    );
    check(
        Lint::NullOrAbsent,
        |field| field.nullable && field.property.is_some_and(|property| !property.required),
        "may be `null` or absent, and readers must handle both; remove `skip_serializing_if` so that \
         the field is always present, or keep it and remove `null` from the schema with \
         `#[schemars(with = \"…\")]` and the inner type",
    );
    check(
        Lint::SensitiveFields,
        |field| {
            !field.path.starts_with("user")
                && name(field).is_some_and(|name| field_names::is_sensitive(&name, field.schema))
        },
        "should not be in `data`, because its name suggests a secret or personal data; send no \
         secrets, and put personal data into a field with `#[event(user)]`",
    );
    check(
        Lint::UntypedTexts,
        |field| name(field).is_some_and(|name| field_names::is_time_as_text(&name, field.schema)),
        "should not be plain text, because its name suggests a time; use a type of `chrono`, `jiff` or \
         `time`",
    );
    check(
        Lint::UntypedTexts,
        |field| name(field).is_some_and(|name| field_names::is_number_as_text(&name, field.schema)),
        "should not be plain text, because its name suggests a number; use a Rust number, or \
         `rust_decimal::Decimal` for money",
    );
    check(
        Lint::UndocumentedFields,
        |field| {
            field.property.is_some_and(|property| property.documentable)
                && !field.schema.contains_key("description")
        },
        "should have a doc comment; write `///` above the field",
    );
    closed_enums(event, &fields, findings);
}

/// Flags enums whose new variants break readers of the old schema.
fn closed_enums(event: &EventType, fields: &[Field<'_>], findings: &mut Findings<'_>) {
    let mut seen = HashSet::new();
    let closed = fields.iter().filter(|field| {
        // Alternatives of an enum are listed after it with its path.
        field_names::is_closed_enum(field.schema)
            .is_some_and(|is_closed| seen.insert(&field.path) && is_closed)
    });
    if let Some(paths) = listed(closed) {
        let message = format!(
            "{paths} should have a variant for unknown values, such as `#[serde(untagged)] Other(String)`, \
             because a new variant breaks readers of the old schema; allow this lint if the \
             list is complete"
        );
        findings.push(Lint::ClosedEnums, event, message);
    }
}

/// The name of a property.
fn name(field: &Field<'_>) -> Option<String> {
    field.property?;
    let path = &field.path;
    if let Some(quoted) = path.strip_suffix(']') {
        let (_, quoted) = quoted.rsplit_once("[\"")?;
        return Some(quoted.trim_end_matches('"').to_owned());
    }
    let start = path.rfind('.').map_or(0, |dot| dot + 1);
    path.get(start..).map(str::to_owned)
}

fn may_be_empty(event: &EventType, template: &str, findings: &mut Findings<'_>) {
    let placeholders = may_be_empty::placeholders(template, &event.schema);
    if !placeholders.is_empty() {
        let placeholders: Vec<_> = placeholders.iter().map(|p| format!("`{{{p}}}`")).collect();
        let message = format!(
            "{} may be empty, and an event with an empty part of its id cannot be sent; use a type \
             that checks the text, such as `inngest_core::NonEmpty<String>`",
            placeholders.join(", ")
        );
        findings.push(Lint::MayBeEmpty, event, message);
    }
}

/// The paths of the selected fields, or `None` if there are none.
fn paths(fields: &[Field<'_>], selected: fn(&Field<'_>) -> bool) -> Option<String> {
    listed(fields.iter().filter(|field| selected(field)))
}

fn listed<'a>(fields: impl Iterator<Item = &'a Field<'a>>) -> Option<String> {
    let mut paths: Vec<String> = Vec::new();
    for field in fields {
        let path = format!("`{}`", crate::effect::place(&field.path));
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    (!paths.is_empty()).then(|| paths.join(", "))
}

/// Whether a bound of the schema is as wide as the one that an exported 64-bit type gets.
fn is_large(schema: &Map<String, Value>) -> bool {
    let bound = |keyword| schema.get(keyword).and_then(Value::as_i64);
    has_type(schema, "integer")
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
            let schema = json!({ "properties": { "data": { "properties": { "count": field } } } });
            let event = EventType::of_schema("shop/order.paid", None, schema);
            let settings = Settings::default();
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
