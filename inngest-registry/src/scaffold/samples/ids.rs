//! Proposes an id template: one that the samples' ids follow, or one with a unique field.

use std::collections::BTreeSet;

use inngest_grammar::name::{long_slug, slug};
use serde_json::Value;

use crate::samples::Sample;
use crate::scaffold::code::{Field, Type};
use crate::scaffold::id::{MAX_CANDIDATES, orders};

/// A template, and why it is proposed.
#[derive(Debug, PartialEq)]
pub(super) struct Proposal {
    pub(super) template: String,
    pub(super) reason: String,
}

/// Proposes a template for an event with these fields. The error says why there is none although the
/// samples have ids.
pub(super) fn propose(
    name: &str,
    samples: &[Sample],
    fields: &[Field],
) -> Result<Option<Proposal>, String> {
    let with_id: Vec<&Sample> = samples
        .iter()
        .filter(|sample| sample.id().is_some())
        .collect();
    let fields: Vec<&Field> = fields.iter().filter(|field| can_be_in_id(field)).collect();
    if with_id.is_empty() {
        return Ok(unique(name, samples, &fields));
    }
    let count = with_id.len();
    match followed(name, &with_id, &fields) {
        Some(template) => Ok(Some(Proposal {
            template,
            reason: format!("the ids of {count} of {} samples follow it", samples.len()),
        })),
        None => Err(format!(
            "the ids of {count} samples follow no template of the fields"
        )),
    }
}

/// Whether each sample has the field, with a value that an id can have.
fn can_be_in_id(field: &Field) -> bool {
    matches!(field.ty, Type::Plain("String" | "u64" | "i64"))
}

/// The printed value of a field, unless an id cannot have it.
fn printed(sample: &Sample, field: &Field) -> Option<String> {
    match sample.data().get(&field.key)? {
        Value::String(text) => (!text.is_empty()).then(|| text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The template that all ids follow. If several fit, the one with the least text between its fields.
fn followed(name: &str, samples: &[&Sample], fields: &[&Field]) -> Option<String> {
    let occurs = |field: &&&Field| {
        samples.iter().all(|sample| {
            let value = printed(sample, field);
            value.is_some_and(|value| sample.id().is_some_and(|id| id.contains(&value)))
        })
    };
    let candidates: Vec<&Field> = fields
        .iter()
        .filter(occurs)
        .take(MAX_CANDIDATES)
        .copied()
        .collect();
    let mut best: Option<(usize, String)> = None;
    for order in orders(candidates.len()) {
        let chosen: Vec<&Field> = order
            .iter()
            .filter_map(|index| candidates.get(*index).copied())
            .collect();
        let mut texts: Option<Vec<String>> = None;
        let same = samples
            .iter()
            .all(|sample| match (split(sample, &chosen), &texts) {
                (Some(found), Some(known)) => found == *known,
                (Some(found), None) => {
                    texts = Some(found);
                    true
                }
                (None, _) => false,
            });
        // Letters or digits between two values do not show where one ends.
        let between = |texts: &Vec<String>| {
            let between = texts.get(1..texts.len() - 1).unwrap_or_default();
            between
                .iter()
                .all(|text| text.contains(|c: char| !c.is_alphanumeric()))
        };
        let Some(texts) = texts.filter(|texts| same && between(texts)) else {
            continue;
        };
        let unexplained = texts.iter().map(String::len).sum();
        if best.as_ref().is_none_or(|(least, _)| unexplained < *least) {
            best = Some((unexplained, template(&texts, &chosen)));
        }
    }
    let distinct: BTreeSet<_> = samples.iter().filter_map(|sample| sample.id()).collect();
    let (_, template) = best?;
    // A single id proves little unless it begins with the slug of the event.
    let is_scoped = [slug(name), long_slug(name)]
        .iter()
        .any(|slug| template.starts_with(slug));
    (distinct.len() > 1 || is_scoped).then_some(template)
}

/// The texts around the values of the fields in the sample's id.
fn split(sample: &Sample, fields: &[&Field]) -> Option<Vec<String>> {
    let mut rest = sample.id()?;
    let mut texts = Vec::new();
    for field in fields {
        let value = printed(sample, field)?;
        // Take the last occurrence, because text such as the slug comes first.
        let at = match fields {
            [_] => rest.rfind(&value)?,
            _ => rest.find(&value)?,
        };
        texts.push(rest.get(..at)?.to_owned());
        rest = rest.get(at + value.len()..)?;
    }
    texts.push(rest.to_owned());
    Some(texts)
}

fn template(texts: &[String], fields: &[&Field]) -> String {
    let mut template = String::new();
    for (index, text) in texts.iter().enumerate() {
        template += &text.replace('{', "{{").replace('}', "}}");
        if let Some(field) = fields.get(index) {
            template.extend(["{", &field.name, "}"]);
        }
    }
    template
}

/// A template with a field that has a different value in each sample.
fn unique(name: &str, samples: &[Sample], fields: &[&Field]) -> Option<Proposal> {
    let slug = slug(name);
    // A duplicate of a whole event does not make its id less unique.
    let distinct: BTreeSet<String> = samples.iter().map(|s| s.data().to_string()).collect();
    let is_unique = |field: &Field| {
        let values: Option<BTreeSet<String>> = samples
            .iter()
            .map(|sample| printed(sample, field))
            .collect();
        values.is_some_and(|values| values.len() == distinct.len())
    };
    let rank = |field: &Field| {
        let name = &field.name;
        let noun = name
            .strip_suffix("_id")
            .filter(|noun| slug.split(['-', '_']).any(|w| w == *noun));
        if noun.is_some() || name == "id" {
            0
        } else if ["_id", "_uuid"].iter().any(|end| name.ends_with(end)) || name == "uuid" {
            1
        } else if ["_number", "_key", "_no", "_ref", "_reference"]
            .iter()
            .any(|e| name.ends_with(e))
            || ["number", "key", "sku", "code", "reference"].contains(&name.as_str())
        {
            2
        } else {
            3
        }
    };
    let mut found: Vec<(i32, &&Field)> = fields
        .iter()
        .map(|field| (rank(field), field))
        .filter(|(_, f)| is_unique(f))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    let (rank, field) = found.first()?;
    // The vaguer the name, the more samples are needed.
    let enough = match rank {
        0 => 1,
        1 => 2,
        2 => 5,
        _ => return None,
    };
    (distinct.len() >= enough).then(|| Proposal {
        template: format!(
            "{}-{{{}}}",
            slug.replace('{', "{{").replace('}', "}}"),
            field.name
        ),
        reason: match distinct.len() {
            1 => format!("`{}` looks like its id", field.key),
            count => format!("`{}` is unique in {count} samples", field.key),
        },
    })
}
