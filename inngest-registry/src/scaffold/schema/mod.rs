//! Writes event types from schemas.

mod containers;
mod convert;
mod keywords;
mod objects;
mod scalars;
mod sessions;
mod unions;

use serde_json::{Map, Value};

use self::convert::{At, Converter};
use self::keywords::Keywords;
use super::build::{Builder, event_attribute};
use super::code::{Body, Field, Item, ItemId, Type};
use super::id;
use super::resolve::{self, Target};
use super::source::EventSchema;
use crate::catalogue::label;

/// Adds the types of an event. Its struct has the reserved place and name.
pub(super) fn add(builder: &mut Builder, (id, name): (ItemId, String), event: &EventSchema) {
    let attribute = match event_attribute(&event.name, event.version.as_deref()) {
        Ok(attribute) => attribute,
        Err(problem) => return builder.notes.push(problem),
    };
    let label = label(&event.name, event.version.as_deref());
    let mut converter = Converter {
        document: &event.document,
        builder,
        is_export: event.is_export,
        is_own: event.is_own,
        label: label.clone(),
        under_way: Vec::new(),
    };
    let at = At {
        path: "data".to_owned(),
        owner: name.clone(),
        hint: "Data".to_owned(),
    };
    let mut item = Item::new(name.clone(), Body::Struct(Vec::new()));
    item.event = Some(attribute);
    item.docs.clone_from(&event.description);
    if event.is_export
        && let Some(title) = &event.title
        && *title != name
    {
        item.schemars.push(format!("rename = {title:?}"));
    }
    share_own_definition(converter.builder, event, id);
    let mut keywords = data_keywords(&mut converter, event, &at);
    let mut fields = converter.fields(&mut keywords, &at, &mut item.serde);
    if fields.is_empty() && !event.is_export && item.serde.is_empty() {
        let ty = Type::Map("String", Box::new(Type::Any));
        fields.push(Field::flattened("data".to_owned(), ty));
    }
    item.schemars.extend(converter.rest(keywords, &at));
    for key in sessions::add(&event.sessions, &mut fields) {
        let at = At {
            path: "meta.sessions".to_owned(),
            ..at.clone()
        };
        let problem = format!("`{key}` is left out; mark its field with `#[event(session)]`");
        converter.note(&at, &problem);
    }
    if let Some(user) = &event.user {
        let at = At {
            path: "user".to_owned(),
            owner: name,
            hint: "User".to_owned(),
        };
        let ty = converter.plain(user, &at);
        fields.push(user_field(
            ty,
            fields.iter().any(|field| field.name == "user"),
        ));
    }
    item.body = Body::Struct(fields);
    builder.finish(id, item);
    let Some(pattern) = &event.id_pattern else {
        if let Some(template) = &event.id_template
            && let Err(problem) = id::set(builder, id, template, None)
        {
            builder.notes.push(format!("{label}: {problem}"));
        }
        return;
    };
    let proposed = match &event.id_template {
        Some(_) => None,
        None => id::of_pattern(builder, id, pattern),
    };
    let Some(template) = event.id_template.as_ref().or(proposed.as_ref()) else {
        let note = format!("{label}: no id template is known for ids with the pattern `{pattern}`");
        return builder.notes.push(note);
    };
    let note = match id::set(builder, id, template, Some(pattern)) {
        Err(problem) => problem,
        Ok(true) if proposed.is_some() => {
            format!("the id template `{template}` is proposed because its ids have the pattern")
        }
        Ok(true) => return,
        Ok(false) => format!(
            "the ids of `{template}` have another pattern than in the schema; use the types that the \
             event had, such as `uuid::Uuid`"
        ),
    };
    builder.notes.push(format!("{label}: {note}"));
}

/// Lets references to a definition that equals the event's data refer to the event's struct, for recursive
/// types.
fn share_own_definition(builder: &mut Builder, event: &EventSchema, id: ItemId) {
    if let Some(reference) = event.data.get("$ref").and_then(Value::as_str)
        && let Some(Target::Definition(name, definition)) =
            resolve::resolve(&event.document, reference)
        && resolve::is_recursive(&event.document, definition)
    {
        let content = resolve::content(&event.document, definition);
        builder.share((name, content), id);
        return;
    }
    let definition = event.title.as_ref().and_then(|title| {
        let definition = event.document.get("$defs")?.get(title)?;
        Some((title, definition))
    });
    let without_docs = |schema: &Value| {
        let mut schema = schema.as_object().cloned().unwrap_or_default();
        schema.remove("description");
        schema
    };
    if let Some((title, definition)) = definition
        && event.is_export
        && without_docs(definition) == without_docs(&event.data)
    {
        let content = resolve::content(&event.document, definition);
        builder.share((title.clone(), content), id);
    }
}

/// The field for the attributes of the user, which are sent next to the data.
pub(super) fn user_field(ty: Type, is_taken: bool) -> Field {
    let name = if is_taken { "event_user" } else { "user" };
    Field {
        serde: vec!["skip".to_owned()],
        event: vec!["user".to_owned()],
        ..Field::new("", name.to_owned(), ty.option())
    }
}

/// The keywords of the data, with a reference replaced by what it refers to.
fn data_keywords(converter: &mut Converter<'_>, event: &EventSchema, at: &At) -> Keywords {
    let data = resolve::without_reference(&event.document, &event.data);
    let Some(data) = data else {
        if event.data != Value::Bool(true) {
            converter.note(at, "its schema cannot be read, so any object is accepted");
        }
        return Keywords::of(&Map::new());
    };
    let mut keywords = Keywords::of(&data);
    if let Err(problem) = converter.merge_all_of(&mut keywords) {
        converter.note(at, problem);
    }
    let types = scalars::types(&keywords);
    if !(types.is_empty() || types == ["object"]) {
        converter.note(
            at,
            "data is an object, but the schema asks for another type",
        );
        return Keywords::of(&Map::new());
    }
    keywords
}

#[cfg(test)]
mod tests;
