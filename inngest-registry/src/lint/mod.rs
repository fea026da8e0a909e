//! Lints that flag designs you may regret.

pub(crate) mod names;
mod report;
mod rules;

use inngest_core::registry::Registry;

pub use self::names::{Level, Lint, UnknownLevel, UnknownLint};
pub use self::report::{Report, Warning};
use crate::catalogue::Catalogue;
use crate::settings::Settings;
use crate::version;

/// The input of the lints.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Input<'a> {
    /// The event types.
    pub types: &'a Catalogue,
    /// The Rust types, if available. Only they show which ids can coincide.
    pub registry: Option<&'a Registry>,
    /// The exported event types, if available.
    pub exported: Option<&'a Catalogue>,
}

impl<'a> Input<'a> {
    /// An input with event types alone.
    #[must_use]
    pub fn new(types: &'a Catalogue) -> Self {
        Self {
            types,
            registry: None,
            exported: None,
        }
    }
}

/// Runs all lints.
#[must_use]
pub fn lint(input: Input<'_>, settings: &Settings) -> Report {
    let mut findings = rules::Findings {
        settings,
        warnings: Vec::new(),
    };
    let mut skipped = Vec::new();
    match input.registry {
        Some(registry) => rules::coinciding_ids(registry, &mut findings),
        None => skipped.push((
            Lint::CoincidingIds,
            "files do not show which ids can coincide; run `lint` in the program with the types",
        )),
    }
    match input.exported {
        Some(exported) => rules::outdated_version(input.types, exported, &mut findings),
        None => skipped.push((
            Lint::OutdatedVersion,
            "there are no exported versions to compare with; name the exported folder",
        )),
    }
    rules::similar_names(input.types, &mut findings);
    for event in input.types {
        rules::check_event(event, &mut findings);
    }
    let mut warnings = findings.warnings;
    warnings.sort_by(|a, b| {
        let order = version::order(
            (&a.event, a.version.as_deref()),
            (&b.event, b.version.as_deref()),
        );
        order.then_with(|| (a.lint, &a.message).cmp(&(b.lint, &b.message)))
    });
    Report {
        warnings,
        skipped,
        types: input.types.len(),
    }
}
