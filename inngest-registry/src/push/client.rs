//! Speaks the protocol of Confluent's schema registry, which Karapace, Redpanda and Apicurio also implement.

use std::fmt;

use serde_json::{Value, json};

use crate::error::{Error, Problem};
use crate::http::{Answer, Http, segment};
use crate::json;
use crate::message;
use crate::mode::Mode;

const CONTENT_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// The error codes for a missing subject, version or schema, and for a subject without its own level.
const NOT_FOUND: [u64; 4] = [40401, 40402, 40403, 40408];
const NO_SUBJECT: u64 = 40401;

/// A schema registry.
#[derive(Debug)]
pub(super) struct Client(Http);

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    /// The registry's message, or why it cannot be reached.
    message: String,
    /// What the request was for, if not for a schema.
    purpose: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// The schema is not compatible with an earlier one.
    Incompatible,
    /// The registry refuses the request with this status.
    Refused(u16),
    /// The registry failed with this status, or its answer with this status makes no sense.
    Failed(u16),
    Unreachable,
}

impl Fault {
    fn new(kind: FaultKind, message: String) -> Self {
        Self {
            kind,
            message,
            purpose: None,
        }
    }

    fn during(self, purpose: &'static str) -> Self {
        Self {
            purpose: Some(purpose),
            ..self
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = &self.message;
        let during = self
            .purpose
            .map_or_else(String::new, |purpose| format!(" while {purpose}"));
        match self.kind {
            FaultKind::Incompatible => {
                write!(
                    f,
                    "the registry refuses it as incompatible{during}: {message}"
                )
            }
            FaultKind::Refused(status) => {
                write!(
                    f,
                    "the registry refused the request with {status}{during}: {message}"
                )
            }
            FaultKind::Failed(429) => write!(f, "the registry is busy (429){during}: {message}"),
            FaultKind::Failed(status @ 500..) => {
                write!(f, "the registry failed with {status}{during}: {message}")
            }
            FaultKind::Failed(status) => {
                write!(
                    f,
                    "the registry gave an unexpected answer ({status}){during}: {message}"
                )
            }
            FaultKind::Unreachable => f.write_str(message),
        }
    }
}

/// Whether a subject has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    Found { version: u64, id: u64 },
    NoSuchSchema,
    NoSubject,
}

/// A registered version of a subject.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Registered {
    pub(super) version: u64,
    pub(super) id: u64,
    pub(super) schema: Value,
}

impl Client {
    pub(super) fn new(http: Http) -> Self {
        Self(http)
    }

    pub(super) fn address(&self) -> String {
        self.0.address().to_string()
    }

    /// The level of subjects that have none; `None` if the registry does not reveal it.
    ///
    /// This is the first request, so its errors are about the whole registry.
    pub(super) fn default_level(&self) -> Result<Option<Mode>, Error> {
        let answer = self.0.get("/config")?;
        let fail = |problem: String| {
            Error(Problem::SchemaRegistry {
                address: self.address(),
                problem,
            })
        };
        let message = || self.message(&answer);
        match (answer.status, error_code(&answer)) {
            (200, _) => match level_in(&answer) {
                Some(name) => Ok(name.parse().ok()),
                None => Err(fail(format!(
                    "answered `GET /config` with `{}`; check that the URL belongs to a schema registry",
                    message()
                ))),
            },
            (401, _) => Err(fail(format!(
                "answered 401: {}; give a user and a password, or a token, that it accepts",
                message()
            ))),
            // Some users may register schemas and not read the settings.
            (403, _) => Ok(None),
            (404, Some(code)) if NOT_FOUND.contains(&code) => Ok(None),
            (300..=399, _) => {
                let location =
                    message::plain(answer.location.as_deref().unwrap_or("another place"));
                Err(fail(format!(
                    "redirects to {location}; use the URL of the registry itself"
                )))
            }
            (status @ (429 | 500..), _) => Err(fail(format!(
                "failed with {status}: {}; try again later",
                message()
            ))),
            (status, _) => Err(fail(format!(
                "answered `GET /config` with {status}: {}; check that the URL belongs to a schema registry",
                message()
            ))),
        }
    }

    /// The subject's own level.
    pub(super) fn level(&self, subject: &str) -> Result<Option<Mode>, Fault> {
        let level = self.read_level(subject);
        level.map_err(|fault| fault.during("reading the compatibility level"))
    }

    fn read_level(&self, subject: &str) -> Result<Option<Mode>, Fault> {
        let answer = self.get(&format!("/config/{}", segment(subject)))?;
        if is_not_found(&answer) {
            return Ok(None);
        }
        let answer = self.success(answer)?;
        let level = level_in(&answer).and_then(|name| name.parse().ok());
        level.map_or_else(|| Err(self.unexpected(&answer)), |level| Ok(Some(level)))
    }

    pub(super) fn set_level(&self, subject: &str, level: Mode) -> Result<(), Fault> {
        let path = format!("/config/{}", segment(subject));
        let body = json!({ "compatibility": level.name().to_uppercase() });
        let answer = self.send("PUT", &path, &body);
        let done = answer.and_then(|answer| self.success(answer));
        done.map_err(|fault| fault.during("setting the compatibility level"))?;
        Ok(())
    }

    /// Whether the subject has this schema.
    pub(super) fn look_up(&self, subject: &str, schema: &Value) -> Result<Lookup, Fault> {
        let path = format!("/subjects/{}", segment(subject));
        let answer = self.send("POST", &path, &body(schema))?;
        if is_not_found(&answer) {
            return Ok(if error_code(&answer) == Some(NO_SUBJECT) {
                Lookup::NoSubject
            } else {
                Lookup::NoSuchSchema
            });
        }
        let answer = self.success(answer)?;
        let (version, id) = self.numbers(&answer)?;
        Ok(Lookup::Found { version, id })
    }

