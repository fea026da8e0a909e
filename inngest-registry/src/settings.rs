//! Reads `inngest-registry.toml`: modes and lint levels, for all events or single events.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use inngest_grammar::suggest::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::catalogue::Catalogue;
use crate::compat::Strictness;
use crate::lint::names::{Level, Lint};
use crate::mode::{Mode, one_of};

/// The file name of the settings in the exported folder.
pub const SETTINGS: &str = "inngest-registry.toml";

/// The settings in `inngest-registry.toml`.
///
/// ```toml
/// # The public URL of the folder, for `$id`s.
/// base_url = "https://schemas.example.com/events"
/// # backward, forward or full, optionally with _transitive, or none.
/// mode = "full"
/// # Judge optional properties as Confluent's registry does.
/// strict = false
///
/// [lints]
/// undocumented-fields = "allow"
///
/// [events."storefront/item.imported"]
/// mode = "backward_transitive"
/// allow = ["large-integers"]
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    base_url: Option<String>,
    mode: Mode,
    strict: bool,
    lints: BTreeMap<Lint, Level>,
    events: BTreeMap<String, EventSettings>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct EventSettings {
    line: usize,
    mode: Option<Mode>,
    allow: Vec<Lint>,
}

impl Settings {
    /// The default settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the settings of an exported folder, or returns the defaults if it has no settings file.
    ///
    /// # Errors
    ///
    /// See [`SettingsError`].
    pub fn of_folder(dir: impl AsRef<Path>) -> Result<Self, SettingsError> {
        match Self::read(dir.as_ref().join(SETTINGS)) {
            Err(SettingsError {
                kind: SettingsErrorKind::Io(error),
                ..
            }) if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
            {
                Ok(Self::default())
            }
            result => result,
        }
    }

    /// Reads a settings file.
    ///
    /// # Errors
    ///
    /// See [`SettingsError`].
    pub fn read(path: impl Into<PathBuf>) -> Result<Self, SettingsError> {
        let path = path.into();
        let result = match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text),
            Err(error) => Err(SettingsErrorKind::Io(error)),
        };
        result.map_err(|kind| SettingsError { path, kind })
    }

    /// The base URL of `$id`s.
    #[must_use]
    pub fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    /// Sets the base URL of `$id`s.
    #[must_use]
    pub fn with_base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// The compatibility mode of an event.
    #[must_use]
    pub fn mode(&self, event: &str) -> Mode {
        let own = self.events.get(event).and_then(|own| own.mode);
        own.unwrap_or(self.mode)
    }

    /// Sets the mode of events that the settings give no mode.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// How undeclared properties are judged.
    #[must_use]
    pub fn strictness(&self) -> Strictness {
        if self.strict {
            Strictness::Strict
        } else {
            Strictness::Standard
        }
    }

    /// Sets whether optional properties are judged as Confluent's registry does.
    #[must_use]
    pub fn with_strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// The level of a lint for an event.
    #[must_use]
    pub fn level(&self, lint: Lint, event: &str) -> Level {
        if let Some(own) = self.events.get(event)
            && own.allow.contains(&lint)
        {
            return Level::Allow;
        }
        let set = self.lints.get(&lint).copied();
        set.unwrap_or_else(|| lint.default_level())
    }

    /// The first event in the settings that is in none of the catalogues.
    pub(crate) fn unknown_event(&self, catalogues: &[&Catalogue]) -> Option<UnknownEvent> {
        let known = || {
            catalogues
                .iter()
                .copied()
                .flatten()
                .map(|event| event.name.as_str())
        };
        let (name, own) = self
            .events
            .iter()
            .find(|(name, _)| known().all(|known| known != *name))?;
        Some(UnknownEvent {
            name: name.clone(),
            line: own.line,
            near: nearest(name, known()).map(str::to_owned),
        })
    }

    fn parse(text: &str) -> Result<Self, SettingsErrorKind> {
        let line_at = |offset: usize| 1 + text.get(..offset).map_or(0, |t| t.matches('\n').count());
        let wrong = |at: usize, problem: String| SettingsErrorKind::Wrong {
            line: line_at(at),
            problem,
        };
        let parsed = DeTable::parse(text).map_err(|error| {
            wrong(
                error.span().map_or(0, |span| span.start),
                one_line(error.message()),
            )
        })?;
        let mut settings = Self::default();
        let reader = Reader { wrong: &wrong };
        for (key, value) in parsed.get_ref() {
            match &**key.get_ref() {
                "base_url" => settings.base_url = Some(reader.text(value)?.to_owned()),
                "mode" => settings.mode = reader.parsed(value)?,
                "strict" => settings.strict = reader.boolean(value)?,
                "lints" => {
                    for (name, level) in reader.table(value)? {
                        let lint = reader.parsed_text(name.get_ref(), name)?;
                        settings.lints.insert(lint, reader.parsed(level)?);
                    }
                }
                "events" => {
                    for (name, value) in reader.table(value)? {
                        let mut own = reader.event(value)?;
                        own.line = line_at(name.span().start);
                        settings.events.insert(name.get_ref().to_string(), own);
                    }
                }
                _ => {
                    let known = ["base_url", "events", "lints", "mode", "strict"];
                    return Err(reader.unknown(key, &known));
                }
            }
        }
        Ok(settings)
    }
}

