//! Registers the versions of each subject in order.

use std::cell::OnceCell;

use serde_json::Value;

use super::client::{Client, Fault, FaultKind, Lookup, Registered};
use super::own_check::{OwnCheck, accepting_level, own_check};
use super::part::{Part, is_recursive};
use super::report::{DecidedBy, PushOutcome, PushedSubject, PushedVersion};
use crate::catalogue::EventType;
use crate::compat::{Strictness, Verdict};
use crate::mode::Mode;

/// After this many unreachable subjects in a row, a push does not try the others.
const MAX_UNREACHABLE: usize = 3;

/// A push in progress.
pub(super) struct Upload<'a> {
    pub(super) client: &'a Client,
    pub(super) part: Part,
    /// The level that each subject gets.
    pub(super) wanted_level: Option<Mode>,
    /// The level of subjects without their own.
    pub(super) default_level: Option<Mode>,
    pub(super) strictness: Strictness,
    pub(super) is_dry_run: bool,
    /// How many subjects in a row were unreachable.
    pub(super) unreachable: usize,
}

/// A version that could not be registered, and why.
struct Stop {
    /// The index of the version.
    at: usize,
    fault: Fault,
}

/// What is known about a subject.
struct Subject<'a> {
    name: &'a str,
    /// Whether the registry has each version.
    found: Vec<Lookup>,
    /// The schemas in the registry, then those that this push registered or would register, oldest first.
    earlier: Vec<Value>,
    /// The level, once it was requested; `None` if the registry does not reveal it.
    level: OnceCell<Option<Mode>>,
    /// The version that a dry run would have registered last.
    pending: Option<&'a EventType>,
    /// The level that is still to be set.
    new_level: Option<Mode>,
}

