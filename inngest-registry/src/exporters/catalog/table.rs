//! The table of an event's fields.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::example::Examples;
use super::rows::{self, Field, Place};
use super::schema::{Definitions, Variant, alternatives};
use super::words::{self, kind};
use super::{anchor, bounds};
use crate::catalogue::EventType;
use crate::effect;
use crate::exporters::html::{Target, code, escape, of_markdown};
use crate::walk;

/// The longest example in a table, in characters.
const LONGEST: usize = 60;

/// The fields of a version.
pub(super) struct Fields<'a> {
    /// The address of the version.
    pub(super) anchor: String,
    all: Vec<Field<'a>>,
    /// The address of each field, by its place in reports.
    by_path: BTreeMap<String, String>,
    /// The address of each field, by its place in JSON.
    by_shown: BTreeMap<String, String>,
}

impl<'a> Fields<'a> {
    /// `anchor` is the address of the version.
    pub(super) fn of(event: &'a EventType, anchor: String) -> Self {
        let fields = rows::of(&event.schema);
        let (mut by_path, mut by_shown) = (BTreeMap::new(), BTreeMap::new());
        for field in &fields {
            let own = self::anchor(&anchor, field);
            let Place { path, shown } = field.place.clone();
            by_shown.entry(shown).or_insert_with(|| own.clone());
            by_path.entry(path).or_insert(own);
        }
        Self {
            anchor,
            all: fields,
            by_path,
            by_shown,
        }
    }

    /// The address of the field at a place that a report names, or of the field around it.
    pub(super) fn at(&self, path: &str) -> Option<&str> {
        let mut path = path;
        loop {
            if let Some(anchor) = self.by_path.get(path) {
                return Some(anchor);
            }
            // Items, values and variants have no row of their own.
            path = match path.strip_suffix(['}', ']', '>']) {
                Some(rest) => rest.get(..rest.rfind(['{', '[', '<'])?)?,
                None => return None,
            };
        }
    }

    /// The address of the field at a place in JSON.
    pub(super) fn shown(&self, path: &str) -> Option<&str> {
        self.by_shown.get(path).map(String::as_str)
    }
}

/// The address of a field.
fn anchor(version: &str, field: &Field<'_>) -> String {
    let path = effect::place(&field.place.path);
    // Reports give a variant and its only property the same place.
    match field.variant {
        Some(Variant::Wrapper(name)) => anchor::of_field(version, &format!("{path}.{name}")),
        _ => anchor::of_field(version, path),
    }
}

pub(super) fn table(event: &EventType, fields: &Fields<'_>, examples: &mut Examples<'_>) -> String {
    if fields.all.is_empty() {
        return "<p>It has no fields.</p>\n".to_owned();
    }
    let mut out = String::from(
        "<table>\n<thead><tr><th scope=\"col\">Field</th><th scope=\"col\">Type</th>\
         <th scope=\"col\">Required</th><th scope=\"col\">Bounds</th><th scope=\"col\">Example</th>\
         </tr></thead>\n",
    );
    let mut taken = BTreeSet::new();
    for (index, field) in fields.all.iter().enumerate() {
        let own = anchor(&fields.anchor, field);
        // Two variants may declare the same field.
        let id = if taken.insert(own.clone()) {
            format!(" id=\"{own}\"")
        } else {
            String::new()
        };
        // The fields inside a field have examples of their own.
        let next = fields.all.get(index + 1);
        let is_parent =
            next.is_some_and(|next| walk::is_within(&next.place.path, &field.place.path));
        let example = Some(field)
            .filter(|_| !is_parent && field.same_as.is_none())
            .and_then(|field| examples.field(field.schema, field.name))
            .map(|example| example.line())
            .filter(|line| line.chars().count() <= LONGEST);
        row(&mut out, event, field, (&id, &own), example);
        let about = about(event, fields, field);
        if !about.is_empty() {
            // Writing to a `String` does not fail.
            let _ = writeln!(
                out,
                "<tr class=\"about\"><td colspan=\"5\">{about}</td></tr>"
            );
        }
        out.push_str("</tbody>\n");
    }
    out + "</table>\n"
}

