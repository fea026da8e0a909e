//! TypeScript: a module for npm `inngest` 4, with a typed event type for each event.

mod convert;
mod print;
#[cfg(test)]
mod tests;
mod types;

use std::fmt::Write as _;

use self::convert::{Converter, docs};
use self::types::{Docs, Type};
use super::model::{Event, Model, Part, Version};
use super::{ExportError, Exporter};
use crate::catalogue::Catalogue;

pub(super) struct TypeScript;

pub(super) const EXPORTER: TypeScript = TypeScript;

impl Exporter for TypeScript {
    fn name(&self) -> &'static str {
        "typescript"
    }

    fn about(&self) -> &'static str {
        "Write a TypeScript module for npm `inngest` 4, with the types of each event"
    }

    fn file_name(&self) -> &'static str {
        "events.ts"
    }

    fn export(&self, catalogue: &Catalogue) -> Result<String, ExportError> {
        Ok(module(&Model::of(catalogue, Part::Data)?))
    }
}

fn module(model: &Model<'_>) -> String {
    let mut text = String::from(
        "// Made by inngest-registry from the Rust types of the events. Changes made here are lost.\n\
         /* eslint-disable */\n\n",
    );
    if model.events.is_empty() {
        // Without any export it would not be a module.
        text.push_str("export {};\n");
        return text;
    }
    text.push_str("import { eventType, staticSchema } from \"inngest\";\n");
    for event in &model.events {
        for version in &event.versions {
            write_version(&mut text, version);
        }
        write_latest(&mut text, event);
    }
    for (name, definition) in &model.definitions {
        let mut converter = Converter::new(&definition.event.schema, &definition.names);
        let of = converter.definition(name, definition.schema);
        write_type(&mut text, &docs(definition.schema), name, &of);
    }
    text
}

fn write_version(text: &mut String, version: &Version<'_>) {
    let event = version.event;
    let mut about = format!("Event `{}`", event.name);
    if let Some(version) = &event.version {
        let _ = write!(about, ", version `{version}`");
    }
    if let Some(template) = &event.id_template {
        let _ = write!(about, ", with the id `{template}`");
    }
    about.push('.');
    let paragraphs = [event.description.as_deref(), Some(&about)];
    let paragraphs: Vec<_> = paragraphs.into_iter().flatten().collect();
    let docs = Docs {
        text: Some(paragraphs.join("\n\n")),
        tags: Vec::new(),
    };
    text.push('\n');
    text.push_str(&print::docs(&docs, 0));
    let _ = writeln!(
        text,
        "export const {} = eventType({}, {{\n  schema: staticSchema<{}>(),",
        version.identifier,
        print::string(&event.name),
        version.type_name
    );
    if let Some(version) = &event.version {
        let _ = writeln!(text, "  version: {},", print::string(version));
    }
    text.push_str("});\n");

    let schema = Part::Data.of(event);
    let of = Converter::new(&event.schema, &version.names).data(schema);
    let docs = Docs {
        text: Some(format!("The data of {{@link {}}}.", version.identifier)),
        ..convert::docs(schema)
    };
    write_type(text, &docs, &version.type_name, &of);
}

fn write_latest(text: &mut String, event: &Event<'_>) {
    let Some(latest) = event.versions.last() else {
        return;
    };
    if latest.identifier == event.identifier {
        return;
    }
    let mut about = String::new();
    if let Some(description) = &latest.event.description {
        let _ = write!(about, "{description}\n\n");
    }
    let _ = write!(about, "The latest version of event `{}`.", event.name);
    if event.versions.len() > 1
        && let Some(version) = &latest.event.version
    {
        let _ = write!(
            about,
            "\n\nA function runs for every version of an event. For one version only, write\n\
             `{{ event: {}, if: {} }}`.",
            event.identifier,
            print::string(&format!("event.v == {}", print::string(version))),
        );
    }
    let docs = Docs {
        text: Some(about),
        tags: Vec::new(),
    };
    text.push('\n');
    text.push_str(&print::docs(&docs, 0));
    let _ = writeln!(
        text,
        "export const {} = {};",
        event.identifier, latest.identifier
    );
    let docs = Docs {
        text: Some(format!("The data of {{@link {}}}.", event.identifier)),
        tags: Vec::new(),
    };
    write_type(text, &docs, &event.type_name, &Type::word(&latest.type_name));
}

fn write_type(text: &mut String, docs: &Docs, name: &str, of: &Type) {
    text.push('\n');
    text.push_str(&print::docs(docs, 0));
    let _ = write!(text, "export type {name} =");
    print::push_after_colon(text, &print::of(of, 0));
    text.push_str(";\n");
}
