//! Whether the exported files say what the types say.

mod text;

pub(crate) use self::text::verdict;

use std::fmt;
use std::path::Path;

use serde_json::{Value, json};

use crate::catalogue::{Catalogue, EventType, label};
use crate::compat::{self, Change, Comparison, Strictness, Verdict};
use crate::export::check_types;
use crate::files::FilesError;
use crate::json;
use crate::mode::Mode;
use crate::settings::{Settings, SettingsError, UnknownEvent};
use crate::version;

/// Compares event types with the files that were exported of them.
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

/// How event types compare with their files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What was found, in order of name and version.
    pub findings: Vec<Finding>,
    /// How many event types were looked at.
    pub types: usize,
    /// How many of them have older versions whose changes are allowed and were not listed.
    pub unlisted_versions: usize,
}

/// One difference between a type and the files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The event name.
    pub event: String,
    /// The version of the type, or of the file where there is no type.
    pub version: Option<String>,
    /// The source file and line of the type.
    pub source: Option<(String, u32)>,
    /// What it is.
    pub kind: FindingKind,
    /// Whether it fails the check.
    pub severity: Severity,
    /// What the event has to keep working.
    pub mode: Mode,
    /// What to do about it.
    pub advice: Option<String>,
}

/// What a finding is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// The type has no file; `older` is the newest exported version before it.
    NotExported {
        /// The version, where there is one.
        older: Option<String>,
    },
    /// The schema changed.
    Changed {
        /// What the type is compared with.
        since: Since,
        /// What changed; `None` where the library cannot name it.
        change: Option<Change>,
        /// Whether readers of the new schema read what was written with the old.
        backward: Verdict,
        /// Whether readers of the old schema read what is written with the new.
        forward: Verdict,
    },
    /// Doc comments, titles or the order of fields changed, and the values not.
    TextsChanged,
    /// The template of the id changed.
    IdTemplateChanged {
        /// The exported one.
        old: Option<String>,
        /// The type's.
        new: Option<String>,
    },
    /// The program has no type of this name.
    NoType,
}

/// What a type is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// The exported file of its own version.
    Exported,
    /// An older exported version of the event.
    Older(Option<String>),
}

/// What a finding does to the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing; it is worth knowing.
    Note,
    /// It fails: the files do not say what the types say.
    Different,
    /// Whether it breaks anyone could not be told.
    Unknown,
    /// It fails: it breaks what the mode protects.
    Breaking,
}

/// The answer of a check in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The files say what the types say.
    Same,
    /// They do not.
    Different,
    /// The files are up to date, and whether one version breaks another could not be told.
    Unknown,
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

    /// Lists what changed from one version to the next for versions that are exported already.
    #[must_use]
    pub fn all_versions(mut self, all: bool) -> Self {
        self.all_versions = all;
        self
    }

    /// Compares.
    ///
    /// # Errors
    ///
    /// No types, two of one name and version, no folder, files that cannot be read, settings for an
    /// event that there is not.
    pub fn run(&self, types: &Catalogue, dir: impl AsRef<Path>) -> Result<Report, CheckError> {
        self.run_with(types, dir.as_ref(), &mut |_, _| {})
    }

    /// The same, telling how many of the types are done.
    pub(crate) fn run_with(
        &self,
        types: &Catalogue,
        dir: &Path,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Report, CheckError> {
        check_types(types)?;
        if !dir.is_dir() {
            return Err(FilesError::NoFolder {
                dir: dir.to_owned(),
            }
            .into());
        }
        let files = Catalogue::read_or_empty(dir)?;
        if let Some(unknown) = self.settings.unknown_event(&[types, &files]) {
            return Err(unknown.into());
        }
        let mut report = Report {
            findings: Vec::new(),
            types: types.len(),
            unlisted_versions: 0,
        };
        for (done, event) in types.iter().enumerate() {
            progress(done, types.len());
            self.one(event, types, &files, &mut report);
        }
        progress(types.len(), types.len());
        for file in &files {
            if types.versions(&file.name).is_empty() {
                report.findings.push(Finding {
                    event: file.name.clone(),
                    version: file.version.clone(),
                    source: None,
                    kind: FindingKind::NoType,
                    severity: Severity::Note,
                    mode: self.settings.mode(&file.name),
                    advice: Some(
                        "`export --prune` removes the file, if no other program sends the event"
                            .to_owned(),
                    ),
                });
            }
        }
        Ok(report)
    }

    fn one(&self, event: &EventType, types: &Catalogue, files: &Catalogue, report: &mut Report) {
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
                if file.schema != event.schema {
                    if json::content_hash(&file.schema) == json::content_hash(&event.schema) {
                        found.push(finding(
                            FindingKind::TextsChanged,
                            Severity::Different,
                            run_export(),
                        ));
                    } else {
                        let comparison = compat::compare(
                            &file.schema,
                            &event.schema,
                            self.settings.strictness(),
                        );
                        for kind in kinds(comparison, &Since::Exported) {
                            let severity = kind.severity(mode).max(Severity::Different);
                            let advice = match severity {
                                Severity::Different => run_export(),
                                _ => Some(bump(event, types, files)),
                            };
                            found.push(finding(kind, severity, advice));
                        }
                    }
                }
                if file.id_template != event.id_template {
                    found.push(finding(
                        FindingKind::IdTemplateChanged {
                            old: file.id_template.clone(),
                            new: event.id_template.clone(),
                        },
                        Severity::Different,
                        run_export(),
                    ));
                }
            }
        }
        let listed = file.is_none() || self.all_versions;
        let compared = match (older.as_slice(), mode.is_transitive()) {
            (all, true) => all,
            ([.., last], false) if listed => std::slice::from_ref(last),
            _ => &[],
        };
        report.unlisted_versions += usize::from(!listed && !older.is_empty());
        for older in compared {
            let comparison = across_versions(older, event, self.settings.strictness());
            for kind in kinds(comparison, &Since::Older(older.version.clone())) {
                let severity = if mode.is_transitive() {
                    kind.severity(mode)
                } else {
                    Severity::Note
                };
                let advice = (severity == Severity::Breaking).then(|| {
                    format!("give the new shape a name of its own, or lift `mode = \"{mode}\"`")
                });
                if listed || severity > Severity::Note {
                    report.findings.push(finding(kind, severity, advice));
                }
            }
        }
    }
}