impl Upload<'_> {
    /// Registers the versions of an event, oldest first.
    pub(super) fn subject(&mut self, subject: String, events: &[EventType]) -> PushedSubject {
        let event = events
            .first()
            .map_or_else(String::new, |event| event.name.clone());
        let mut pushed = PushedSubject {
            subject,
            event,
            set_level: None,
            versions: Vec::with_capacity(events.len()),
        };
        if self.unreachable < MAX_UNREACHABLE {
            self.versions(&mut pushed, events);
            let is_unreachable =
                |version: &PushedVersion| version.outcome == PushOutcome::Unreachable;
            if pushed.versions.iter().any(is_unreachable) {
                self.unreachable += 1;
            } else {
                self.unreachable = 0;
            }
        }
        for event in events.iter().skip(pushed.versions.len()) {
            pushed.versions.push(version(event, PushOutcome::NotTried));
        }
        pushed
    }

    /// Adds the results of versions, up to the first that fails.
    fn versions(&self, pushed: &mut PushedSubject, events: &[EventType]) {
        let mut schemas = Vec::with_capacity(events.len());
        for event in events {
            match self.part.schema(event) {
                Ok(schema) => schemas.push(schema),
                Err(reference) => {
                    let skipped = events.iter().take(schemas.len());
                    pushed
                        .versions
                        .extend(skipped.map(|e| version(e, PushOutcome::NotTried)));
                    pushed.versions.push(PushedVersion {
                        message: Some(format!(
                            "the schema of the data refers to `{reference}`, which is not part of it"
                        )),
                        decided_by: DecidedBy::OwnCheck,
                        to_do: Some("use `--schema event`".to_owned()),
                        ..version(event, PushOutcome::Refused)
                    });
                    return;
                }
            }
        }
        let name = pushed.subject.clone();
        let mut subject = match self.find(&name, &schemas) {
            Ok(subject) => subject,
            Err(stop) => return pushed.stop(&stop, events, &schemas),
        };
        if let Err(fault) = self.prepare_level(&mut subject, pushed) {
            return pushed.stop(&Stop { at: 0, fault }, events, &schemas);
        }
        for (at, (event, schema)) in events.iter().zip(&schemas).enumerate() {
            let result = self.version(&mut subject, at, event, schema);
            let is_end = !matches!(
                result.outcome,
                PushOutcome::New
                    | PushOutcome::Same
                    | PushOutcome::Compatible
                    | PushOutcome::Outdated
            );
            pushed.versions.push(result);
            if is_end {
                if subject.new_level.is_some() && !self.is_dry_run {
                    // The level would have been set after the first version.
                    pushed.set_level = None;
                }
                return;
            }
            if let Err(fault) = self.set_level(&mut subject) {
                pushed.set_level = None;
                if let Some(last) = pushed.versions.last_mut() {
                    last.fail(&fault, schema);
                    last.message = Some(format!("the version is registered; {fault}"));
                }
                return;
            }
        }
    }

    /// Looks up which schemas the subject has.
    fn find<'a>(&self, name: &'a str, schemas: &[Value]) -> Result<Subject<'a>, Stop> {
        let mut found = Vec::with_capacity(schemas.len());
        let mut exists = true;
        for (at, schema) in schemas.iter().enumerate() {
            let lookup = if exists {
                let lookup = self.client.look_up(name, schema);
                lookup.map_err(|fault| Stop { at, fault })?
            } else {
                Lookup::NoSubject
            };
            exists = lookup != Lookup::NoSubject;
            found.push(lookup);
        }
        let missing = found
            .iter()
            .position(|lookup| *lookup == Lookup::NoSuchSchema);
        let mut history = Vec::new();
        if let Some(at) = missing {
            let read = self.client.history(name);
            history = read.map_err(|fault| Stop { at, fault })?;
        }
        // Some registries compare schemas as text, so look for the same schema in another layout.
        for (lookup, schema) in found.iter_mut().zip(schemas) {
            let same = history
                .iter()
                .find(|registered| registered.schema == *schema);
            if let (Lookup::NoSuchSchema, Some(Registered { version, id, .. })) = (*lookup, same) {
                *lookup = Lookup::Found {
                    version: *version,
                    id: *id,
                };
            }
        }
        Ok(Subject {
            name,
            found,
            earlier: history
                .into_iter()
                .map(|registered| registered.schema)
                .collect(),
            level: OnceCell::new(),
            pending: None,
            new_level: None,
        })
    }

    /// Sets the level of a subject that exists, and notes the level of one that does not.
    fn prepare_level(
        &self,
        subject: &mut Subject<'_>,
        pushed: &mut PushedSubject,
    ) -> Result<(), Fault> {
        let Some(wanted) = self.wanted_level else {
            return Ok(());
        };
        let current = self.client.level(subject.name)?;
        subject.level = OnceCell::from(current.or(self.default_level));
        if current == Some(wanted) {
            return Ok(());
        }
        subject.new_level = Some(wanted);
        // A registry may accept a level only for a subject that has a version.
        if !subject.found.contains(&Lookup::NoSubject) {
            self.set_level(subject)?;
        }
        pushed.set_level = Some(wanted);
        Ok(())
    }

    fn set_level(&self, subject: &mut Subject<'_>) -> Result<(), Fault> {
        if let Some(level) = subject.new_level
            && !self.is_dry_run
        {
            self.client.set_level(subject.name, level)?;
            subject.level = OnceCell::from(Some(level));
            subject.new_level = None;
        }
        Ok(())
    }

    fn version<'a>(
        &self,
        subject: &mut Subject<'a>,
        at: usize,
        event: &'a EventType,
        schema: &Value,
    ) -> PushedVersion {
        if let Some(Lookup::Found { id, .. }) = subject.found.get(at) {
            return PushedVersion {
                id: Some(*id),
                ..version(event, PushOutcome::Same)
            };
        }
        if subject.earlier.contains(schema) {
            // An older version of the event has the same content.
            return version(event, PushOutcome::Same);
        }
        if subject.is_outdated(at) {
            return PushedVersion {
                message: Some(
                    "the subject already has a newer version, and registering this one would make it the latest"
                        .to_owned(),
                ),
                ..version(event, PushOutcome::Outdated)
            };
        }
        let result = if self.is_dry_run {
            self.try_version(subject, event, schema)
        } else {
            self.register(subject, event, schema)
        };
        subject.earlier.push(schema.clone());
        result
    }

    fn register(
        &self,
        subject: &mut Subject<'_>,
        event: &EventType,
        schema: &Value,
    ) -> PushedVersion {
        let is_first = subject.earlier.is_empty();
        match self.client.register(subject.name, schema) {
            Ok(id) => PushedVersion {
                id: Some(id),
                ..version(event, first_or_compatible(is_first))
            },
            Err(fault) => self.failed(subject, event, schema, &fault),
        }
    }

    fn try_version<'a>(
        &self,
        subject: &mut Subject<'a>,
        event: &'a EventType,
        schema: &Value,
    ) -> PushedVersion {
        let is_first = subject.earlier.is_empty();
        let pending = subject.pending.replace(event);
        if is_first {
            return version(event, PushOutcome::New);
        }
        let level = self.level(subject);
        let reason = match (pending, subject.new_level) {
            (Some(pending), _) => {
                let name = pending
                    .version
                    .as_deref()
                    .unwrap_or("the event without a version");
                format!(
                    "our own verdict decides; the registry can compare once {name} is registered"
                )
            }
            (None, Some(level)) => format!(
                "our own verdict decides; the registry can compare once the level is `{level}`"
            ),
            (None, None) => {
                return match self.client.try_out(subject.name, schema, level) {
                    Ok(()) => PushedVersion {
                        own_check: self.own_check(subject, schema),
                        ..version(event, PushOutcome::Compatible)
                    },
                    Err(fault) => self.failed(subject, event, schema, &fault),
                };
            }
        };
        let level = subject.new_level.or(level);
        let check = level.and_then(|level| subject.own_check(schema, level, Strictness::Strict));
        let verdict = check.as_ref().map(|check| check.verdict);
        let mut result = PushedVersion {
            decided_by: DecidedBy::OwnCheck,
            message: Some(reason),
            own_check: check,
            ..version(
                event,
                match verdict {
                    Some(Verdict::Compatible) => PushOutcome::Compatible,
                    Some(Verdict::Breaking) => PushOutcome::Refused,
                    Some(Verdict::Unknown) | None => PushOutcome::Unknown,
                },
            )
        };
        if verdict == Some(Verdict::Breaking) {
            result.to_do = subject.to_do(schema, level);
        }
        result
    }

    /// The level of the subject, if the registry reveals it.
    fn level(&self, subject: &Subject<'_>) -> Option<Mode> {
        *subject.level.get_or_init(|| {
            let own = self.client.level(subject.name).ok().flatten();
            own.or(self.default_level)
        })
    }

    fn own_check(&self, subject: &Subject<'_>, schema: &Value) -> Option<OwnCheck> {
        let level = self.level(subject)?;
        subject.own_check(schema, level, self.strictness)
    }

    /// The result for a version that the registry did not accept.
    fn failed(
        &self,
        subject: &Subject<'_>,
        event: &EventType,
        schema: &Value,
        fault: &Fault,
    ) -> PushedVersion {
        let mut result = version(event, PushOutcome::Refused);
        result.fail(fault, schema);
        if matches!(fault.kind, FaultKind::Incompatible | FaultKind::Failed(_)) {
            result.own_check = self.own_check(subject, schema);
        }
        if fault.kind == FaultKind::Incompatible {
            let level = self.level(subject);
            result.to_do = subject.to_do(schema, level);
        }
        result
    }
}

