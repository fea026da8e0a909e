//! A stateful registry for tests, whose answers match recorded answers of Karapace.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use percent_encoding::percent_decode_str;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

/// Recorded requests to Karapace and its answers.
pub(crate) const RECORDED: &str = include_str!("recorded.json");

#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Method and path, such as `GET /config`.
    pub(crate) line: String,
    pub(crate) content_type: Option<String>,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Value,
}

/// A status and a body. Without a body, the connection is closed instead.
pub(crate) type Reply = (u16, Option<String>);

/// Replies to some requests instead of the registry.
type Fault = Box<dyn FnMut(&Request) -> Option<Reply> + Send>;

/// A registry that listens at a URL.
#[derive(Clone)]
pub(crate) struct FakeRegistry {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    subjects: BTreeMap<String, Vec<Version>>,
    levels: BTreeMap<String, String>,
    /// Schemas as text by id, which starts at 1.
    schemas: Vec<String>,
    log: Vec<Request>,
    fault: Option<Fault>,
    /// Confluent's registry compares schemas as text, and has other error codes.
    is_confluent: bool,
}

#[derive(Clone)]
struct Version {
    id: usize,
    /// With sorted keys.
    schema: Value,
}

impl FakeRegistry {
    pub(crate) fn new() -> Self {
        Self::start(None)
    }

    pub(crate) fn confluent() -> Self {
        let registry = Self::new();
        registry.state.lock().unwrap().is_confluent = true;
        registry
    }

    pub(crate) fn with_tls(config: Arc<ServerConfig>) -> Self {
        Self::start(Some(config))
    }

    /// Lets this function reply first.
    pub(crate) fn fault(&self, fault: impl FnMut(&Request) -> Option<Reply> + Send + 'static) {
        self.state.lock().unwrap().fault = Some(Box::new(fault));
    }

    pub(crate) fn no_fault(&self) {
        self.state.lock().unwrap().fault = None;
    }

    /// The requests since the last call.
    pub(crate) fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.state.lock().unwrap().log)
    }

    /// How many requests since the last call tried to register a schema or set a level.
    pub(crate) fn writes(&self) -> usize {
        let requests = self.requests();
        let is_write = |request: &&Request| {
            let line = &request.line;
            line.starts_with("PUT")
                || line.starts_with("POST /subjects/") && line.ends_with("/versions")
        };
        requests.iter().filter(is_write).count()
    }

    /// The schemas of a subject, oldest first.
    pub(crate) fn schemas(&self, subject: &str) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        let versions = state.subjects.get(subject).into_iter().flatten();
        versions.map(|version| version.schema.clone()).collect()
    }

    pub(crate) fn level(&self, subject: &str) -> Option<String> {
        self.state.lock().unwrap().levels.get(subject).cloned()
    }

    /// Registers a schema without a check.
    pub(crate) fn add(&self, subject: &str, text: &str) {
        self.state.lock().unwrap().add(subject, text);
    }

    pub(crate) fn reply(&self, request: &Request) -> Reply {
        self.state.lock().unwrap().reply(request)
    }

    fn start(tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = match tls {
            Some(_) => format!("https://localhost:{port}"),
            None => format!("http://127.0.0.1:{port}"),
        };
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, state, tls) = (stream.unwrap(), Arc::clone(&shared), tls.clone());
                thread::spawn(move || match tls {
                    Some(config) => {
                        let connection = ServerConnection::new(config).unwrap();
                        serve(StreamOwned::new(connection, stream), &state);
                    }
                    None => serve::<TcpStream>(stream, &state),
                });
            }
        });
        Self { url, state }
    }
}

/// Answers the requests of a connection until its end.
fn serve<S: Read + Write>(stream: S, state: &Mutex<State>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream) {
        let (status, body) = {
            let mut state = state.lock().unwrap();
            state.log.push(request.clone());
            let fault = state.fault.as_mut();
            let reply = fault.and_then(|fault| fault(&request));
            reply.unwrap_or_else(|| state.reply(&request))
        };
        let Some(body) = body else { return };
        let length = body.len();
        let text = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}");
        let stream = stream.get_mut();
        if stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush())
            .is_err()
        {
            return;
        }
    }
}

