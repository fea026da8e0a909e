//! Finds the schemas of events in exported folders, `AsyncAPI` documents and JSON Schemas.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::resolve::without_reference;
use crate::catalogue::{Catalogue, EventType};

/// The schema of one event.
#[derive(Clone, Debug)]
pub(super) struct EventSchema {
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) id_template: Option<String>,
    pub(super) id_pattern: Option<String>,
    /// The name of the Rust type.
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) data: Value,
    /// The attributes of the user, if the schema says what they are.
    pub(super) user: Option<Value>,
    /// The schema of the sessions, if it names any.
    pub(super) sessions: Value,
    /// The document that references point into.
    pub(super) document: Rc<Value>,
    /// Whether `export` wrote it.
    pub(super) is_export: bool,
    /// Whether it is the schema of a Rust type that derives `Event`, in any kind of document.
    pub(super) is_own: bool,
}

/// What is known about an event besides its schema.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) description: Option<String>,
    pub(super) id_template: Option<String>,
}

/// The schemas of an exported folder.
pub(super) fn exported(catalogue: &Catalogue) -> Vec<EventSchema> {
    let of = |event: &EventType| {
        let document = Rc::new(event.schema.clone());
        let about = About {
            id_template: event.id_template.clone(),
            ..About::default()
        };
        let schema = whole_event(&event.schema, &document, about)?;
        Some(EventSchema {
            name: event.name.clone(),
            version: event.version.clone(),
            is_export: true,
            ..schema
        })
    };
    catalogue.iter().filter_map(of).collect()
}

/// The events of a document: an `AsyncAPI` document, or the schema of one event or of its data. `None` if
/// the name of the event is unknown.
pub(super) fn of_document(document: Value, about: About) -> Option<Vec<EventSchema>> {
    let document = Rc::new(document);
    if document.get("asyncapi").is_some() {
        return Some(messages(&document));
    }
    let event = match whole_event(&document, &document, about.clone()) {
        Some(event) => event,
        None => data(&document, &document, about)?,
    };
    Some(vec![event])
}

/// Whether a document describes events rather than being one.
pub(super) fn is_schema(document: &Value) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| document.get(word).is_some());
    has(&["asyncapi", "$schema"])
        || (has(&["properties", "$ref", "allOf", "oneOf", "anyOf"]) && !has(&["name", "data"]))
}

/// The constant of a schema.
fn constant(schema: Option<&Value>) -> Option<String> {
    let schema = schema?;
    let value =
        schema
            .get("const")
            .or_else(|| match schema.get("enum")?.as_array()?.as_slice() {
                [only] => Some(only),
                _ => None,
            })?;
    value.as_str().map(str::to_owned)
}

/// The parts of a schema that describes a whole event.
fn whole_event(schema: &Value, document: &Rc<Value>, about: About) -> Option<EventSchema> {
    let schema = without_reference(document, schema)?;
    let properties = schema.get("properties")?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let name = constant(properties.get("name")).or(about.name)?;
    let is_described = |user: &&Value| {
        let user = user.as_object();
        user.is_some_and(|user| user.keys().any(|key| key != "type" && key != "description"))
    };
    properties.get("name")?;
    Some(EventSchema {
        name,
        version: constant(properties.get("v")).or(about.version),
        id_template: about.id_template,
        id_pattern: text(properties.get("id").and_then(|id| id.get("pattern"))),
        title: text(schema.get("title")),
        description: text(schema.get("description")).or(about.description),
        data: properties.get("data")?.clone(),
        sessions: schema_at(properties, &["meta", "sessions"])
            .cloned()
            .unwrap_or_default(),
        user: properties.get("user").filter(is_described).cloned(),
        document: Rc::clone(document),
        is_export: false,
        is_own: properties.get("ts").is_some() && properties.get("meta").is_some(),
    })
}

/// The schema of a member of a member.
fn schema_at<'a>(properties: &'a Value, path: &[&str]) -> Option<&'a Value> {
    let (last, before) = path.split_last()?;
    let parent = before
        .iter()
        .try_fold(properties, |at, name| at.get(name)?.get("properties"));
    parent?.get(last)
}

/// The schema of the data of an event whose name is known.
fn data(schema: &Value, document: &Rc<Value>, about: About) -> Option<EventSchema> {
    let text = |name: &str| schema.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(EventSchema {
        name: about.name?,
        version: about.version,
        id_template: about.id_template,
        id_pattern: None,
        title: None,
        description: text("description").or(about.description),
        data: schema.clone(),
        user: None,
        sessions: Value::Null,
        document: Rc::clone(document),
        is_export: false,
        is_own: false,
    })
}

/// The messages of an `AsyncAPI` document, of version 2 or 3.
fn messages(document: &Rc<Value>) -> Vec<EventSchema> {
    let members = |value: Option<&Value>| -> Map<String, Value> {
        value
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    };
    // Each message, with the name to use if it has none of its own.
    let mut found: Vec<(String, Value)> = Vec::new();
    for (key, channel) in members(document.get("channels")) {
        let address = channel
            .get("address")
            .and_then(Value::as_str)
            .unwrap_or(&key)
            .to_owned();
        for (_, message) in members(channel.get("messages")) {
            found.push((address.clone(), message));
        }
        for action in ["publish", "subscribe"] {
            let Some(message) = channel.get(action).and_then(|action| action.get("message")) else {
                continue;
            };
            match message.get("oneOf") {
                Some(Value::Array(all)) => {
                    found.extend(all.iter().map(|message| (address.clone(), message.clone())));
                }
                _ => found.push((address.clone(), message.clone())),
            }
        }
    }
    let components = document
        .get("components")
        .and_then(|all| all.get("messages"));
    found.extend(members(components));
    let mut seen: Vec<Map<String, Value>> = Vec::new();
    let mut events = Vec::new();
    for (fallback, message) in found {
        // In version 3, the channel refers to the component, so each message is found twice.
        let message = without_reference(document, &message);
        let Some(message) = message.filter(|message| !seen.contains(message)) else {
            continue;
        };
        events.extend(of_message(&message, fallback, document));
        seen.push(message);
    }
    events
}

fn of_message(
    message: &Map<String, Value>,
    fallback: String,
    document: &Rc<Value>,
) -> Option<EventSchema> {
    let text = |name: &str| message.get(name).and_then(Value::as_str).map(str::to_owned);
    let payload = message.get("payload")?;
    // A payload may name the format of its schema.
    let payload = match (payload.get("schema"), payload.get("schemaFormat")) {
        (Some(schema), Some(_)) => schema,
        _ => payload,
    };
    let about = About {
        name: Some(text("name").unwrap_or(fallback)),
        version: None,
        description: text("description").or_else(|| text("summary")),
        id_template: text("x-inngest-id-template"),
    };
    let is_event = without_reference(document, payload).is_some_and(|schema| {
        let properties = schema.get("properties");
        properties.is_some_and(|all| constant(all.get("name")).is_some())
    });
    if is_event {
        whole_event(payload, document, about)
    } else {
        data(payload, document, about)
    }
}