/// The message of a TOML error on one line.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Reader<'a> {
    wrong: &'a dyn Fn(usize, String) -> SettingsErrorKind,
}

impl Reader<'_> {
    fn event(&self, value: &Spanned<DeValue<'_>>) -> Result<EventSettings, SettingsErrorKind> {
        let mut own = EventSettings::default();
        for (key, value) in self.table(value)? {
            match &**key.get_ref() {
                "mode" => own.mode = Some(self.parsed(value)?),
                "allow" => {
                    let names = value
                        .get_ref()
                        .as_array()
                        .ok_or_else(|| self.expected(value, "a list of lints"))?;
                    own.allow = names
                        .iter()
                        .map(|name| self.parsed(name))
                        .collect::<Result<_, _>>()?;
                }
                _ => return Err(self.unknown(key, &["allow", "mode"])),
            }
        }
        Ok(own)
    }

    fn expected<T>(&self, value: &Spanned<T>, what: &str) -> SettingsErrorKind {
        (self.wrong)(value.span().start, format!("expected {what}"))
    }

    fn unknown<T: AsRef<str>>(&self, key: &Spanned<T>, known: &[&str]) -> SettingsErrorKind {
        let word = key.get_ref().as_ref();
        let mut problem = format!("unknown setting `{word}`; ");
        // Writing to a `String` does not fail.
        let _ = one_of(&mut problem, word, known);
        (self.wrong)(key.span().start, problem)
    }

    fn table<'v, 't>(
        &self,
        value: &'v Spanned<DeValue<'t>>,
    ) -> Result<&'v DeTable<'t>, SettingsErrorKind> {
        let table = value.get_ref().as_table();
        table.ok_or_else(|| self.expected(value, "a table"))
    }

    fn boolean(&self, value: &Spanned<DeValue<'_>>) -> Result<bool, SettingsErrorKind> {
        let boolean = value.get_ref().as_bool();
        boolean.ok_or_else(|| self.expected(value, "`true` or `false`"))
    }

    fn text<'v>(&self, value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, SettingsErrorKind> {
        let text = value.get_ref().as_str();
        text.ok_or_else(|| self.expected(value, "a string in quotes"))
    }

    fn parsed<T: std::str::FromStr<Err: ToString>>(
        &self,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<T, SettingsErrorKind> {
        self.parsed_text(self.text(value)?, value)
    }

    fn parsed_text<T: std::str::FromStr<Err: ToString>, S>(
        &self,
        text: &str,
        at: &Spanned<S>,
    ) -> Result<T, SettingsErrorKind> {
        text.parse()
            .map_err(|error: T::Err| (self.wrong)(at.span().start, error.to_string()))
    }
}

/// Settings for an unknown event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of `{SETTINGS}` names the unknown event `{name}`; {}", self.advice())]
#[non_exhaustive]
pub struct UnknownEvent {
    /// The name in the settings.
    pub name: String,
    /// The line, from 1.
    pub line: usize,
    /// The closest known event name.
    pub near: Option<String>,
}

