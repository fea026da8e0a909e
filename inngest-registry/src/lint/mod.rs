//! Lints that flag designs you may regret.

mod field_names;
mod may_be_empty;
pub(crate) mod names;
mod report;
mod rules;

use inngest_core::registry::Registry;

pub use self::names::{Level, Lint};
pub use self::report::{LintReport, SkippedLint, Warning};
use crate::catalogue::Catalogue;
use crate::settings::Settings;
use crate::version;

/// Runs all lints on the event types of a program.
///
/// `exported` holds the types of the exported folder, if there is one; see [`Catalogue::read`].
#[must_use]
pub fn lint(registry: &Registry, exported: Option<&Catalogue>, settings: &Settings) -> LintReport {
    lint_types(&Catalogue::of(registry), Some(registry), exported, settings)
}

/// Runs the lints that have input. Only the registry shows which ids can coincide.
pub(crate) fn lint_types(
    types: &Catalogue,
    registry: Option<&Registry>,
    exported: Option<&Catalogue>,
    settings: &Settings,
) -> LintReport {
    let mut findings = rules::Findings {
        settings,
        warnings: Vec::new(),
    };
    let mut skipped = Vec::new();
    match registry {
        Some(registry) => rules::coinciding_ids(registry, &mut findings),
        None => skipped.push(SkippedLint {
            lint: Lint::CoincidingIds,
            reason: "files do not show which ids can coincide; run `lint` in the program with the types",
        }),
    }
    match exported {
        Some(exported) => rules::outdated_version(types, exported, &mut findings),
        None => skipped.push(SkippedLint {
            lint: Lint::OutdatedVersion,
            reason: "there are no exported versions to compare with; name the exported folder",
        }),
    }
    rules::similar_names(types, &mut findings);
    for event in types {
        rules::check_event(event, &mut findings);
    }
    let mut warnings = findings.warnings;
    warnings.sort_by(|a, b| (a.lint, &a.message).cmp(&(b.lint, &b.message)));
    version::sort(&mut warnings, |w| (&w.event, w.version.as_deref()));
    LintReport {
        warnings,
        skipped,
        types: types.len(),
    }
}
