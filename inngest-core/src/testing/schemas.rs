//! Checks received events against the schemas of their types.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::Validator;
use serde_json::Value;

use super::event::ReceivedEvent;
use crate::registry::Registry;

/// Returns the schema of events with this name and version, if it is known.
pub(super) type FindSchema = Arc<dyn Fn(&str, Option<&str>) -> Option<Value> + Send + Sync>;

/// One mismatch between an event and its schema.
pub(super) struct Violation {
    /// The JSON Pointer of the value that does not match.
    pub(super) path: String,
    pub(super) message: String,
}

/// The known schemas: from the function that a test or program sets, or else of all linked types.
#[derive(Default)]
pub(super) struct Schemas {
    find: Option<FindSchema>,
    linked: OnceLock<Registry>,
    /// By event name and version. Compiling a schema takes longer than checking many events.
    compiled: Mutex<HashMap<Key, Arc<Compiled>>>,
}

/// An event name and version.
type Key = (String, Option<String>);

/// A validator, or why there is none.
type Compiled = Result<Validator, String>;

impl Schemas {
    pub(super) fn new(find: Option<FindSchema>) -> Self {
        Self {
            find,
            ..Self::default()
        }
    }

    /// The schema of the event's type.
    pub(super) fn find(&self, event: &ReceivedEvent) -> Option<Value> {
        let (name, version) = (&event.name, event.v.as_deref());
        match &self.find {
            Some(find) => find(name, version),
            None => {
                let linked = self.linked.get_or_init(Registry::collect);
                Some(linked.type_of(name, version)?.schema().to_value())
            }
        }
    }

    /// Where the event violates the schema of its type; `None` if its type is unknown.
    pub(super) fn violations(&self, event: &ReceivedEvent) -> Option<Vec<Violation>> {
        let key = (event.name.clone(), event.v.clone());
        let known = || self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let compiled = known().get(&key).cloned();
        let compiled = if let Some(compiled) = compiled {
            compiled
        } else {
            // The function of the test runs without the lock.
            let compiled = Arc::new(compile(&self.find(event)?));
            known().insert(key, Arc::clone(&compiled));
            compiled
        };
        Some(violations(&compiled, &event.to_json()))
    }
}

pub(super) fn compile(schema: &Value) -> Compiled {
    jsonschema::draft202012::new(schema).map_err(|error| error.to_string())
}

/// Lists where an event violates a schema.
pub(super) fn violations(schema: &Compiled, event: &Value) -> Vec<Violation> {
    let validator = match schema {
        Ok(validator) => validator,
        Err(error) => {
            return vec![Violation {
                path: String::new(),
                message: format!("the schema is not valid: {error}"),
            }];
        }
    };
    let errors = validator.iter_errors(event).map(|error| Violation {
        path: error.instance_path().to_string(),
        message: error.to_string(),
    });
    let mut errors: Vec<_> = errors.collect();
    // The order depends on whether `serde_json/preserve_order` is enabled.
    errors.sort_by(|a, b| (&a.path, &a.message).cmp(&(&b.path, &b.message)));
    errors
}