impl UnknownEvent {
    fn advice(&self) -> String {
        let mut advice = String::new();
        match &self.near {
            Some(near) => write!(advice, "did you mean `{near}`?"),
            None => write!(advice, "remove the table"),
        }
        // Writing to a `String` does not fail.
        .unwrap_or_default();
        advice
    }
}

/// Why settings cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}{kind}", self.place())]
#[non_exhaustive]
pub struct SettingsError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub kind: SettingsErrorKind,
}

impl SettingsError {
    fn place(&self) -> String {
        match &self.kind {
            SettingsErrorKind::Io(_) => format!("cannot read `{}`: ", self.path.display()),
            SettingsErrorKind::Wrong { line, .. } => {
                format!("line {line} of `{}`: ", self.path.display())
            }
        }
    }
}

/// What is wrong with settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsErrorKind {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[source] io::Error),
    /// An unknown setting or an invalid value.
    #[error("{problem}")]
    Wrong {
        /// The line, from 1.
        line: usize,
        /// What is wrong, and what to write instead.
        problem: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_apply() {
        let settings = Settings::parse(
            r#"
            base_url = "https://example.com"
            mode = "backward"
            strict = true
            [lints]
            undocumented-fields = "deny"
            large-integers = "deny"
            [events."a/b"]
            mode = "full_transitive"
            allow = ["large-integers"]
            "#,
        )
        .unwrap();
        assert_eq!(settings.base_url(), Some("https://example.com"));
        assert_eq!(settings.mode("a/b"), Mode::FullTransitive);
        assert_eq!(settings.mode("a/c"), Mode::Backward);
        assert_eq!(
            settings.clone().with_mode(Mode::None).mode("a/b"),
            Mode::FullTransitive
        );
        assert_eq!(settings.strictness(), Strictness::Strict);
        assert_eq!(settings.level(Lint::LargeIntegers, "a/b"), Level::Allow);
        assert_eq!(settings.level(Lint::LargeIntegers, "a/c"), Level::Deny);
        assert_eq!(settings.level(Lint::UndocumentedFields, "a/b"), Level::Deny);
        assert_eq!(settings.level(Lint::SimilarNames, "a/b"), Level::Warn);
        assert_eq!(Settings::parse("").unwrap(), Settings::default());
    }

    #[test]
    fn unknown_settings_are_rejected() {
        let texts: Vec<String> = [
            "mode =",
            "mode = 1",
            "\n\nmoed = \"full\"",
            "colour = true",
            "mode = \"ful\"",
            "strict = \"yes\"",
            "lints = []",
            "[lints]\nlarge-integer = \"warn\"",
            "[lints]\nlarge-integers = \"forbid\"",
            "[events.\"a/b\"]\nmodes = \"full\"",
            "[events.\"a/b\"]\nallow = \"large-integers\"",
            "[events.\"a/b\"]\nallow = [\"large-integers\", \"x\"]",
            "mode = \"full\"\nmode = \"full\"",
        ]
        .iter()
        .map(|text| {
            let kind = Settings::parse(text).unwrap_err();
            let path = PathBuf::from(SETTINGS);
            SettingsError { path, kind }.to_string()
        })
        .collect();
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn unknown_events_are_rejected() {
        let settings = Settings::parse("[events.\"storefront/item.importd\"]\nmode = \"none\"");
        let settings = settings.unwrap();
        let types: Catalogue = [event("storefront/item.imported")].into_iter().collect();
        insta::assert_snapshot!(settings.unknown_event(&[&types]).unwrap(), @"line 1 of `inngest-registry.toml` names the unknown event `storefront/item.importd`; did you mean `storefront/item.imported`?");
        let types: Catalogue = [event("storefront/item.importd")].into_iter().collect();
        assert_eq!(settings.unknown_event(&[&types]), None);
    }

    fn event(name: &str) -> crate::EventType {
        crate::EventType {
            name: name.to_owned(),
            version: None,
            id_template: None,
            description: None,
            rust_type: None,
            source: None,
            schema: true.into(),
        }
    }
}