fn row(
    out: &mut String,
    event: &EventType,
    field: &Field<'_>,
    (id, anchor): (&str, &str),
    example: Option<String>,
) {
    let definitions = Definitions::of(&event.schema);
    let shown = &field.place.shown;
    let parent = shown.len() - own_part(shown, field.name);
    let (parent, own) = shown.split_at_checked(parent).unwrap_or(("", shown));
    let required = if field.required { "yes" } else { "no" };
    let bounds = bounds::of(definitions, field.schema);
    // Writing to a `String` does not fail.
    let _ = writeln!(
        out,
        "<tbody{id}>\n<tr><th scope=\"row\"><a href=\"#{anchor}\"><code>{}{}</code></a></th>",
        match parent {
            "" => String::new(),
            parent => format!("<span>{}</span>", escape(parent)),
        },
        escape(own),
    );
    for (label, content) in [
        ("Type", field_kind(definitions, field)),
        ("Required", required.to_owned()),
        ("Bounds", bounds.join("<br />")),
        (
            "Example",
            example.map(|example| code(&example)).unwrap_or_default(),
        ),
    ] {
        let content = match content.as_str() {
            "" => content,
            content => format!("<div>{content}</div>"),
        };
        let _ = write!(out, "<td data-label=\"{label}\">{content}</td>");
    }
    out.push_str("</tr>\n");
}

fn field_kind<'a>(definitions: Definitions<'a>, field: &Field<'a>) -> String {
    match field.tags.as_slice() {
        [] | [_] => kind(definitions, field.schema),
        tags => words::one_of_texts(tags),
    }
}

/// The length of the last part of a path, which names the field itself.
fn own_part(path: &str, name: &str) -> usize {
    let mut own = walk::property("", name);
    if own.len() < path.len() && !own.starts_with('[') {
        own.insert(0, '.');
    }
    own.len() - usize::from(own.starts_with('.'))
}

/// Everything that has no column: the description, the variant, and where the fields inside are listed.
fn about(event: &EventType, fields: &Fields<'_>, field: &Field<'_>) -> String {
    let definitions = Definitions::of(&event.schema);
    let mut out = String::new();
    if let Some(variant) = &field.variant {
        let _ = match variant {
            Variant::Tag(tag, value) => write!(
                out,
                "<p class=\"note\">Only if {} is {}.</p>",
                code(tag),
                words::literal(&Value::from(*value))
            ),
            Variant::Wrapper(name) | Variant::Named(Some(name)) => {
                write!(
                    out,
                    "<p class=\"note\">Only in the variant {}.</p>",
                    code(name)
                )
            }
            Variant::Named(None) => write!(out, "<p class=\"note\">Only in one variant.</p>"),
        };
    }
    let chain = definitions.chain(field.schema);
    let find = |keyword| chain.iter().find_map(|schema| schema.get(keyword));
    if find("deprecated") == Some(&Value::Bool(true)) {
        out.push_str("<p class=\"note\">Deprecated.</p>");
    }
    if let Some(Value::String(description)) = find("description") {
        out.push_str(&of_markdown(description, Target::Page));
    }
    out.push_str(&values(definitions, field));
    if let Some(place) = &field.same_as {
        let path = effect::place(&place.path);
        let link = match fields.at(&place.path) {
            Some(anchor) => format!("<a href=\"#{anchor}\">{}</a>", code(&place.shown)),
            None if path == "data" => "the event itself".to_owned(),
            None => code(&place.shown),
        };
        let _ = write!(out, "<p class=\"note\">Has the same fields as {link}.</p>");
    }
    out
}

/// The descriptions of the values of an enum, or of its variants.
fn values(definitions: Definitions<'_>, field: &Field<'_>) -> String {
    let chain = definitions.chain(field.schema);
    let branches = chain.last().map(|schema| alternatives(schema));
    let branches = branches.filter(|all| all.len() > 1).unwrap_or_default();
    let described: Vec<_> = branches
        .iter()
        .filter_map(|schema| {
            let description = schema.get("description")?.as_str()?;
            let name = match words::constant(schema).as_deref() {
                Some([only]) => words::literal(only),
                Some(_) => return None,
                None => code(Variant::of(definitions, schema).name()?),
            };
            let about = of_markdown(description, Target::Page);
            Some(format!("<dt>{name}</dt><dd>{about}</dd>"))
        })
        .collect();
    if described.is_empty() {
        return String::new();
    }
    format!("<dl>{}</dl>", described.concat())
}
