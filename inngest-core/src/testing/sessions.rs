//! Parses and validates an event's `meta` by the real server's rules (measured).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use inngest_grammar::limits::{MAX_SESSION_KEY_BYTES, MAX_SESSION_VALUE_BYTES, MAX_SESSIONS};

use super::{json, value};

/// An event's sessions.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sessions {
    /// As the server stores them: numbers as text, inherited sessions merged in. Cleared sessions are
    /// `null`.
    pub(super) kept: Map<String, Value>,
    /// The event's own sessions, as sent.
    pub(super) sent: Map<String, Value>,
}

/// Parses one `meta` member. If an event has several, each is checked and the last one applies.
pub(super) fn read(meta: &[u8]) -> Result<Meta, String> {
    if meta == b"null" {
        return Ok(Meta::default());
    }
    let Some(members) = json::members(meta) else {
        return Err(not_an_object(meta, "meta"));
    };
    let mut own: Option<&[u8]> = None;
    let mut inherited = BTreeMap::new();
    for (key, value) in members {
        match json::fold_key(&key).as_str() {
            "sessions" => own = Some(value),
            "propagated_sessions" => {
                inherited = entries(value, "meta.propagated_sessions")?
                    .into_iter()
                    .map(|(key, entry)| match entry {
                        Entry::Text(text) | Entry::Number(text) => Ok((key, text)),
                        Entry::Null | Entry::Other => Err(format!(
                            "event session \"{key}\" must be a string or number"
                        )),
                    })
                    .collect::<Result<_, _>>()?;
            }
            _ => {}
        }
    }
    let clears_all = own == Some(b"null");
    let own = own.map_or_else(|| Ok(BTreeMap::new()), |own| entries(own, "meta"))?;
    if let Some((key, _)) = own.iter().find(|(_, entry)| matches!(entry, Entry::Other)) {
        return Err(format!(
            "event session \"{key}\" must be a string, number, or null"
        ));
    }
    if clears_all {
        inherited.clear();
    }
    Ok(Meta { own, inherited })
}

/// A parsed `meta`.
#[derive(Debug, Default)]
pub(super) struct Meta {
    own: BTreeMap<String, Entry>,
    inherited: BTreeMap<String, String>,
}

#[derive(Debug)]
enum Entry {
    Text(String),
    /// A number's source text.
    Number(String),
    Null,
    Other,
}

/// Parses a sessions object. The last of equal keys wins.
fn entries(object: &[u8], field: &str) -> Result<BTreeMap<String, Entry>, String> {
    if object == b"null" {
        return Ok(BTreeMap::new());
    }
    let members = json::members(object).ok_or_else(|| not_an_object(object, field))?;
    let entry = |(key, value): (String, &[u8])| {
        let entry = match value.first() {
            Some(b'"') => Entry::Text(json::unquote(value)),
            Some(b'-' | b'0'..=b'9') => Entry::Number(String::from_utf8_lossy(value).into_owned()),
            Some(b'n') => Entry::Null,
            _ => Entry::Other,
        };
        (key, entry)
    };
    Ok(members.into_iter().map(entry).collect())
}

fn not_an_object(value: &[u8], field: &str) -> String {
    format!(
        "json: cannot unmarshal {} into Go struct field raw.{field} of type map[string]interface {{}}",
        json::kind(value)
    )
}

impl Meta {
    /// Merges inherited sessions into the event's own, up to the limit, and validates the result.
    pub(super) fn resolve(self) -> Result<Sessions, String> {
        let Self { own, mut inherited } = self;
        let mut sessions = Sessions::default();
        let mut kept = BTreeMap::new();
        for (key, entry) in own {
            let (text, sent) = match entry {
                Entry::Text(text) => (text.clone(), Value::String(text)),
                Entry::Number(text) => {
                    let number = value::number(&text).map(Value::Number);
                    (text.clone(), number.unwrap_or(Value::String(text)))
                }
                Entry::Null | Entry::Other => {
                    inherited.remove(&key);
                    sessions.kept.insert(key.clone(), Value::Null);
                    sessions.sent.insert(key, Value::Null);
                    continue;
                }
            };
            kept.insert(key.clone(), text);
            sessions.sent.insert(key, sent);
        }
        for (key, text) in inherited {
            if kept.len() < MAX_SESSIONS {
                kept.entry(key).or_insert(text);
            }
        }
        check(&kept)?;
        let kept = kept.into_iter().map(|(key, text)| (key, text.into()));
        sessions.kept.extend(kept);
        sessions.kept.sort_keys();
        Ok(sessions)
    }
}

fn check(sessions: &BTreeMap<String, String>) -> Result<(), String> {
    if sessions.len() > MAX_SESSIONS {
        return Err(format!(
            "event sessions can include at most {MAX_SESSIONS} entries"
        ));
    }
    for (key, value) in sessions {
        if key.is_empty() {
            return Err("event session keys cannot be empty".into());
        }
        if key.len() > MAX_SESSION_KEY_BYTES {
            return Err(format!(
                "event session key \"{key}\" exceeds {MAX_SESSION_KEY_BYTES} bytes"
            ));
        }
        if value.is_empty() {
            return Err(format!("event session \"{key}\" cannot have an empty ID"));
        }
        if value.len() > MAX_SESSION_VALUE_BYTES {
            return Err(format!(
                "event session \"{key}\" exceeds {MAX_SESSION_VALUE_BYTES} bytes"
            ));
        }
    }
    Ok(())
}