/// Compares two versions of an event: that the version is another is no change.
pub(crate) fn across_versions(
    old: &EventType,
    new: &EventType,
    strictness: Strictness,
) -> Comparison {
    compare_versions(&old.schema, &new.schema, strictness)
}

/// Compares two schemas, which may be those of two versions of one event.
pub(crate) fn compare_events(old: &Value, new: &Value, strictness: Strictness) -> Comparison {
    let name = |schema: &Value| {
        let is_event = schema.pointer("/properties/data").is_some();
        schema
            .pointer("/properties/name/const")
            .filter(|_| is_event)
            .cloned()
    };
    match (name(old), name(new)) {
        (Some(old_name), Some(new_name)) if old_name == new_name => {
            compare_versions(old, new, strictness)
        }
        _ => compat::compare(old, new, strictness),
    }
}

fn compare_versions(old: &Value, new: &Value, strictness: Strictness) -> Comparison {
    let without_version = |schema: &Value| {
        let mut schema = schema.clone();
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties.remove("v");
        }
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|member| member != "v");
        }
        schema
    };
    let (old, new) = (without_version(old), without_version(new));
    if json::content_hash(&old) == json::content_hash(&new) {
        return compat::compare(&old, &old, strictness);
    }
    compat::compare(&old, &new, strictness)
}

/// A finding for each change, or one where changes cannot be named.
fn kinds(comparison: Comparison, since: &Since) -> Vec<FindingKind> {
    let Comparison {
        backward,
        forward,
        changes,
    } = comparison;
    let worst = |pick: fn(&Change) -> Verdict| {
        changes
            .iter()
            .map(pick)
            .max_by_key(|verdict| weight(*verdict))
    };
    // What no change accounts for must not get lost.
    let rest = |whole: Verdict, named: Option<Verdict>| {
        if named.is_some_and(|named| weight(named) >= weight(whole)) {
            Verdict::Compatible
        } else {
            whole
        }
    };
    let unnamed = FindingKind::Changed {
        since: since.clone(),
        change: None,
        backward: rest(backward, worst(|change| change.backward)),
        forward: rest(forward, worst(|change| change.forward)),
    };
    let unnamed = match &unnamed {
        FindingKind::Changed {
            backward: Verdict::Compatible,
            forward: Verdict::Compatible,
            ..
        } if !changes.is_empty() || *since != Since::Exported => None,
        _ => Some(unnamed),
    };
    let named = changes.into_iter().map(|change| FindingKind::Changed {
        since: since.clone(),
        backward: change.backward,
        forward: change.forward,
        change: Some(change),
    });
    named.chain(unnamed).collect()
}

fn weight(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Compatible => 0,
        Verdict::Unknown => 1,
        Verdict::Breaking => 2,
    }
}

/// How to keep the changed shape: under a version that nobody has.
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

impl FindingKind {
    fn severity(&self, mode: Mode) -> Severity {
        let Self::Changed {
            backward, forward, ..
        } = self
        else {
            return Severity::Note;
        };
        let considered = [(backward, mode.is_backward()), (forward, mode.is_forward())];
        considered
            .into_iter()
            .filter(|(_, considered)| *considered)
            .map(|(verdict, _)| match verdict {
                Verdict::Compatible => Severity::Note,
                Verdict::Unknown => Severity::Unknown,
                Verdict::Breaking => Severity::Breaking,
            })
            .max()
            .unwrap_or(Severity::Note)
    }
}

impl Report {
    /// The answer in one word.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let fails = |finding: &Finding| match finding.severity {
            Severity::Note => false,
            Severity::Different | Severity::Breaking => true,
            // Against the type's own file the schemas differ, whether that breaks or not.
            Severity::Unknown => !matches!(
                finding.kind,
                FindingKind::Changed {
                    since: Since::Older(_),
                    ..
                }
            ),
        };
        if self.findings.iter().any(fails) {
            Outcome::Different
        } else if self
            .findings
            .iter()
            .any(|f| f.severity == Severity::Unknown)
        {
            Outcome::Unknown
        } else {
            Outcome::Same
        }
    }

    /// The findings that break what their mode protects.
    pub fn breaking(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.severity == Severity::Breaking)
    }

    /// The report for machines.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "outcome": match self.outcome() {
                Outcome::Same => "same",
                Outcome::Different => "different",
                Outcome::Unknown => "unknown",
            },
            "types": self.types,
            "findings": self.findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
        })
    }
}

impl Finding {
    /// Name and version as reports show them.
    #[must_use]
    pub fn label(&self) -> String {
        label(&self.event, self.version.as_deref())
    }
}

/// Why a check did not pass.
#[non_exhaustive]
pub enum CheckError {
    /// The files do not say what the types say, or whether they do could not be told.
    Failed(Report),
    /// The files cannot be read, or the types not be compared.
    Files(FilesError),
    /// The settings cannot be read.
    Settings(SettingsError),
    /// Settings for an event that there is not.
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

/// The report as people read it: `unwrap` in a test prints this.
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
