//! Adds sessions to the fields of an event.

use serde_json::Value;

use crate::scaffold::code::{Field, Type};
use crate::scaffold::names;

/// Marks the fields of sessions, and adds fields for sessions that are not in the data. Returns the keys of
/// the sessions whose field has a type that a session cannot have.
pub(super) fn add(schema: &Value, fields: &mut Vec<Field>) -> Vec<String> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |key: &str| required.is_some_and(|all| all.iter().any(|known| known == key));
    let mut left_out = Vec::new();
    for (key, schema) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let types = schema.get("type").and_then(Value::as_array);
        let is_integer = types.is_some_and(|types| types.iter().any(|name| name == "integer"));
        let name = names::field(key);
        let mut event = vec![if name == *key {
            "session".to_owned()
        } else {
            format!("session = {key:?}")
        }];
        match fields.iter_mut().find(|field| field.name == name) {
            None => {
                let ty = if is_integer {
                    Type::Plain("i64")
                } else {
                    Type::STRING
                };
                let ty = if is_required(key) { ty } else { ty.option() };
                fields.push(Field {
                    serde: vec!["skip".to_owned()],
                    event,
                    ..Field::new("", name, ty)
                });
            }
            Some(field) if can_be_session(&field.ty, is_integer) => {
                if matches!(field.ty, Type::Option(_)) && is_required(key) {
                    event.push("clear_if_none".to_owned());
                }
                field.event = event;
            }
            Some(_) => left_out.push(key.clone()),
        }
    }
    left_out
}

fn can_be_session(ty: &Type, is_integer: bool) -> bool {
    match ty {
        Type::Option(inner) => can_be_session(inner, is_integer),
        Type::Plain("String") => !is_integer,
        Type::Plain(name) => is_integer && name.starts_with(['u', 'i']),
        _ => false,
    }
}
