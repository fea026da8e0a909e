//! Flags designs that you may regret.

pub(crate) mod names;
mod report;
mod rules;

use inngest_core::registry::Registry;

pub use self::names::{Level, Lint, UnknownLevel, UnknownLint};
pub use self::report::{Report, Warning};
use crate::catalogue::Catalogue;
use crate::settings::Settings;
use crate::version;

/// What lints look at.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Input<'a> {
    /// The event types.
    pub types: &'a Catalogue,
    /// The Rust types, where there are any: only these tell what an id can be.
    pub registry: Option<&'a Registry>,
    /// What is exported already, where there is something.
    pub exported: Option<&'a Catalogue>,
}

impl<'a> Input<'a> {
    /// Event types alone.
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
    let mut found = rules::Found {
        settings,
        warnings: Vec::new(),
    };
    let mut skipped = Vec::new();
    match input.registry {
        Some(registry) => rules::coinciding_ids(registry, &mut found),
        None => skipped.push((
            Lint::CoincidingIds,
            "files do not tell what an id can be; run `lint` in the program with the types",
        )),
    }
    match input.exported {
        Some(exported) => rules::outdated_version(input.types, exported, &mut found),
        None => skipped.push((
            Lint::OutdatedVersion,
            "there is nothing to compare with; name the exported folder",
        )),
    }
    rules::similar_names(input.types, &mut found);
    for event in input.types {
        rules::one_event(event, &mut found);
    }
    let mut warnings = found.warnings;
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