impl Subject<'_> {
    /// Whether the registry has a later version of the event, which is newer there than all earlier ones.
    fn is_outdated(&self, at: usize) -> bool {
        let newest = |found: &[Lookup]| {
            let versions = found.iter().filter_map(|lookup| match lookup {
                Lookup::Found { version, .. } => Some(*version),
                Lookup::NoSuchSchema | Lookup::NoSubject => None,
            });
            versions.max()
        };
        let (before, after) = self.found.split_at(at.min(self.found.len()));
        newest(after) > newest(before)
    }

    fn own_check(&self, schema: &Value, level: Mode, strictness: Strictness) -> Option<OwnCheck> {
        let earlier: Vec<&Value> = self.earlier.iter().collect();
        own_check(schema, &earlier, level, strictness)
    }

    fn to_do(&self, schema: &Value, level: Option<Mode>) -> Option<String> {
        let level = accepting_level(schema, self.earlier.last()?, level);
        Some(format!(
            "revise the event, or set a level that allows the change: `--set-compatibility {level}`"
        ))
    }
}

impl PushedSubject {
    /// Reports a fault that occurred before anything was registered.
    fn stop(&mut self, stop: &Stop, events: &[EventType], schemas: &[Value]) {
        for (event, schema) in events.iter().zip(schemas).take(stop.at + 1) {
            let result = version(event, PushOutcome::NotTried);
            self.versions.push(result);
            if self.versions.len() > stop.at
                && let Some(last) = self.versions.last_mut()
            {
                last.fail(&stop.fault, schema);
            }
        }
    }
}

impl PushedVersion {
    /// Sets the outcome, the message and the advice for a fault.
    fn fail(&mut self, fault: &Fault, schema: &Value) {
        let (outcome, status) = match fault.kind {
            FaultKind::Incompatible => (PushOutcome::Refused, None),
            FaultKind::Refused(status) => (PushOutcome::Refused, Some(status)),
            FaultKind::Failed(status) => (PushOutcome::Unknown, Some(status)),
            FaultKind::Unreachable => (PushOutcome::Unreachable, None),
        };
        self.outcome = outcome;
        self.status = status;
        self.message = Some(fault.to_string());
        self.to_do = match fault.kind {
            FaultKind::Failed(500..) if is_recursive(schema) => Some(
                "the schema is recursive, and the comparison of some registries fails on that; \
                 `--set-compatibility none` turns the comparison off",
            ),
            FaultKind::Failed(429 | 500..) | FaultKind::Unreachable => {
                Some("try again; what is registered already stays registered")
            }
            FaultKind::Failed(404) => Some(
                "check that the URL belongs to a schema registry, and that no proxy decodes `%2F` in paths",
            ),
            FaultKind::Incompatible | FaultKind::Refused(_) | FaultKind::Failed(_) => None,
        }
        .map(str::to_owned);
    }
}

fn version(event: &EventType, outcome: PushOutcome) -> PushedVersion {
    PushedVersion::new(event.version.as_deref(), outcome)
}

fn first_or_compatible(is_first: bool) -> PushOutcome {
    if is_first {
        PushOutcome::New
    } else {
        PushOutcome::Compatible
    }
}
