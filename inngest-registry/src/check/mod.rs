//! Checks that the exported files match the event types.

mod folder;
mod renames;
mod report;
mod text;

use std::fmt;
use std::path::Path;

use self::folder::Folder;
use self::report::kinds;
pub use self::report::{Finding, FindingKind, Outcome, Report, Severity, Since};
pub(crate) use self::text::verdict;
use crate::catalogue::{Catalogue, EventType};
use crate::compat::{self, Verdict};
use crate::export::{check_types, checked_base_url};
use crate::files::{FilesError, INDEX};
use crate::json;
use crate::settings::{SETTINGS, Settings, SettingsError, UnknownEvent};
use crate::version;

/// Compares event types with their exported files.
///
/// ```no_run
/// use inngest_registry::{Catalogue, Registry, check::Check, settings::Settings};
///
/// let types = Catalogue::of(&Registry::collect());
/// let report = Check::new(Settings::of_folder("schemas")?).run(&types, "schemas")?;
/// for finding in report.breaking() {
///     println!("{finding}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Check {
    settings: Settings,
    all_versions: bool,
}

impl Check {
    /// A check with these settings.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            all_versions: false,
        }
    }

    /// Also lists the changes between versions that are already exported.
    #[must_use]
    pub fn all_versions(mut self, all: bool) -> Self {
        self.all_versions = all;
        self
    }

    /// Runs the check.
    ///
    /// # Errors
    ///
    /// There are no types, two types have the same name and version, the folder does not exist, a
    /// file cannot be read, the settings name an unknown event, or the base URL is not absolute.
    pub fn run(&self, types: &Catalogue, dir: impl AsRef<Path>) -> Result<Report, CheckError> {
        let dir = dir.as_ref();
        check_types(types)?;
        if !dir.is_dir() {
            return Err(FilesError::NoFolder {
                dir: dir.to_owned(),
            }
            .into());
        }
        let base_url = self.settings.base_url().map(checked_base_url).transpose()?;
        let folder = Folder::read(dir)?;
        let files = &folder.files;
        if let Some(unknown) = self.settings.unknown_event(&[types, files]) {
            return Err(unknown.into());
        }
        let mut report = Report {
            findings: Vec::new(),
            types: types.len(),
            unlisted_versions: 0,
        };
        for event in types {
            let outside_schema = folder.differences(event, base_url)?;
            self.check_type(event, types, files, outside_schema, &mut report);
        }
        for (event, version, path) in folder.unlisted(dir, types)? {
            report.findings.push(Finding {
                mode: self.settings.mode(&event),
                event,
                version,
                source: None,
                kind: FindingKind::NotListed { path },
                severity: Severity::Different,
                advice: Some(format!(
                    "restore its entry in `{INDEX}` from version control, or remove the file"
                )),
            });
        }
        for file in files {
            if types.versions(&file.name).is_empty() {
                report.findings.push(Finding {
                    event: file.name.clone(),
                    version: file.version.clone(),
                    source: None,
                    kind: FindingKind::NoType,
                    severity: Severity::Note,
                    mode: self.settings.mode(&file.name),
                    advice: Some(
                        "if no other program sends the event, remove the file with `export --prune`"
                            .to_owned(),
                    ),
                });
            }
        }
        Ok(report)
    }

    /// How a type differs from the exported file of its version.
    fn differences(&self, file: &EventType, event: &EventType) -> Vec<FindingKind> {
        let mut found = Vec::new();
        if file.schema != event.schema {
            let comparison =
                compat::compare(&file.schema, &event.schema, self.settings.strictness());
            if json::content_hash(&file.schema) == json::content_hash(&event.schema) {
                found.push(FindingKind::TextsChanged {
                    changes: comparison.changes,
                });
            } else {
                found = kinds(comparison, &Since::Exported);
                renames::advise(&file.schema, &event.schema, &mut found);
            }
        }
        if file.id_template != event.id_template {
            // A changed template also changes the schema of the id, so report both as one finding.
            let (id_changes, mut others): (Vec<_>, Vec<_>) =
                found.into_iter().partition(FindingKind::is_id_change);
            let worst = |pick: fn(&FindingKind) -> Option<Verdict>| {
                report::worst(id_changes.iter().filter_map(pick))
            };
            others.push(FindingKind::IdTemplateChanged {
                old: file.id_template.clone(),
                new: event.id_template.clone(),
                backward: worst(|kind| kind.verdicts().map(|(backward, _)| backward)),
                forward: worst(|kind| kind.verdicts().map(|(_, forward)| forward)),
            });
            found = others;
        }
        found
    }

    /// Reports the findings for a type. `outside_schema` lists what `export` would change other than the
    /// schema itself.
    fn check_type(
        &self,
        event: &EventType,
        types: &Catalogue,
        files: &Catalogue,
        outside_schema: Vec<FindingKind>,
        report: &mut Report,
    ) {
        let mode = self.settings.mode(&event.name);
        let finding = |kind, severity, advice: Option<String>| Finding {
            event: event.name.clone(),
            version: event.version.clone(),
            source: event.source.clone(),
            kind,
            severity,
            mode,
            advice,
        };
        let older: Vec<&EventType> = files
            .versions(&event.name)
            .iter()
            .filter(|file| {
                version::compare(file.version.as_deref(), event.version.as_deref()).is_lt()
            })
            .collect();
        let file = files.get(&event.name, event.version.as_deref());
        let run_export = || Some("run `export`".to_owned());
        let found = &mut report.findings;
        match file {
            None => found.push(finding(
                FindingKind::NotExported {
                    older: older.last().and_then(|older| older.version.clone()),
                },
                Severity::Different,
                run_export(),
            )),
            Some(file) => {
                let mut differences = self.differences(file, event);
                // A schema that differs changes the index entry too, so report only the schema.
                if differences.is_empty() {
                    differences = outside_schema;
                }
                for kind in differences {
                    let severity = kind.severity(mode).max(Severity::Different);
                    let advice = match severity {
                        Severity::Different => match kind {
                            FindingKind::SchemaIdChanged { new: None, .. } => {
                                Some(format!("run `export`, or set `base_url` in `{SETTINGS}`"))
                            }
                            _ => run_export(),
                        },
                        _ => Some(bump(event, types, files)),
                    };
                    found.push(finding(kind, severity, advice));
                }
            }
        }
        let listed = file.is_none() || self.all_versions;
        let compared = match (older.as_slice(), mode.is_transitive()) {
            (all, true) => all,
            ([.., last], false) if listed => std::slice::from_ref(last),
            _ => &[],
        };
        let mut left_out = !listed && !older.is_empty() && compared.is_empty();
        let mut is_allowed = true;
        for older in compared {
            let strictness = self.settings.strictness();
            let comparison = compat::compare(&older.schema, &event.schema, strictness);
            for kind in kinds(comparison, &Since::Older(older.version.clone())) {
                let severity = if mode.is_transitive() {
                    kind.severity(mode)
                } else {
                    Severity::Note
                };
                let other_mode =
                    format!("replace `mode = \"{mode}\"` for this event in `{SETTINGS}`");
                let advice = match severity {
                    Severity::Breaking => Some(format!(
                        "give the new shape another event name, or {other_mode}"
                    )),
                    Severity::Unknown => {
                        Some(format!("compare the two files by hand, or {other_mode}"))
                    }
                    Severity::Note | Severity::Different => None,
                };
                is_allowed &= severity == Severity::Note;
                if listed || severity > Severity::Note {
                    report.findings.push(finding(kind, severity, advice));
                } else {
                    left_out = true;
                }
            }
        }
        report.unlisted_versions += usize::from(left_out && is_allowed);
    }
}

