//! Writes `AsyncAPI` 3.0 documents: a channel for each event, a message for each version.

mod schema_object;

use serde_json::{Map, Value, json};

use self::schema_object::SchemaObjects;
use super::model::{Event, Model, Part, Version};
use super::names;
use crate::catalogue::Catalogue;
use crate::error::Error;
use crate::{json, version};

pub(super) fn export(types: &Catalogue) -> Result<String, Error> {
    let model = Model::of(types, Part::Event)?;
    Ok(json::to_text(&document(&model)))
}

fn document(model: &Model<'_>) -> Value {
    let mut channels = Map::new();
    let mut operations = Map::new();
    let mut messages = Map::new();
    let mut schemas = Map::new();
    for event in &model.events {
        channels.insert(event.identifier.clone(), channel(event));
        let operation = format!("send{}", names::pascal_case(&event.identifier));
        operations.insert(operation, operation_of(event));
        for version in &event.versions {
            messages.insert(version.identifier.clone(), message(version));
            let objects = SchemaObjects {
                names: &version.names,
                root: &version.type_name,
            };
            schemas.insert(
                version.type_name.clone(),
                objects.component(&version.event.schema),
            );
        }
    }
    for (name, definition) in &model.definitions {
        let objects = SchemaObjects {
            names: &definition.names,
            root: &definition.event_type_name,
        };
        schemas.insert(name.clone(), objects.component(definition.schema));
    }
    json!({
        "asyncapi": "3.0.0",
        "info": { "title": "Inngest events", "version": newest(model) },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages, "schemas": schemas },
    })
}

fn channel(event: &Event<'_>) -> Value {
    // The format treats braces in an address as parameters.
    let address = (!event.name.contains(['{', '}'])).then_some(event.name);
    let messages: Map<_, _> = event
        .versions
        .iter()
        .map(|version| {
            let message = reference(&format!("#/components/messages/{}", version.identifier));
            (version.identifier.clone(), message)
        })
        .collect();
    with_summary(event, json!({ "address": address, "messages": messages }))
}

fn operation_of(event: &Event<'_>) -> Value {
    let channel = format!("#/channels/{}", event.identifier);
    let messages: Vec<_> = event
        .versions
        .iter()
        .map(|version| reference(&format!("{channel}/messages/{}", version.identifier)))
        .collect();
    with_summary(
        event,
        json!({ "action": "send", "channel": reference(&channel), "messages": messages }),
    )
}

/// Adds the summary of the latest version.
fn with_summary(event: &Event<'_>, mut of: Value) -> Value {
    let latest = event.versions.last();
    let description = latest.and_then(|version| version.event.description.as_deref());
    if let (Some(description), Value::Object(members)) = (description, &mut of) {
        members.insert("summary".into(), summary(description).into());
    }
    of
}

/// The first paragraph of a description, on one line.
fn summary(description: &str) -> String {
    let lines = description.lines().map(str::trim);
    let first: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    first.join(" ")
}

fn message(version: &Version<'_>) -> Value {
    let event = version.event;
    let mut message = Map::new();
    message.insert("name".into(), event.name.as_str().into());
    let title = event.schema.get("title").and_then(Value::as_str);
    let title = title.unwrap_or(&event.name);
    let title = match &event.version {
        Some(version) => format!("{title} {version}"),
        None => title.to_owned(),
    };
    message.insert("title".into(), title.into());
    if let Some(description) = &event.description {
        let summary = summary(description);
        if summary != *description {
            message.insert("description".into(), description.as_str().into());
        }
        message.insert("summary".into(), summary.into());
    }
    let payload = reference(&format!("#/components/schemas/{}", version.type_name));
    message.insert("payload".into(), payload);
    if let Some(template) = &event.id_template {
        message.insert("x-inngest-id-template".into(), template.as_str().into());
    }
    message.into()
}

fn reference(to: &str) -> Value {
    json!({ "$ref": to })
}

/// The version of the document, which the format requires: the newest version of all events.
fn newest<'a>(model: &'a Model<'_>) -> &'a str {
    let versions = model.events.iter().flat_map(|event| &event.versions);
    let versions = versions.map(|version| version.event.version.as_deref());
    let newest = versions.max_by(|a, b| version::compare(*a, *b)).flatten();
    newest.unwrap_or("unversioned")
}
