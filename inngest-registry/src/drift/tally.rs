//! Counts how the samples of one event type differ from the type's schema and id template.

use std::collections::{BTreeMap, BTreeSet};

use inngest_grammar::suggest::nearest;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::event_id::{IdTemplate, Mismatch};
use super::report::{DriftExample, DriftFinding, DriftKind};
use super::shape::{Shape, Undeclared};
use super::violation::{MISSING, UNEXPECTED, violations};
use crate::catalogue::EventType;
use crate::effect::count;
use crate::error::{Error, Problem};
use crate::samples::Sample;

/// The members of an event that have declared fields.
const MEMBERS: [&str; 3] = ["data", "user", "meta"];

/// All members of an event.
const ALL_MEMBERS: [&str; 7] = ["name", "id", "ts", "v", "data", "user", "meta"];

/// How many undeclared fields are listed one by one. If there are more, they are probably the keys of a map:
/// data, not field names.
const MAX_LISTED: usize = 20;

/// Collects findings from the samples of one event type.
pub(super) struct Tally<'a> {
    event: &'a EventType,
    shape: Shape,
    validator: Validator,
    template: Option<IdTemplate>,
    required: BTreeSet<&'static str>,
    samples: usize,
    found: BTreeMap<FindingKey, Occurrences>,
    undeclared: BTreeMap<Undeclared, Occurrences>,
}

/// Identifies a finding: samples with the same key are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FindingKey {
    kind: DriftKind,
    path: Option<String>,
    /// What is wrong, without the number of samples.
    problem: String,
}

/// How many samples have a finding, and the first of them.
#[derive(Debug)]
struct Occurrences {
    count: usize,
    example: DriftExample,
}

