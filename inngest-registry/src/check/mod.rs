//! Checks that the exported files match the event types.

mod folder;
mod renames;
mod report;

use std::path::Path;

use inngest_core::registry::{Reader, Registry};

use self::folder::Folder;
pub use self::report::{CheckOutcome, CheckReport, Finding, FindingKind, Severity};
use crate::catalogue::{Catalogue, EventType};
use crate::compat::{self, Verdict};
use crate::effect;
use crate::error::{Error, Problem};
use crate::export::{check_types, checked_base_url};
use crate::files::{self, IndexEntry};
use crate::json;
use crate::layout::{INDEX, SETTINGS};
use crate::mode::Mode;
use crate::settings::{Settings, strictness};
use crate::version;

/// Compares event types with their exported files.
///
/// ```no_run
/// use inngest_registry::{Catalogue, Registry, Settings, check::Check};
///
/// let types = Catalogue::of(&Registry::collect());
/// let report = Check::new(Settings::of_folder("schemas")?).run(&types, "schemas")?;
/// for finding in report.breaking() {
///     println!("{finding}");
/// }
/// # Ok::<(), inngest_registry::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Check {
    settings: Settings,
    all_versions: bool,
    against: Option<(String, Catalogue)>,
    readers: Vec<Reader>,
}

impl Check {
    /// A check with these settings.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            all_versions: false,
            against: None,
            readers: Vec::new(),
        }
    }

    /// Also lists the changes between versions that are already exported.
    #[must_use]
    pub fn all_versions(mut self, all: bool) -> Self {
        self.all_versions = all;
        self
    }

    /// Also compares the types with an earlier state of the folder, for example on the main branch; see
    /// [`Catalogue::read_at`]. A change within a version that breaks readers then fails the check even if the
    /// files have been exported since. The report calls the state `name`.
    #[must_use]
    pub fn against(mut self, name: impl Into<String>, types: Catalogue) -> Self {
        self.against = Some((name.into(), types));
        self
    }

    /// Also reports exported versions that an enum of events in the registry does not decode, although the
    /// enum decodes other versions of the event.
    #[must_use]
    pub fn readers(mut self, registry: &Registry) -> Self {
        self.readers = registry.readers().copied().collect();
        self
    }

    /// Runs the check.
    ///
    /// # Errors
    ///
    /// There are no types, two types have the same name and version, the folder does not exist, a
    /// file cannot be read, the settings name an unknown event, or the base URL is not absolute.
    pub fn run(&self, types: &Catalogue, dir: impl AsRef<Path>) -> Result<CheckReport, Error> {
        let dir = dir.as_ref();
        check_types(types)?;
        if !dir.is_dir() {
            let dir = dir.to_owned();
            return Err(if dir.is_file() {
                Problem::NotAFolder(dir)
            } else {
                Problem::NoFolder(dir)
            }
            .into());
        }
        let base_url = self.settings.base_url.as_deref();
        let base_url = base_url.map(checked_base_url).transpose()?;
        let folder = Folder::read(dir)?;
        let files = &folder.types;
        self.settings.check_events(&[types, files])?;
        let mut report = CheckReport {
            findings: Vec::new(),
            types: types.len(),
            unlisted_versions: 0,
        };
        for event in types {
            let expected = IndexEntry::of(event)?;
            match files.get(&event.name, event.version.as_deref()) {
                None => report.findings.push(self.not_exported(event, files)),
                Some(file) => {
                    let version = next_version(event, types, files);
                    let mut findings = self.differences(file, event, &version);
                    // A schema that differs changes the index entry too, so report only the schema.
                    if findings.is_empty() {
                        findings = self.outdated_metadata(event, &expected, &folder, base_url);
                    }
                    report.findings.extend(findings);
                }
            }
            self.compare_older(event, files, &mut report);
            self.compare_against(event, files, types, &mut report);
        }
        for (event, path) in folder.unlisted(dir, types)? {
            let what =
                format!("its file `{path}` is not in `{INDEX}`, so no type is compared with it");
            let to_do =
                format!("restore its entry in `{INDEX}` from version control, or remove the file");
            report.findings.push(Finding {
                to_do: Some(to_do),
                ..self.finding(&event, FindingKind::NotListed, what)
            });
        }
        for file in files {
            report.findings.extend(self.not_decoded(file));
            if types.versions(&file.name).is_empty() {
                let what = "is exported, but this program has no type for it".to_owned();
                let to_do =
                    "if no other program sends the event, remove the file with `export --prune`";
                report.findings.push(Finding {
                    severity: Severity::Note,
                    to_do: Some(to_do.to_owned()),
                    ..self.finding(file, FindingKind::NoType, what)
                });
            }
        }
        Ok(report)
    }

    fn mode(&self, event: &EventType) -> Mode {
        self.settings.mode_of(&event.name)
    }

    fn finding(&self, event: &EventType, kind: FindingKind, what: String) -> Finding {
        Finding::new(event, self.mode(event), kind, what)
    }

    fn not_exported(&self, event: &EventType, files: &Catalogue) -> Finding {
        let older = files.older(event).last();
        let older_version = older.and_then(|older| older.version.clone());
        let what = match &older_version {
            None => "is not exported yet".to_owned(),
            Some(older) => format!("is a new version after {older} and not exported yet"),
        };
        Finding {
            older_version,
            ..self.finding(event, FindingKind::NotExported, what)
        }
    }

    /// How a type differs from the exported file of its version. `next_version` tells the reader how to
    /// give the event a new version.
    fn differences(&self, file: &EventType, event: &EventType, next_version: &str) -> Vec<Finding> {
        let mut findings = if file.schema == event.schema {
            Vec::new()
        } else if json::content_hash(&file.schema) == json::content_hash(&event.schema) {
            vec![self.changed_texts(file, event)]
        } else {
            self.changes(file, event, false)
        };
        if file.id_template != event.id_template {
            // A changed template also changes the schema of the id, so report both as one finding.
            let (id_changes, others): (Vec<_>, Vec<_>) = findings
                .into_iter()
                .partition(|finding| finding.path.as_deref() == Some("id"));
            findings = others;
            findings.push(self.changed_id_template(file, event, &id_changes));
        }
        for finding in &mut findings {
            finding.to_do = if finding.severity > Severity::Different {
                Some(either(finding.to_do.take(), next_version))
            } else {
                finding.severity = Severity::Different;
                Some("run `export`".to_owned())
            };
        }
        findings
    }

    /// The changes since a file, of the same or of an older version. Their `to_do` does not yet suggest a
    /// new version.
    fn changes(&self, file: &EventType, event: &EventType, is_older: bool) -> Vec<Finding> {
        let strictness = strictness(self.settings.strict);
        let comparison = compat::compare(&file.schema, &event.schema, strictness);
        let mut changes = comparison.changes;
        if !is_older {
            renames::advise(&file.schema, &event.schema, &mut changes);
        }
        let (kind, since) = if is_older {
            let version = file.version.as_deref();
            let version = version.unwrap_or("the event without a version");
            (
                FindingKind::ChangedSinceOlderVersion,
                format!("since {version}: "),
            )
        } else {
            (FindingKind::Changed, String::new())
        };
        let finding = |what: &str| Finding {
            older_version: file.version.clone().filter(|_| is_older),
            to_do: None,
            ..self.finding(event, kind, format!("{since}{what}"))
        };
        let mut findings: Vec<Finding> = changes
            .iter()
            .map(|change| Finding {
                path: Some(change.path.clone()),
                to_do: change.own_fix.clone(),
                ..finding(&effect::sentence(change)).judged(change.backward, change.forward)
            })
            .collect();
        // A verdict that is worse than every change needs a finding of its own.
        let unexplained = |whole, worst| {
            if Severity::from(worst) < Severity::from(whole) {
                whole
            } else {
                Verdict::Compatible
            }
        };
        let (backward, forward) = worst(&findings);
        let backward = unexplained(comparison.backward, backward);
        let forward = unexplained(comparison.forward, forward);
        if (backward, forward) != (Verdict::Compatible, Verdict::Compatible) {
            let what = "the schema differs in a way that cannot be described";
            findings.push(finding(what).judged(backward, forward));
        } else if findings.is_empty() && !is_older {
            let what = "the schema is written differently but accepts the same values, for example \
                        because a type was renamed";
            findings.push(finding(what).judged(backward, forward));
        }
        findings
    }

    /// A finding without effect on values. The comparison lists no changes of titles, which are the names of
    /// Rust types, or of the order of fields.
    fn changed_texts(&self, file: &EventType, event: &EventType) -> Finding {
        let strictness = strictness(self.settings.strict);
        let comparison = compat::compare(&file.schema, &event.schema, strictness);
        let changes: Vec<_> = comparison.changes.iter().map(effect::sentence).collect();
        let what = if changes.is_empty() {
            "names of Rust types, defaults or the order of fields differ from the file".to_owned()
        } else {
            changes.join("; ")
        };
        self.finding(event, FindingKind::TextsChanged, what)
    }

    fn changed_id_template(
        &self,
        file: &EventType,
        event: &EventType,
        id_changes: &[Finding],
    ) -> Finding {
        let (old, new) = (file.id_template.as_deref(), event.id_template.as_deref());
        let what = effect::of_id_template(old, new);
        let (backward, forward) = worst(id_changes);
        let finding = self.finding(event, FindingKind::IdTemplateChanged, what);
        let mut finding = finding.judged(backward, forward);
        finding.effects.push(
            match (old, new) {
                (_, None) => "an event that is sent twice runs its functions twice",
                (None, Some(_)) => {
                    "an event that is sent twice within 24 hours runs its functions only once"
                }
                (Some(_), Some(_)) => {
                    "for 24 hours, an event sent with the old id and again with the new id runs its \
                     functions twice"
                }
            }
            .to_owned(),
        );
        finding.to_do = Some("keep the id template".to_owned());
        finding
    }

    /// What `export` would change in the index entry and the `$id` of an event.
    fn outdated_metadata(
        &self,
        event: &EventType,
        expected: &IndexEntry,
        folder: &Folder,
        base_url: Option<&str>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let Some((entry, old)) = folder.entries.get(&expected.path) else {
            return findings;
        };
        let outdated = match (
            entry.hash == expected.hash,
            entry.description == expected.description,
        ) {
            (true, true) => None,
            (false, true) => Some(("`hash`", "differs")),
            (true, false) => Some(("`description`", "differs")),
            (false, false) => Some(("`hash` and `description`", "differ")),
        };
        if let Some((members, verb)) = outdated {
            let what = format!("{members} in `{INDEX}` {verb} from the file");
            findings.push(self.finding(event, FindingKind::IndexEntryDiffers, what));
        }
        let new = base_url.map(|base_url| files::schema_id(base_url, &expected.path));
        if *old != new {
            let what = effect::was_and_is("`$id`", old.as_deref(), new.as_deref());
            let mut finding = self.finding(event, FindingKind::SchemaIdChanged, what);
            if new.is_none() {
                finding.to_do = Some(format!("run `export`, or set `base_url` in `{SETTINGS}`"));
            }
            findings.push(finding);
        }
        findings
    }

    /// The enums that decode the event of a file but not its version.
    fn not_decoded(&self, file: &EventType) -> impl Iterator<Item = Finding> {
        let readers = self.readers.iter().filter(|reader| {
            reader.names().contains(&file.name.as_str())
                && !reader.takes(&file.name, file.version.as_deref())
        });
        readers.map(|reader| {
            let reader = reader.rust_type();
            let what = format!("is exported, but `{reader}` does not decode it");
            let to_do = "if such events may still arrive, add the type of this version with \
                         `#[events(from(…))]`";
            Finding {
                severity: Severity::Note,
                to_do: Some(to_do.to_owned()),
                ..self.finding(file, FindingKind::NotDecoded, what)
            }
        })
    }

    /// Reports changes within a version, since the state that the user named, that break readers.
    fn compare_against(
        &self,
        event: &EventType,
        files: &Catalogue,
        types: &Catalogue,
        report: &mut CheckReport,
    ) {
        let Some((name, before)) = &self.against else {
            return;
        };
        let Some(before) = before.get(&event.name, event.version.as_deref()) else {
            return;
        };
        let version = next_version(event, types, files);
        for mut finding in self.differences(before, event, &version) {
            let is_known = report.findings.contains(&finding);
            if finding.severity > Severity::Different && !is_known {
                finding.what = format!("since `{name}`: {}", finding.what);
                report.findings.push(finding);
            }
        }
    }

    /// Reports the changes since older versions that the mode or `all_versions` asks for.
    fn compare_older(&self, event: &EventType, files: &Catalogue, report: &mut CheckReport) {
        let mode = self.mode(event);
        let older: Vec<_> = files.older(event).collect();
        let is_exported = files.get(&event.name, event.version.as_deref()).is_some();
        let lists_allowed = !is_exported || self.all_versions;
        let compared = match older.as_slice() {
            all if mode.is_transitive() => all,
            [.., last] if lists_allowed => std::slice::from_ref(last),
            _ => &[],
        };
        let mut is_unlisted = !lists_allowed && !older.is_empty() && compared.is_empty();
        let mut is_allowed = true;
        for older in compared {
            for mut finding in self.changes(older, event, true) {
                if !mode.is_transitive() || finding.severity <= Severity::Different {
                    finding.severity = Severity::Note;
                    finding.to_do = None;
                    if !lists_allowed {
                        is_unlisted = true;
                        continue;
                    }
                } else {
                    is_allowed = false;
                    let resolve = if finding.severity == Severity::Breaking {
                        "give the new shape another event name"
                    } else {
                        "compare the two files by hand"
                    };
                    let resolve = format!(
                        "{resolve}, or replace `mode = \"{mode}\"` for this event in `{SETTINGS}`"
                    );
                    finding.to_do = Some(either(finding.to_do, &resolve));
                }
                report.findings.push(finding);
            }
        }
        report.unlisted_versions += usize::from(is_unlisted && is_allowed);
    }
}

