//! Reads `inngest-registry.toml`: modes and lint levels, for all events or single events.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use inngest_grammar::suggest::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::catalogue::Catalogue;
use crate::compat::Strictness;
use crate::error::{Error, Problem, is_missing};
use crate::layout::SETTINGS;
use crate::lint::names::{Level, Lint};
use crate::mode::Mode;
use crate::named::suggestion;

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
    /// The base URL of `$id`s.
    pub base_url: Option<String>,
    /// The compatibility mode of events without a mode.
    pub mode: Mode,
    /// Whether optional properties are judged as Confluent's registry does.
    pub strict: bool,
    lints: BTreeMap<Lint, Level>,
    events: BTreeMap<String, EventSettings>,
    path: PathBuf,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct EventSettings {
    line: usize,
    mode: Option<Mode>,
    allow: Vec<Lint>,
}

impl Settings {
    /// Reads the settings of an exported folder, or returns the defaults if it has no settings file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or it has an unknown setting or an invalid value.
    pub fn of_folder(dir: impl AsRef<Path>) -> Result<Self, Error> {
        match Self::read(dir.as_ref().join(SETTINGS)) {
            Err(Error(Problem::Io { source, .. })) if is_missing(&source) => Ok(Self::default()),
            result => result,
        }
    }

    /// Reads a settings file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or it has an unknown setting or an invalid value.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
        match Self::parse(&text) {
            Ok(settings) => Ok(Self {
                path: path.to_owned(),
                ..settings
            }),
            Err(Invalid { offset, problem }) => Err(Error(Problem::Settings {
                path: path.to_owned(),
                line: line_at(&text, offset),
                problem,
            })),
        }
    }

    /// The compatibility mode of an event.
    #[must_use]
    pub fn mode_of(&self, event: &str) -> Mode {
        let own = self.events.get(event).and_then(|own| own.mode);
        own.unwrap_or(self.mode)
    }

    /// The level of a lint for an event.
    pub(crate) fn level_of(&self, lint: Lint, event: &str) -> Level {
        let own = self.events.get(event);
        if own.is_some_and(|own| own.allow.contains(&lint)) {
            return Level::Allow;
        }
        let level = self.lints.get(&lint).copied();
        level.unwrap_or_else(|| lint.default_level())
    }

    /// Checks that each event in the settings is in one of the catalogues.
    pub(crate) fn check_events(&self, catalogues: &[&Catalogue]) -> Result<(), Error> {
        let known = || {
            catalogues
                .iter()
                .copied()
                .flatten()
                .map(|event| &*event.name)
        };
        let unknown = |(name, _): &(&String, _)| known().all(|known| known != *name);
        let Some((name, own)) = self.events.iter().find(unknown) else {
            return Ok(());
        };
        let advice = match nearest(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "remove the table".to_owned(),
        };
        Err(Error(Problem::Settings {
            path: self.path.clone(),
            line: own.line,
            problem: format!("unknown event `{name}`; {advice}"),
        }))
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let table = DeTable::parse(text).map_err(|error| Invalid {
            offset: error.span().map_or(0, |span| span.start),
            // Some messages have several lines.
            problem: error
                .message()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
        })?;
        let mut settings = Self::default();
        for (key, value) in table.get_ref() {
            match &**key.get_ref() {
                "base_url" => settings.base_url = Some(string(value)?.to_owned()),
                "mode" => settings.mode = parse(string(value)?, value)?,
                "strict" => {
                    let strict = value.get_ref().as_bool();
                    settings.strict = strict.ok_or_else(|| expected("`true` or `false`", value))?;
                }
                "lints" => {
                    for (name, level) in self::table(value)? {
                        let lint = parse(name.get_ref(), name)?;
                        settings.lints.insert(lint, parse(string(level)?, level)?);
                    }
                }
                "events" => {
                    for (name, value) in self::table(value)? {
                        let mut own = event_settings(value)?;
                        own.line = line_at(text, name.span().start);
                        settings.events.insert(name.get_ref().to_string(), own);
                    }
                }
                _ => {
                    return Err(unknown(
                        key,
                        &["base_url", "events", "lints", "mode", "strict"],
                    ));
                }
            }
        }
        Ok(settings)
    }
}