impl<'a> Tally<'a> {
    pub(super) fn new(event: &'a EventType) -> Result<Self, Error> {
        let mut schema = event.schema.clone();
        // The name and the version select the schema, and the id is compared with its template. The
        // server adds `ts`, and does not list `meta` or an empty `user`.
        let required = schema.get("required").and_then(Value::as_array);
        let required: BTreeSet<_> = ["user", "meta"]
            .into_iter()
            .filter(|member| required.is_some_and(|names| names.iter().any(|name| name == member)))
            .collect();
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("required".to_owned(), json!(["data"]));
            if let Some(members) = schema.get_mut("properties").and_then(Value::as_object_mut) {
                members.retain(|name, _| !["name", "id", "v"].contains(&name.as_str()));
            }
        }
        let options = jsonschema::options().should_validate_formats(true);
        let validator = options
            .build(&schema)
            .map_err(|error| Problem::Uncheckable {
                event: event.label(),
                problem: error.to_string(),
            })?;
        let shape = Shape::of(&event.schema, &MEMBERS);
        let template = event.id_template.as_deref();
        Ok(Self {
            event,
            template: template.and_then(|template| IdTemplate::parse(template, &shape)),
            shape,
            validator,
            required,
            samples: 0,
            found: BTreeMap::new(),
            undeclared: BTreeMap::new(),
        })
    }

    /// Compares one more sample and counts its findings.
    pub(super) fn add(&mut self, sample: &Sample, show: bool) {
        self.samples += 1;
        let example = example(sample);
        let event = sample.as_value();
        let mut in_sample = BTreeMap::new();
        for violation in violations(&self.validator, event) {
            // The server treats 0 as "now".
            if violation.pointer == "/ts" && sample.ts() == Some(0) {
                continue;
            }
            let located = self.shape.locate(event, &violation.pointer, show);
            let key = FindingKey {
                kind: DriftKind::Invalid,
                path: Some(located.path),
                problem: violation.problem,
            };
            if key.problem == UNEXPECTED && !self.found.contains_key(&key) {
                let new_keys = in_sample.keys().filter(|key| !self.found.contains_key(key));
                let keys = self.found.keys().chain(new_keys);
                if keys.filter(|key| key.problem == UNEXPECTED).count() >= MAX_LISTED {
                    let (parent, _) = violation.pointer.rsplit_once('/').unwrap_or_default();
                    let parent = self.shape.locate(event, parent, show);
                    let key = FindingKey {
                        path: Some(parent.path),
                        problem: "has other fields, which the schema refuses".to_owned(),
                        ..key
                    };
                    in_sample.entry(key).or_insert_with(|| DriftExample {
                        path: Some(parent.example),
                        ..example.clone()
                    });
                    continue;
                }
            }
            in_sample.entry(key).or_insert_with(|| DriftExample {
                path: Some(located.example),
                value: event.pointer(&violation.pointer).filter(|_| show).cloned(),
                ..example.clone()
            });
        }
        for member in &self.required {
            if event.get(member).is_none() && !sample.is_listed() {
                let key = FindingKey {
                    kind: DriftKind::Invalid,
                    path: Some((*member).to_owned()),
                    problem: MISSING.to_owned(),
                };
                in_sample.entry(key).or_insert_with(|| example.clone());
            }
        }
        if let Some((kind, problem)) = self.id_problem(sample) {
            let key = FindingKey {
                kind,
                path: Some("id".to_owned()),
                problem,
            };
            in_sample.entry(key).or_insert_with(|| DriftExample {
                value: event.get("id").filter(|_| show).cloned(),
                ..example.clone()
            });
        }
        let members = event.as_object().into_iter().flatten();
        for (name, _) in members.filter(|(name, _)| !ALL_MEMBERS.contains(&name.as_str())) {
            let key = FindingKey {
                kind: DriftKind::UndeclaredField,
                path: Some(crate::walk::property("", name)),
                problem: String::new(),
            };
            in_sample.entry(key).or_insert_with(|| example.clone());
        }
        for (key, example) in in_sample {
            let found = self.found.entry(key);
            found.or_insert(Occurrences { count: 0, example }).count += 1;
        }
        for undeclared in self.shape.mark(event) {
            if let Some(found) = self.undeclared.get_mut(&undeclared) {
                found.count += 1;
            } else if self.undeclared_in(undeclared.place) <= MAX_LISTED {
                let example = example.clone();
                self.undeclared
                    .insert(undeclared, Occurrences { count: 1, example });
            }
        }
    }

    /// The number of different undeclared fields found so far at a place.
    fn undeclared_in(&self, place: usize) -> usize {
        let name = String::new();
        let from_place = self.undeclared.range(Undeclared { place, name }..);
        from_place
            .take_while(|(known, _)| known.place == place)
            .count()
    }

    fn id_problem(&self, sample: &Sample) -> Option<(DriftKind, String)> {
        if !sample.has_known_id() {
            return None;
        }
        let template = self.event.id_template.as_deref();
        match (template, sample.id()) {
            (None, None) => None,
            (None, Some(_)) => Some((DriftKind::UndeclaredId, String::new())),
            (Some(_), None) => Some((DriftKind::NoId, String::new())),
            (Some(_), Some(id)) => {
                let mismatch = self.template.as_ref()?.mismatch(id, sample.data())?;
                let problem = match mismatch {
                    Mismatch::Form => "it has a different form".to_owned(),
                    Mismatch::Values(names) => {
                        let verb = if names.len() == 1 {
                            "differs"
                        } else {
                            "differ"
                        };
                        format!("`{}` {verb} from the data", names.join("`, `"))
                    }
                };
                Some((DriftKind::WrongId, problem))
            }
        }
    }

    /// The findings, each with the number of samples that have it.
    pub(super) fn findings(self) -> Vec<DriftFinding> {
        let mut findings = Vec::new();
        // Report each field once: a refused field is not also undeclared, and a missing one is not also unseen.
        let broken = |problem: &str| -> BTreeSet<String> {
            let keys = self.found.keys().filter(|key| key.problem == problem);
            keys.filter_map(|key| key.path.clone()).collect()
        };
        let (refused, missing) = (broken(UNEXPECTED), broken(MISSING));
        for (key, found) in &self.found {
            let what = self.sentence(key, found.count);
            findings.push(self.finding(key.kind, key.path.clone(), what, found));
        }
        let mut by_place: BTreeMap<usize, Vec<(&str, &Occurrences)>> = BTreeMap::new();
        for (undeclared, found) in &self.undeclared {
            let names = by_place.entry(undeclared.place).or_default();
            names.push((&undeclared.name, found));
        }
        for (place, names) in by_place {
            let path = self
                .shape
                .place(place)
                .map_or("", |place| place.path.as_str());
            if let Some((_, first)) = names.first()
                && names.len() > MAX_LISTED
            {
                let what = format!(
                    "the samples have more than {MAX_LISTED} undeclared fields in `{path}`; if these are the \
                     keys of a map, declare a map"
                );
                let path = Some(path.to_owned());
                findings.push(self.finding(DriftKind::UndeclaredField, path, what, first));
                continue;
            }
            for (name, found) in names {
                let path = crate::walk::property(path, name);
                if refused.contains(&path) {
                    continue;
                }
                let near = nearest(name, self.shape.names(place));
                let near =
                    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                let samples = self.share(found.count);
                let what = format!("{samples} `{path}`, which is not declared{near}");
                let path = Some(path);
                findings.push(self.finding(DriftKind::UndeclaredField, path, what, found));
            }
        }
        let unseen = self.shape.unseen();
        for path in unseen.difference(&missing).cloned() {
            let what = match self.samples {
                1 => format!("the sample does not have `{path}`"),
                n => format!("none of {n} samples has `{path}`"),
            };
            findings.push(DriftFinding {
                path: Some(path),
                of: self.samples,
                what,
                ..DriftFinding::new(self.event, DriftKind::UnseenField)
            });
        }
        findings
    }

    fn finding(
        &self,
        kind: DriftKind,
        path: Option<String>,
        what: String,
        found: &Occurrences,
    ) -> DriftFinding {
        DriftFinding {
            path,
            count: found.count,
            of: self.samples,
            what,
            example: Some(found.example.clone()),
            ..DriftFinding::new(self.event, kind)
        }
    }

    fn sentence(&self, key: &FindingKey, found: usize) -> String {
        let path = key.path.as_deref().unwrap_or_default();
        let template = self.event.id_template.as_deref().unwrap_or_default();
        let problem = &key.problem;
        let samples = self.share(found);
        match key.kind {
            DriftKind::Invalid => {
                let verb = if found == 1 { "breaks" } else { "break" };
                let samples = format!("{found} of {}", count(self.samples, "sample"));
                format!("{samples} {verb} `{path}`: it {problem}")
            }
            DriftKind::NoId => format!("{samples} no id; the template is `{template}`"),
            DriftKind::UndeclaredId => format!("{samples} an id, but the event has no id template"),
            DriftKind::WrongId => {
                format!("{samples} an id that does not match the template `{template}`: {problem}")
            }
            _ => format!("{samples} `{path}`, which is not a member of an event"),
        }
    }

    /// The start of a sentence, such as "12 of 340 samples have".
    fn share(&self, found: usize) -> String {
        let verb = if found == 1 { "has" } else { "have" };
        format!("{found} of {} {verb}", count(self.samples, "sample"))
    }
}

/// An example that only says where the sample comes from.
pub(super) fn example(sample: &Sample) -> DriftExample {
    DriftExample {
        origin: sample.origin().to_string(),
        path: None,
        value: None,
    }
}