/// The worst backward and the worst forward verdict.
fn worst(findings: &[Finding]) -> (Verdict, Verdict) {
    let worst = |verdict: fn(&Finding) -> Option<Verdict>| {
        let verdicts = findings.iter().filter_map(verdict);
        let worst = verdicts.max_by_key(|verdict| Severity::from(*verdict));
        worst.unwrap_or(Verdict::Compatible)
    };
    (
        worst(|finding| finding.backward),
        worst(|finding| finding.forward),
    )
}

fn either(fix: Option<String>, otherwise: &str) -> String {
    match fix {
        Some(fix) => format!("{fix}, or {otherwise}"),
        None => otherwise.to_owned(),
    }
}

/// Advises how to give the event a version that is not in use.
fn next_version(event: &EventType, types: &Catalogue, files: &Catalogue) -> String {
    let known = types.versions(&event.name).iter();
    let known = known.chain(files.versions(&event.name));
    let taken = known.map(|known| known.version.as_deref());
    let Some(version) = &event.version else {
        return "give the new shape a version, such as `version = \"YYYY-MM-DD.1\"`, and run `export`"
            .to_owned();
    };
    match version::next(version, taken) {
        Some(next) => format!("bump the version to `{next}` and run `export`"),
        None => "give the new shape another version and run `export`".to_owned(),
    }
}