/// Advises a free version for the changed shape.
fn bump(event: &EventType, types: &Catalogue, files: &Catalogue) -> String {
    let taken = types
        .versions(&event.name)
        .iter()
        .chain(files.versions(&event.name))
        .map(|known| known.version.as_deref());
    let next = event
        .version
        .as_deref()
        .and_then(|version| version::next(version, taken));
    match (next, &event.version) {
        (Some(next), _) => format!("bump the version to `{next}` and run `export`"),
        (None, Some(_)) => "give the new shape another version and run `export`".to_owned(),
        (None, None) => {
            "give the new shape a version, such as `version = \"YYYY-MM-DD.1\"`, and run `export`"
                .to_owned()
        }
    }
}

/// Why a check did not pass.
#[non_exhaustive]
pub enum CheckError {
    /// The files are not up to date, or it is unknown whether they are.
    Failed(Report),
    /// The files cannot be read, or the types cannot be compared.
    Files(FilesError),
    /// The settings cannot be read.
    Settings(SettingsError),
    /// The settings name an unknown event.
    UnknownEvent(UnknownEvent),
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(report) => write!(f, "{report}"),
            Self::Files(error) => write!(f, "{error}"),
            Self::Settings(error) => write!(f, "{error}"),
            Self::UnknownEvent(error) => write!(f, "{error}"),
        }
    }
}

/// Prints the report as text, because `unwrap` in a test prints this.
impl fmt::Debug for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for CheckError {}

impl From<FilesError> for CheckError {
    fn from(error: FilesError) -> Self {
        Self::Files(error)
    }
}

impl From<SettingsError> for CheckError {
    fn from(error: SettingsError) -> Self {
        Self::Settings(error)
    }
}

impl From<UnknownEvent> for CheckError {
    fn from(error: UnknownEvent) -> Self {
        Self::UnknownEvent(error)
    }
}
