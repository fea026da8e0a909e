//! Compares sent events with the declared event types.
//!
//! ```no_run
//! use inngest_registry::drift::Drift;
//! use inngest_registry::samples::{Query, Source, read};
//! use inngest_registry::Catalogue;
//!
//! # fn main() -> Result<(), inngest_registry::Error> {
//! let types = Catalogue::read("schemas")?;
//! let samples = read(&Source::from("events.jsonl"), &Query::default())?;
//! let report = Drift::new().run(&types, samples)?;
//! assert!(!report.breaks(), "{report}");
//! # Ok(())
//! # }
//! ```

mod event_id;
mod place;
mod places;
mod report;
mod shape;
mod tally;
mod violation;

use std::collections::BTreeMap;

use inngest_grammar::suggest::nearest;

pub use self::report::{DriftExample, DriftFinding, DriftKind, DriftReport};
use self::tally::{Tally, example};
use crate::catalogue::{Catalogue, EventType};
use crate::effect::count;
use crate::error::Error;
use crate::samples::{INTERNAL, Sample};

/// Compares sent events with the declared event types.
#[derive(Clone, Debug, Default)]
pub struct Drift {
    show_values: bool,
}

/// An undeclared name or version.
#[derive(Default)]
struct UndeclaredSamples {
    count: usize,
    example: Option<DriftExample>,
}

impl Drift {
    /// A comparison whose report contains no values of the events.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Includes values of the events in the report. They can be personal data.
    #[must_use]
    pub fn show_values(mut self, show: bool) -> Self {
        self.show_values = show;
        self
    }

    /// Compares the samples with the event types.
    ///
    /// # Errors
    ///
    /// Returns the first error of the samples, and an error for a schema that values cannot be checked
    /// against, such as one that refers to other files.
    pub fn run(
        &self,
        types: &Catalogue,
        samples: impl IntoIterator<Item = Result<Sample, Error>>,
    ) -> Result<DriftReport, Error> {
        let mut tallies: BTreeMap<(&str, Option<&str>), Tally<'_>> = BTreeMap::new();
        let mut undeclared: BTreeMap<(String, Option<String>), UndeclaredSamples> = BTreeMap::new();
        let (mut total, mut internal, mut without_ids) = (0, 0, 0);
        for sample in samples {
            let sample = sample?;
            if sample.name().starts_with(INTERNAL) {
                internal += 1;
                continue;
            }
            total += 1;
            without_ids += usize::from(!sample.has_known_id());
            match types.get(sample.name(), sample.version()) {
                Some(event) => {
                    let tally = match tallies.entry((&event.name, event.version.as_deref())) {
                        std::collections::btree_map::Entry::Occupied(tally) => tally.into_mut(),
                        std::collections::btree_map::Entry::Vacant(place) => {
                            place.insert(Tally::new(event)?)
                        }
                    };
                    tally.add(&sample, self.show_values);
                }
                None => {
                    let name = sample.name().to_owned();
                    // The versions of an unknown name do not matter.
                    let version = sample
                        .version()
                        .filter(|_| !types.versions(&name).is_empty());
                    let entry = undeclared.entry((name, version.map(str::to_owned)));
                    let entry = entry.or_default();
                    entry.count += 1;
                    entry.example.get_or_insert_with(|| example(&sample));
                }
            }
        }
        let mut findings: Vec<DriftFinding> = undeclared
            .into_iter()
            .map(|((name, version), found)| finding(types, name, version, found))
            .collect();
        let unseen = match total {
            0 => Vec::new(),
            _ => unseen(types, &findings, &tallies),
        };
        for event in unseen {
            findings.push(DriftFinding {
                what: "no sample has this name".to_owned(),
                ..DriftFinding::new(event, DriftKind::UnseenEvent)
            });
        }
        let compared = tallies.len();
        findings.extend(tallies.into_values().flat_map(Tally::findings));
        report::sort(&mut findings);
        Ok(DriftReport {
            findings,
            samples: total,
            internal,
            without_ids,
            types: compared,
        })
    }
}

/// The finding for an undeclared name or version.
fn finding(
    types: &Catalogue,
    event: String,
    version: Option<String>,
    found: UndeclaredSamples,
) -> DriftFinding {
    let samples = count(found.count, "sample");
    let has = if found.count == 1 { "has" } else { "have" };
    let versions = types.versions(&event);
    let declared: Vec<_> = versions
        .iter()
        .filter_map(|known| known.version.as_deref())
        .collect();
    let (kind, what) = if versions.is_empty() {
        let near = nearest(&event, types.iter().map(|known| known.name.as_str()));
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let what = format!("{samples} {has} this name, which is not declared{near}");
        (DriftKind::UnknownName, what)
    } else {
        let known = match declared.as_slice() {
            [] => "the event is declared without one".to_owned(),
            [only] => format!("the declared one is `{only}`"),
            all => format!("the declared ones are `{}`", all.join("`, `")),
        };
        match version {
            None => (
                DriftKind::NoVersion,
                format!("{samples} {has} no version; {known}"),
            ),
            Some(_) => {
                let what = format!("{samples} {has} this version, which is not declared; {known}");
                (DriftKind::UndeclaredVersion, what)
            }
        }
    };
    let (file, line) = versions
        .last()
        .and_then(|known| known.source.clone())
        .unzip();
    DriftFinding {
        event,
        version,
        file,
        line,
        kind,
        breaks: true,
        path: None,
        count: found.count,
        of: found.count,
        what,
        example: found.example,
    }
}

/// The newest versions of the events whose name no sample has.
fn unseen<'a>(
    types: &'a Catalogue,
    findings: &[DriftFinding],
    tallies: &BTreeMap<(&str, Option<&str>), Tally<'_>>,
) -> Vec<&'a EventType> {
    let newest = types
        .iter()
        .filter(|event| types.versions(&event.name).last() == Some(event));
    let is_seen = |event: &&EventType| {
        findings.iter().any(|finding| finding.event == event.name)
            || tallies.keys().any(|(name, _)| *name == event.name)
    };
    newest.filter(|event| !is_seen(event)).collect()
}

#[cfg(test)]
mod tests;
