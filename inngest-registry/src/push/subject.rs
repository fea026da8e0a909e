//! Names subjects after a template.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use inngest_grammar::name::slug;

use crate::catalogue::Catalogue;
use crate::error::{Error, Problem};
use crate::named::suggestion;

const PLACEHOLDERS: [&str; 3] = ["name", "prefix", "slug"];

/// A template of subject names, such as `{name}`, `{name}-value` or `{prefix}.{slug}`.
///
/// | placeholder | what it stands for | in `storefront/order.shipped` |
/// |---|---|---|
/// | `{name}` | the event name | `storefront/order.shipped` |
/// | `{prefix}` | the text before the last `/`, with `.` instead of any other `/` | `storefront` |
/// | `{slug}` | the text after the last `/`, with `-` instead of each `.` | `order-shipped` |
///
/// `{{` and `}}` stand for braces. Parsing fails without `{name}` or `{slug}`, because different events
/// would then share a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectTemplate {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name,
    Prefix,
    Slug,
}

impl Default for SubjectTemplate {
    /// `{name}`
    fn default() -> Self {
        Self {
            text: "{name}".to_owned(),
            pieces: vec![Piece::Name],
        }
    }
}

impl fmt::Display for SubjectTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for SubjectTemplate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = |problem: String| {
            Error(Problem::SubjectTemplate {
                template: text.to_owned(),
                problem,
            })
        };
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, after) = rest.split_at(at);
            literal += before;
            if let Some(after) = after.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = after.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else if let Some(after) = after.strip_prefix('{') {
                let (word, after) = after.split_once('}').ok_or_else(|| {
                    invalid("has a `{` without `}`; write `{{` for a brace".into())
                })?;
                if !literal.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut literal)));
                }
                pieces.push(match word {
                    "name" => Piece::Name,
                    "prefix" => Piece::Prefix,
                    "slug" => Piece::Slug,
                    _ => {
                        let suggestion = suggestion(word, &PLACEHOLDERS);
                        let problem = format!("has the unknown placeholder `{word}`; {suggestion}");
                        return Err(invalid(problem));
                    }
                });
                rest = after;
            } else {
                return Err(invalid(
                    "has a `}` without `{`; write `}}` for a brace".into(),
                ));
            }
        }
        literal += rest;
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        if !pieces.contains(&Piece::Name) && !pieces.contains(&Piece::Slug) {
            return Err(invalid(
                "gives all events one subject; add `{name}` or `{slug}`".into(),
            ));
        }
        Ok(Self {
            text: text.to_owned(),
            pieces,
        })
    }
}

impl SubjectTemplate {
    /// The subject of an event.
    fn subject(&self, event: &str) -> Result<String, Error> {
        let prefix = || match event.rsplit_once('/') {
            Some((prefix, _)) if !prefix.is_empty() => Ok(prefix.replace('/', ".")),
            _ => Err(Error(Problem::SubjectTemplate {
                template: self.text.clone(),
                problem: format!(
                    "has `{{prefix}}`, and the event `{event}` has no prefix; use `{{name}}` or `{{slug}}` \
                     alone"
                ),
            })),
        };
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => Ok(text.clone()),
            Piece::Name => Ok(event.to_owned()),
            Piece::Prefix => prefix(),
            Piece::Slug => Ok(slug(event)),
        });
        pieces.collect()
    }

    /// The names of all events with their subjects, in order of the events.
    pub(super) fn subjects<'a>(
        &self,
        types: &'a Catalogue,
    ) -> Result<Vec<(&'a str, String)>, Error> {
        let mut names: Vec<&str> = types.iter().map(|event| event.name.as_str()).collect();
        names.dedup();
        let mut events = BTreeMap::new();
        let mut subjects = Vec::with_capacity(names.len());
        for name in names {
            let subject = self.subject(name)?;
            if let Some(other) = events.insert(subject.clone(), name) {
                return Err(Error(Problem::SubjectTemplate {
                    template: self.text.clone(),
                    problem: format!(
                        "gives `{other}` and `{name}` the same subject, `{subject}`; use `{{name}}`"
                    ),
                }));
            }
            subjects.push((name, subject));
        }
        Ok(subjects)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalogue::EventType;

    fn subjects(template: &str, events: &[&str]) -> Result<Vec<String>, Error> {
        let events = events.iter();
        let types = events.map(|name| EventType::of_schema(name, None, json!({})));
        let template: SubjectTemplate = template.parse()?;
        let types: Catalogue = types.collect();
        let subjects = template.subjects(&types)?;
        Ok(subjects.into_iter().map(|(_, subject)| subject).collect())
    }

    #[test]
    fn templates_give_subjects() {
        let events = ["a/b/order.shipped", "storefront/order.shipped"];
        for (template, expected) in [
            ("{name}", ["a/b/order.shipped", "storefront/order.shipped"]),
            (
                "{name}-value",
                ["a/b/order.shipped-value", "storefront/order.shipped-value"],
            ),
            (
                "{prefix}.{slug}",
                ["a.b.order-shipped", "storefront.order-shipped"],
            ),
            (
                "{{{prefix}}}/{slug}",
                ["{a.b}/order-shipped", "{storefront}/order-shipped"],
            ),
        ] {
            assert_eq!(subjects(template, &events).unwrap(), expected);
        }
        let default = SubjectTemplate::default();
        assert_eq!(
            default.to_string().parse::<SubjectTemplate>().unwrap(),
            default
        );
    }

    #[test]
    fn wrong_templates_are_errors() {
        let errors: Vec<_> = [
            ("", &["a/b"][..]),
            ("all", &["a/b"]),
            ("{prefix}", &["a/b"]),
            ("{name", &["a/b"]),
            ("name}", &["a/b"]),
            ("{nam}", &["a/b"]),
            ("{}", &["a/b"]),
            ("{version}", &["a/b"]),
            ("{prefix}.{slug}", &["a/b", "signup.new"]),
            ("x.{slug}", &["a/b.c", "b/b.c"]),
        ]
        .into_iter()
        .map(|(template, events)| subjects(template, events).unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(errors.join("\n"));
    }
}