    /// All registered versions of a subject, oldest first.
    pub(super) fn history(&self, subject: &str) -> Result<Vec<Registered>, Fault> {
        let path = format!("/subjects/{}/versions", segment(subject));
        let answer = self.get(&path)?;
        if is_not_found(&answer) {
            return Ok(Vec::new());
        }
        let answer = self.success(answer)?;
        let numbers = answer.json().and_then(|json| {
            let numbers = json.as_array()?.iter().map(Value::as_u64);
            numbers.collect::<Option<Vec<u64>>>()
        });
        let mut numbers = numbers.ok_or_else(|| self.unexpected(&answer))?;
        numbers.sort_unstable();
        let registered = numbers.into_iter().map(|number| {
            let answer = self.success(self.get(&format!("{path}/{number}"))?)?;
            let (version, id) = self.numbers(&answer)?;
            let json = answer.json().unwrap_or_default();
            // A subject may have a schema of another kind, which never equals a schema from this program.
            let text = json
                .get("schema")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let schema = serde_json::from_str(text).unwrap_or_default();
            Ok(Registered {
                version,
                id,
                schema,
            })
        });
        registered.collect()
    }

    /// Asks whether the registry would accept a schema. An error of kind
    /// [`Incompatible`](FaultKind::Incompatible) says why it would not.
    pub(super) fn try_out(
        &self,
        subject: &str,
        schema: &Value,
        level: Option<Mode>,
    ) -> Result<(), Fault> {
        let path = format!("/compatibility/subjects/{}/versions", segment(subject));
        if level.is_some_and(Mode::is_transitive) {
            let answer = self.send("POST", &format!("{path}?verbose=true"), &body(schema))?;
            // Karapace compares with one version only.
            if answer.status != 404 {
                return self.compatible(&answer);
            }
        }
        let answer = self.send(
            "POST",
            &format!("{path}/latest?verbose=true"),
            &body(schema),
        )?;
        self.compatible(&answer)
    }

    fn compatible(&self, answer: &Answer) -> Result<(), Fault> {
        let json = self.success(answer.clone())?.json().unwrap_or_default();
        match json.get("is_compatible") {
            Some(Value::Bool(true)) => Ok(()),
            Some(Value::Bool(false)) => {
                let messages = json.get("messages").unwrap_or(&Value::Null);
                let message = message::of_body(&self.0.redact(&messages.to_string()));
                Err(Fault::new(FaultKind::Incompatible, message))
            }
            _ => Err(self.unexpected(answer)),
        }
    }

    /// Registers a schema and returns its id.
    pub(super) fn register(&self, subject: &str, schema: &Value) -> Result<u64, Fault> {
        let path = format!("/subjects/{}/versions", segment(subject));
        let answer = self.success(self.send("POST", &path, &body(schema))?)?;
        let id = answer.json().and_then(|json| json.get("id")?.as_u64());
        id.ok_or_else(|| self.unexpected(&answer))
    }

    fn get(&self, path: &str) -> Result<Answer, Fault> {
        self.0.get(path).map_err(|error| unreachable(&error))
    }

    fn send(&self, method: &'static str, path: &str, body: &Value) -> Result<Answer, Fault> {
        let answer = self.0.send(method, path, CONTENT_TYPE, &body.to_string());
        answer.map_err(|error| unreachable(&error))
    }

    fn success(&self, answer: Answer) -> Result<Answer, Fault> {
        if answer.is_success() {
            return Ok(answer);
        }
        let kind = match answer.status {
            409 => FaultKind::Incompatible,
            // A registry adds an error code to its own "not found", which callers check before.
            status @ (404 | 429) => FaultKind::Failed(status),
            status @ 400..=499 => FaultKind::Refused(status),
            status => FaultKind::Failed(status),
        };
        Err(Fault::new(kind, self.message(&answer)))
    }

    fn numbers(&self, answer: &Answer) -> Result<(u64, u64), Fault> {
        let json = answer.json().unwrap_or_default();
        let number = |key| json.get(key).and_then(Value::as_u64);
        match (number("version"), number("id")) {
            (Some(version), Some(id)) => Ok((version, id)),
            _ => Err(self.unexpected(answer)),
        }
    }

    /// The fault for a successful response that lacks the expected content.
    fn unexpected(&self, answer: &Answer) -> Fault {
        Fault::new(FaultKind::Failed(answer.status), self.message(answer))
    }

    fn message(&self, answer: &Answer) -> String {
        // A message is shortened, and its white space is changed, so no secret would be found in it.
        message::of_body(&self.0.redact(&answer.text))
    }
}

fn unreachable(error: &Error) -> Fault {
    Fault::new(FaultKind::Unreachable, error.to_string())
}

/// The body of the requests that carry a schema.
fn body(schema: &Value) -> Value {
    json!({ "schemaType": "JSON", "schema": json::to_text(schema) })
}

fn error_code(answer: &Answer) -> Option<u64> {
    answer.json()?.get("error_code")?.as_u64()
}

/// Whether the answer says that something is not registered. Any other 404 means a wrong address.
fn is_not_found(answer: &Answer) -> bool {
    answer.status == 404 && error_code(answer).is_some_and(|code| NOT_FOUND.contains(&code))
}

fn level_in(answer: &Answer) -> Option<String> {
    let json = answer.json()?;
    Some(json.get("compatibilityLevel")?.as_str()?.to_owned())
}
