//! Generates the JSON Schemas (2020-12) of events in their serialized form.

mod flattened;

use inngest_grammar::limits::{MAX_INTEGER, MAX_MILLIS, MAX_SESSION_VALUE_BYTES, MIN_MILLIS};
use inngest_grammar::proof::PartKind;
use inngest_grammar::template::{Piece, Template};
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::event::event_type::{EventType, SchemaFn};
use crate::event::session::{SessionKind, SessionSpec};

/// Creates a generator of schemas that describe what a type serializes, not what it deserializes.
fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
}

/// The schema of an event's data, equal to the result of `SchemaGenerator::into_root_schema_for`.
pub(crate) fn data(event_type: &EventType) -> Schema {
    let mut generator = generator();
    let mut schema = (event_type.schemas.data.schema)(&mut generator);
    let object = schema.ensure_object();
    object
        .entry("title")
        .or_insert_with(|| Value::from((event_type.schemas.data.title)()));
    finished(schema, generator)
}

/// Makes a schema the root: adds its dialect and definitions, and applies all transforms.
fn finished(mut schema: Schema, mut generator: SchemaGenerator) -> Schema {
    if let Some(dialect) = &generator.settings().meta_schema {
        schema.insert("$schema".into(), Value::from(dialect.as_ref()));
    }
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        schema.insert("$defs".into(), definitions.into());
    }
    for transform in generator.transforms_mut() {
        transform.transform(&mut schema);
    }
    flattened::string_variants_to_members(&mut schema);
    schema
}

/// The schema of a whole event.
pub(crate) fn event(event_type: &EventType) -> Schema {
    let mut generator = generator();
    let mut data = (event_type.schemas.data.schema)(&mut generator);
    // The doc comment of the type describes the event, so title and description move to the event's
    // schema.
    let title = data
        .remove("title")
        .unwrap_or_else(|| (event_type.schemas.data.title)().into());
    let description = data.remove("description");

    let id = match event_type.id_template() {
        Some(id) => json!({ "type": "string", "pattern": pattern(id, event_type.id_parts) }),
        // A payload may set an id.
        None => json!({ "type": "string", "minLength": 1 }),
    };
    let ts = json!({
        "description": "When the event occurred, in milliseconds since the Unix epoch.",
        "type": "integer",
        "minimum": MIN_MILLIS,
        "maximum": MAX_MILLIS,
    });
    let version = event_type
        .version()
        .map(|version| json!({ "const": version }));
    let (user, needs_user) = user_schema(event_type.schemas.user, &mut generator);
    let sessions = event_type.schemas.sessions;
    let needs_meta = sessions.iter().any(|session| !session.optional);
    // The members of an event: the name, the schema, and whether the member is required.
    let members = [
        ("name", Some(json!({ "const": event_type.name })), true),
        ("id", Some(id), event_type.id_template().is_some()),
        ("ts", Some(ts), true),
        ("v", version, true),
        ("data", Some(data.to_value()), true),
        ("user", Some(user), needs_user),
        ("meta", Some(meta_schema(sessions)), needs_meta),
    ];
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, schema, is_required) in members {
        let Some(schema) = schema else { continue };
        properties.insert(name.into(), schema);
        if is_required {
            required.push(name);
        }
    }

    let mut event = Map::new();
    event.insert("title".into(), title);
    event.extend(description.map(|description| ("description".into(), description)));
    event.insert("type".into(), "object".into());
    event.insert("properties".into(), properties.into());
    event.insert("required".into(), required.into());
    finished(event.into(), generator)
}

/// The regular expression (ECMA-262) of the ids that a template can print.
fn pattern(template: &str, parts: &[PartKind]) -> String {
    let mut pattern = String::from("^");
    let mut parts = parts.iter();
    // The derive accepts only well-formed templates.
    let template = Template::parse(template);
    for piece in template.iter().flat_map(Template::pieces) {
        match piece {
            Piece::Text(text) => {
                for c in text.chars() {
                    // JSON Schema uses the `u` flag, which forbids escaping any other character.
                    if "\\^$.*+?()[]{}|/".contains(c) {
                        pattern.push('\\');
                    }
                    pattern.push(c);
                }
            }
            Piece::Placeholder(_) => pattern.extend(parts.next().map(|part| part.pattern)),
        }
    }
    pattern.push('$');
    pattern
}

/// The schema of `user`, and whether it is required.
fn user_schema(user: Option<SchemaFn>, generator: &mut SchemaGenerator) -> (Value, bool) {
    let description = "Attributes of the user; the server keeps them encrypted.";
    let Some(user) = user else {
        return (
            json!({ "description": description, "type": "object" }),
            false,
        );
    };
    let mut schema = user(generator).to_value();
    let definitions = Schema::from(Map::from_iter([(
        "$defs".to_owned(),
        generator.definitions().clone().into(),
    )]));
    // An absent user is omitted, not written as `null`.
    let optional = remove_null(&mut schema, &definitions, &mut Vec::new()) != Null::Refused;
    if let Some(object) = schema.as_object_mut() {
        object
            .entry("description")
            .or_insert_with(|| description.into());
    }
    (schema, !optional)
}