fn read(stream: &mut impl BufRead) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let header = |name: &str| {
        let values = lines.iter().filter_map(|line| line.split_once(": "));
        let mut values = values.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.to_owned())
    };
    let length = header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let line = lines[0].strip_suffix(" HTTP/1.1").unwrap().to_owned();
    Some(Request {
        line,
        content_type: header("content-type"),
        authorization: header("authorization"),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

fn ok(json: &Value) -> Reply {
    (200, Some(json.to_string()))
}

fn error(status: u16, code: u32, message: &str) -> Reply {
    let json = json!({ "error_code": code, "message": message });
    (status, Some(json.to_string()))
}

impl State {
    fn add(&mut self, subject: &str, text: &str) -> usize {
        let schema: Value = serde_json::from_str(text).unwrap();
        let known = self
            .schemas
            .iter()
            .position(|known| self.is_same(known, text));
        let id = known.map_or_else(
            || {
                self.schemas.push(text.to_owned());
                self.schemas.len()
            },
            |index| index + 1,
        );
        let versions = self.subjects.entry(subject.to_owned()).or_default();
        versions.push(Version { id, schema });
        id
    }

    fn is_same(&self, a: &str, b: &str) -> bool {
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        a == b || !self.is_confluent && json(a) == json(b)
    }

    fn reply(&mut self, request: &Request) -> Reply {
        let (line, _) = request.line.split_once('?').unwrap_or((&request.line, ""));
        let (method, path) = line.split_once(' ').unwrap();
        let parts: Vec<_> = path.split('/').skip(1).collect();
        let parts: Vec<_> = (parts.iter())
            .map(|part| percent_decode_str(part).decode_utf8().unwrap())
            .collect();
        let parts: Vec<&str> = parts.iter().map(|part| &**part).collect();
        let text = request.body["schema"].as_str().unwrap_or_default();
        if let Some(reply) = invalid(&request.body) {
            return reply;
        }
        match (method, parts.as_slice()) {
            ("GET", ["config"]) => ok(&json!({ "compatibilityLevel": "BACKWARD" })),
            ("GET", ["config", subject]) => match self.levels.get(*subject) {
                Some(level) => ok(&json!({ "compatibilityLevel": level })),
                None if self.is_confluent => error(404, 40408, "Subject has no level."),
                None => no_subject(subject),
            },
            ("PUT", ["config", subject]) => {
                let level = request.body["compatibility"].as_str().unwrap().to_owned();
                if level.to_lowercase().parse::<crate::Mode>().is_err() {
                    return error(422, 42203, "Invalid compatibility level");
                }
                self.levels.insert((*subject).to_owned(), level.clone());
                ok(&json!({ "compatibility": level }))
            }
            ("POST", ["subjects", subject]) => {
                let Some(versions) = self.subjects.get(*subject) else {
                    return no_subject(subject);
                };
                let same = |version: &Version| self.is_same(&self.schemas[version.id - 1], text);
                match versions.iter().position(same) {
                    Some(index) => described(subject, index, versions),
                    None => error(404, 40403, "Schema not found"),
                }
            }
            ("GET", ["subjects", subject, "versions", rest @ ..]) => {
                let Some(versions) = self.subjects.get(*subject) else {
                    return no_subject(subject);
                };
                let index = match rest {
                    [] => return ok(&json!((1..=versions.len()).collect::<Vec<_>>())),
                    ["latest"] => versions.len() - 1,
                    [number, ..] => number.parse::<usize>().unwrap() - 1,
                };
                if index >= versions.len() {
                    return error(404, 40402, &format!("Version {} not found.", index + 1));
                }
                described(subject, index, versions)
            }
            ("POST", ["compatibility", "subjects", subject, "versions", "latest"]) => {
                // Karapace compares with all versions if the level is transitive.
                let messages = self.incompatibilities(subject, text, !self.is_confluent);
                ok(&json!({ "is_compatible": messages.is_empty(), "messages": messages }))
            }
            ("POST", ["compatibility", "subjects", subject, "versions"]) if self.is_confluent => {
                let messages = self.incompatibilities(subject, text, true);
                ok(&json!({ "is_compatible": messages.is_empty(), "messages": messages }))
            }
            ("POST", ["subjects", subject, "versions"]) => {
                let same = |version: &Version| self.is_same(&self.schemas[version.id - 1], text);
                let versions = self.subjects.get(*subject).into_iter().flatten();
                if let Some(version) = versions.into_iter().find(|version| same(version)) {
                    return ok(&json!({ "id": version.id }));
                }
                let messages = self.incompatibilities(subject, text, true);
                if !messages.is_empty() {
                    let (code, level) = (
                        if self.is_confluent { 40901 } else { 409 },
                        self.level(subject),
                    );
                    let message = format!(
                        "Incompatible schema, compatibility_mode={level}. Incompatibilities: {}",
                        messages.join(", ")
                    );
                    return error(409, code, &message);
                }
                ok(&json!({ "id": self.add(subject, text) }))
            }
            _ => (404, Some("\"Not Found\"".to_owned())),
        }
    }

    fn level(&self, subject: &str) -> &str {
        self.levels.get(subject).map_or("BACKWARD", |level| level)
    }

    /// What Confluent's rules refuse, as far as these tests need them.
    fn incompatibilities(&self, subject: &str, text: &str, all: bool) -> Vec<String> {
        let level = self.level(subject);
        let new: Value = serde_json::from_str(text).unwrap();
        let versions = self
            .subjects
            .get(subject)
            .map_or(&[][..], |versions| versions);
        let compared = if all && level.ends_with("_TRANSITIVE") {
            versions.len()
        } else {
            1
        };
        let mut messages = Vec::new();
        for Version { schema: old, .. } in versions.iter().rev().take(compared) {
            if level.starts_with("BACKWARD") || level.starts_with("FULL") {
                restrictions(old, &new, &mut messages);
            }
            if level.starts_with("FORWARD") || level.starts_with("FULL") {
                restrictions(&new, old, &mut messages);
            }
        }
        messages
    }
}

fn restrictions(writer: &Value, reader: &Value, messages: &mut Vec<String>) {
    if writer.get("type") != reader.get("type") {
        messages.push("The type changed".to_owned());
    }
    let properties = |schema: &Value| {
        schema["properties"]
            .as_object()
            .cloned()
            .unwrap_or_default()
    };
    let (old, new) = (properties(writer), properties(reader));
    let added: Vec<&str> = (new.keys().map(String::as_str))
        .filter(|name| !old.contains_key(*name))
        .collect();
    if !added.is_empty() {
        messages.push(format!(
            "Restricting acceptable values of properties is an incompatible change. The following \
             properties {} accepted any value because of the lack of validation (the object schema had \
             neither patternProperties nor additionalProperties), now these values are restricted.",
            added.join(" ")
        ));
    }
    for (name, new) in new {
        if let Some(old) = old.get(&name) {
            restrictions(old, &new, messages);
        }
    }
}

/// The recorded answer to an invalid body.
fn invalid(body: &Value) -> Option<Reply> {
    let recorded: Vec<Value> = serde_json::from_str(RECORDED).unwrap();
    let found = (recorded.iter()).find(|recorded| {
        recorded["status"] == 422 && !body.is_null() && recorded["body"] == *body
    })?;
    let answer = found["answer"].as_str().unwrap().to_owned();
    Some((422, Some(answer)))
}

fn no_subject(subject: &str) -> Reply {
    error(404, 40401, &format!("Subject '{subject}' not found."))
}

fn described(subject: &str, index: usize, versions: &[Version]) -> Reply {
    let Version { id, schema } = &versions[index];
    let text = schema.to_string();
    ok(&json!({
        "subject": subject,
        "version": index + 1,
        "id": id,
        "schema": text,
        "schemaType": "JSON",
    }))
}

#[test]
fn fake_answers_as_recorded() {
    let registry = FakeRegistry::new();
    let recorded: Vec<Value> = serde_json::from_str(RECORDED).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for exchange in &recorded {
        let request = Request {
            line: format!("{} {}", text(&exchange["method"]), text(&exchange["path"])),
            content_type: None,
            authorization: None,
            body: exchange["body"].clone(),
        };
        let (status, body) = registry.reply(&request);
        assert_eq!(json!(status), exchange["status"], "{request:?}");
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let expand = |text: &str| {
            // Karapace sorts the keys of a schema, so compare them in any order.
            let mut json = parse(text);
            if let Some(schema) = json.get_mut("schema") {
                *schema = parse(schema.as_str().unwrap());
            }
            json
        };
        let answer = text(&exchange["answer"]);
        assert_eq!(expand(&body.unwrap()), expand(&answer), "{}", request.line);
    }
}
