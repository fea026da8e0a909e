//! Writes one HTML page about all events, for people who do not read Rust.

mod anchor;
mod bounds;
mod example;
mod history;
mod id;
mod merged;
mod min_depths;
mod number;
mod page;
mod rows;
mod schema;
mod table;
mod text;
mod words;

use std::fmt::Write as _;

use self::example::Examples;
use self::table::Fields;
use super::html::{Target, code, escape, of_markdown};
use super::model::{Event, Model, Part, Version};
use super::typescript;
use crate::catalogue::Catalogue;
use crate::error::Error;

pub(super) fn export(types: &Catalogue) -> Result<String, Error> {
    let model = Model::of(types, Part::Data)?;
    let events: String = model
        .events
        .iter()
        .map(|event| article(&model, event))
        .collect();
    Ok(page::page(&model, &events))
}

/// The versions of an event with their fields, oldest first.
fn versions<'a>(event: &'a Event<'a>) -> Vec<(&'a Version<'a>, Fields<'a>)> {
    let last = event.versions.len().saturating_sub(1);
    let all = event.versions.iter().enumerate();
    all.map(|(index, version)| {
        let anchor = anchor::of_version(version.event, index == last);
        (version, Fields::of(version.event, anchor))
    })
    .collect()
}

fn article(model: &Model<'_>, event: &Event<'_>) -> String {
    let versions = versions(event);
    let Some(((latest, fields), older)) = versions.split_last() else {
        return String::new();
    };
    let mut out = String::new();
    // Writing to a `String` does not fail.
    let _ = write!(
        out,
        "\n<article id=\"{0}\">\n<h2><a href=\"#{0}\">{1}</a></h2>\n",
        fields.anchor,
        page::breakable(event.name),
    );
    if let Some(version) = &latest.event.version {
        let note = if older.is_empty() { "" } else { ", the latest" };
        let _ = writeln!(
            out,
            "<p class=\"version\">Version {}{note}</p>",
            code(version)
        );
    }
    if let Some(description) = &latest.event.description {
        let _ = writeln!(
            out,
            "<div class=\"about\">{}</div>",
            of_markdown(description, Target::Page)
        );
    }
    out.push_str(&body(model, latest, fields));
    if !older.is_empty() {
        let _ = writeln!(out, "<h3>Versions</h3>\n<ol class=\"versions\" reversed>");
        for pair in versions.windows(2).rev() {
            let [(old, old_fields), (new, new_fields)] = pair else {
                continue;
            };
            let link = |path: &str| {
                let anchor = new_fields.at(path).or_else(|| old_fields.at(path));
                anchor.map(str::to_owned)
            };
            let changes = history::between(old.event, new.event, link);
            if std::ptr::eq(*new, *latest) {
                let _ = writeln!(
                    out,
                    "<li><p><b>{}</b>, described above</p>{changes}</li>",
                    history::name(new.event)
                );
            } else {
                out.push_str(&older_version(model, new, new_fields, &changes));
            }
        }
        if let Some((first, fields)) = versions.first() {
            out.push_str(&older_version(model, first, fields, ""));
        }
        out.push_str("</ol>\n");
    }
    out + "</article>\n"
}

fn older_version(
    model: &Model<'_>,
    version: &Version<'_>,
    fields: &Fields<'_>,
    changes: &str,
) -> String {
    let about = version.event.description.as_deref().unwrap_or_default();
    format!(
        "<li id=\"{anchor}\"><details><summary><b>{name}</b>, all of it</summary>\n\
         <div class=\"about\">{about}</div>\n{body}</details>{changes}</li>\n",
        anchor = fields.anchor,
        name = history::name(version.event),
        about = of_markdown(about, Target::Page),
        body = body(model, version, fields),
    )
}

/// The id, the fields, an example and the types of a version.
fn body(model: &Model<'_>, version: &Version<'_>, fields: &Fields<'_>) -> String {
    let event = version.event;
    let mut out = String::new();
    let runs = id::in_words(event, |path| fields.shown(path).map(str::to_owned));
    let _ = write!(out, "<p class=\"runs\">{runs}");
    if let Some(template) = &event.id_template {
        let _ = write!(out, " <span class=\"note\">Id: {}</span>", code(template));
    }
    out.push_str("</p>\n");
    let mut examples = Examples::of(event);
    out.push_str(&table::table(event, fields, &mut examples));
    match examples.event() {
        Some(example) => {
            let _ = writeln!(
                out,
                "<details open><summary>Example, as it is sent</summary>\n<pre><code>{}</code></pre>\
                 </details>",
                escape(&example.pretty())
            );
        }
        None => out.push_str("<p class=\"note\">No example fits this schema.</p>\n"),
    }
    let _ = writeln!(
        out,
        "<details><summary>TypeScript</summary>\n<p class=\"note\">For a function: {}, from the file \
         that the command <code>typescript</code> writes.</p>\n<pre><code>{}</code></pre></details>",
        code(&format!("triggers: [{}]", version.identifier)),
        escape(&typescript::data_types(model, version))
    );
    out
}