/// How a schema treats `null`.
#[derive(PartialEq)]
enum Null {
    Refused,
    Accepted,
    /// The schema accepts only `null`.
    Only,
}

/// Removes `null` from the values that a schema accepts. A schema that accepts only `null` stays
/// unchanged.
///
/// `inside` contains the references that led to this schema, because a recursive type refers to
/// itself.
fn remove_null(schema: &mut Value, definitions: &Schema, inside: &mut Vec<String>) -> Null {
    let object = match schema {
        Value::Object(object) => object,
        // A schema that accepts everything becomes one that accepts objects.
        Value::Bool(true) => {
            *schema = json!({ "type": "object" });
            return Null::Accepted;
        }
        _ => return Null::Refused,
    };
    if let Some(types) = object.get_mut("type") {
        let Value::Array(all) = types else {
            return if types == "null" {
                Null::Only
            } else {
                Null::Refused
            };
        };
        let null = remove_null_value(all, &"null".into());
        if let [one] = all.as_slice() {
            *types = one.clone();
        }
        return null;
    }
    if let Some(value) = object.get("const") {
        return if value.is_null() {
            Null::Only
        } else {
            Null::Refused
        };
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        return remove_null_value(values, &Value::Null);
    }
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(alternatives)) = object.get(keyword) else {
            continue;
        };
        let mut remaining = alternatives.clone();
        let mut null = Null::Refused;
        remaining.retain_mut(|alternative| {
            let one = remove_null(alternative, definitions, inside);
            let stays = one != Null::Only;
            if one != Null::Refused {
                null = Null::Accepted;
            }
            stays
        });
        match remaining.as_slice() {
            [] => return Null::Only,
            [Value::Object(only)] if null == Null::Accepted => {
                object.remove(keyword);
                merge_into(object, only.clone());
            }
            _ => {
                object.insert(keyword.into(), remaining.into());
            }
        }
        return null;
    }
    if let Some(Value::String(path)) = object.get("$ref") {
        let target = definitions.pointer(path);
        let Some(mut target) = target.filter(|_| !inside.contains(path)).cloned() else {
            return Null::Refused;
        };
        inside.push(path.clone());
        let null = remove_null(&mut target, definitions, inside);
        inside.pop();
        if null == Null::Accepted
            && let Value::Object(target) = target
        {
            object.remove("$ref");
            merge_into(object, target);
        }
        return null;
    }
    if let Some(Value::Array(all)) = object.get("allOf") {
        let mut refuses =
            |schema: &Value| remove_null(&mut schema.clone(), definitions, inside) == Null::Refused;
        if all.iter().any(&mut refuses) {
            return Null::Refused;
        }
    }
    object.insert("type".into(), "object".into());
    Null::Accepted
}

/// Adds the keywords of one schema to another, which keeps its own description.
fn merge_into(object: &mut Map<String, Value>, added: Map<String, Value>) {
    let is_new = |keyword: &String| keyword == "description" || !object.contains_key(keyword);
    if added.keys().all(is_new) {
        for (keyword, value) in added {
            object.entry(keyword).or_insert(value);
        }
    } else {
        object.insert("allOf".into(), json!([added]));
    }
}

/// Removes the value that represents `null` from a list.
fn remove_null_value(values: &mut Vec<Value>, null: &Value) -> Null {
    if !values.contains(null) {
        return Null::Refused;
    }
    if values.iter().all(|value| value == null) {
        return Null::Only;
    }
    values.retain(|value| value != null);
    Null::Accepted
}

fn meta_schema(sessions: &[SessionSpec]) -> Value {
    // Any session may be `null`, because a payload can clear it.
    let integer = json!({
        "type": ["integer", "null"],
        "minimum": -MAX_INTEGER,
        "maximum": MAX_INTEGER,
    });
    let text = json!({
        "type": ["string", "null"],
        "minLength": 1,
        "maxLength": MAX_SESSION_VALUE_BYTES,
    });
    let mut properties = Map::new();
    let mut required = Vec::new();
    for session in sessions {
        let value = match session.kind {
            SessionKind::Text => &text,
            SessionKind::Integer => &integer,
        };
        properties.insert(session.key.into(), value.clone());
        if !session.optional {
            required.push(session.key);
        }
    }
    let mut schema = json!({
        "type": "object",
        "description": "Keys by which the server groups the runs of related events. At most 5 of them \
                        are not null; null clears an inherited one.",
        "additionalProperties": { "anyOf": [text, integer] },
        "minProperties": 1,
    });
    if let Some(object) = schema.as_object_mut() {
        if !properties.is_empty() {
            object.insert("properties".into(), properties.into());
        }
        if !required.is_empty() {
            object.insert("required".into(), required.into());
        }
    }
    json!({
        "type": "object",
        "properties": { "sessions": schema },
        "required": ["sessions"],
    })
}