pub(crate) fn strictness(strict: bool) -> Strictness {
    if strict {
        Strictness::Strict
    } else {
        Strictness::Standard
    }
}

fn event_settings(value: &Spanned<DeValue<'_>>) -> Result<EventSettings, Invalid> {
    let mut own = EventSettings::default();
    for (key, value) in table(value)? {
        match &**key.get_ref() {
            "mode" => own.mode = Some(parse(string(value)?, value)?),
            "allow" => {
                let names = value.get_ref().as_array();
                for name in names.ok_or_else(|| expected("a list of lints", value))? {
                    own.allow.push(parse(string(name)?, name)?);
                }
            }
            _ => return Err(unknown(key, &["allow", "mode"])),
        }
    }
    Ok(own)
}

/// An unknown setting or an invalid value.
#[derive(Debug)]
struct Invalid {
    offset: usize,
    problem: String,
}

fn expected<T>(what: &str, found: &Spanned<T>) -> Invalid {
    Invalid {
        offset: found.span().start,
        problem: format!("expected {what}"),
    }
}

fn unknown<T: AsRef<str>>(key: &Spanned<T>, known: &[&str]) -> Invalid {
    let name = key.get_ref().as_ref();
    Invalid {
        offset: key.span().start,
        problem: format!("unknown setting `{name}`; {}", suggestion(name, known)),
    }
}

fn table<'v, 't>(value: &'v Spanned<DeValue<'t>>) -> Result<&'v DeTable<'t>, Invalid> {
    let table = value.get_ref().as_table();
    table.ok_or_else(|| expected("a table", value))
}

fn string<'v>(value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, Invalid> {
    let string = value.get_ref().as_str();
    string.ok_or_else(|| expected("a string in quotes", value))
}

/// Parses a name, such as a mode. Errors point at `place`.
fn parse<T: FromStr<Err = Error>, S>(name: &str, place: &Spanned<S>) -> Result<T, Invalid> {
    name.parse().map_err(|error: Error| Invalid {
        offset: place.span().start,
        problem: error.to_string(),
    })
}

/// The line at a byte offset, from 1.
fn line_at(text: &str, offset: usize) -> usize {
    1 + text
        .get(..offset)
        .map_or(0, |before| before.matches('\n').count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_apply_to_all_events_or_to_one() {
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
        assert_eq!(settings.base_url.as_deref(), Some("https://example.com"));
        assert_eq!(settings.mode_of("a/b"), Mode::FullTransitive);
        assert_eq!(settings.mode_of("a/c"), Mode::Backward);
        assert!(settings.strict);
        assert_eq!(settings.level_of(Lint::LargeIntegers, "a/b"), Level::Allow);
        assert_eq!(settings.level_of(Lint::LargeIntegers, "a/c"), Level::Deny);
        assert_eq!(
            settings.level_of(Lint::UndocumentedFields, "a/b"),
            Level::Deny
        );
        assert_eq!(settings.level_of(Lint::SimilarNames, "a/b"), Level::Warn);
        assert_eq!(Settings::parse("").unwrap(), Settings::default());
    }

    #[test]
    fn unknown_settings_are_rejected() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join(SETTINGS);
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
            fs::write(&path, text).unwrap();
            let error = Settings::read(&path).unwrap_err().to_string();
            error.replace(&path.display().to_string(), SETTINGS)
        })
        .collect();
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn unknown_events_are_rejected() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("other.toml");
        fs::write(
            &path,
            "[events.\"storefront/item.importd\"]\nmode = \"none\"",
        )
        .unwrap();
        let settings = Settings::read(&path).unwrap();
        let types: Catalogue = [event("storefront/item.imported")].into_iter().collect();
        let error = settings.check_events(&[&types]).unwrap_err().to_string();
        let error = error.replace(&path.display().to_string(), "other.toml");
        insta::assert_snapshot!(error, @"line 1 of `other.toml`: unknown event `storefront/item.importd`; did you mean `storefront/item.imported`?");
        let types: Catalogue = [event("storefront/item.importd")].into_iter().collect();
        settings.check_events(&[&types]).unwrap();
    }

    fn event(name: &str) -> crate::EventType {
        crate::EventType::of_schema(name, None, true.into())
    }
}
