//! Checks that serde writes the data as an object and that its schema matches.

use syn::LitStr;

use crate::ast::Event;
use crate::ctxt::{Ctxt, report_useless_allow};
use crate::rule::Rule;
use crate::serde_attr::SerdeStruct;

/// Rule: `data` is an object made of the fields that the derive sees.
pub(crate) fn check_shape(cx: &Ctxt, event: &Event<'_>) {
    let serde = SerdeStruct::read(&event.input.attrs);
    if let Some((attribute, key)) = &serde.transparent {
        cx.error(
            key,
            format!(
                "`#[{attribute}(transparent)]` replaces the event's data with its only field, and \
                 data must be an object; remove it"
            ),
        );
    }
    if let Some(key) = &serde.into {
        cx.error(
            key,
            "`#[serde(into = \"…\")]` writes the data as another type, and data must be an object \
             of this struct's fields; remove it, or derive `Event` for the other type",
        );
    }
    check_keys(cx, event, &serde);
    check_schema(cx, event, &serde);
}

/// Rule: the schema matches the serialized form.
///
/// Schemars does not see what `serialize_with` writes, and the type named by `with` may claim any
/// schema. A field with either attribute must therefore state its schema itself.
fn check_schema(cx: &Ctxt, event: &Event<'_>, serde: &SerdeStruct) {
    let unchecked = event.fields.iter().filter_map(|field| {
        let is_checked = field.serde.skipped || field.serde.has_own_schema || serde.has_own_schema;
        let key = field.serde.custom_serializer.as_ref()?;
        (!is_checked).then_some((field, key))
    });
    let mut unchecked = unchecked.peekable();
    match event.attrs.allows(Rule::UncheckedSchema) {
        Some(allow) if unchecked.peek().is_none() => {
            let why = "no field uses `serialize_with` or `with` without its own schema";
            report_useless_allow(cx, allow, why);
        }
        None if event.attrs.enforces(Rule::UncheckedSchema) => {
            for (field, key) in unchecked {
                let name = &field.name;
                let problem = if key == "with" {
                    format!(
                        "`with` changes how `{name}` is serialized, and nothing checks that the schema matches"
                    )
                } else {
                    format!(
                        "`{key}` changes how `{name}` is serialized, but the schema still describes its type"
                    )
                };
                cx.error(
                    key,
                    format!(
                        "{problem}; add `#[schemars(with = \"…\")]` with a type that has the same \
                         serialized form, or `allow(unchecked_schema)`"
                    ),
                );
            }
        }
        _ => {}
    }
}

/// Rule: no two members of `data` have the same key.
fn check_keys(cx: &Ctxt, event: &Event<'_>, serde: &SerdeStruct) {
    let mut keys: Vec<(String, &LitStr)> = Vec::new();
    keys.extend(serde.tag.as_ref().map(|tag| (tag.value(), tag)));
    let mut names: Vec<String> = Vec::new();
    for field in &event.fields {
        if field.serde.skipped || field.serde.has_variable_keys {
            continue;
        }
        let (key, renamed) = match &field.serde.renamed {
            Some(renamed) => (renamed.value(), Some(renamed)),
            None if serde.renames_all => continue,
            None => (field.name.clone(), None),
        };
        let other = keys.iter().find(|(other, _)| *other == key);
        // At least one of the two keys is a literal. Point at the literal, because it can change.
        let conflict = match (renamed, other) {
            (Some(renamed), Some(_)) => Some(renamed),
            (Some(renamed), None) => names.contains(&key).then_some(renamed),
            (None, other) => other.map(|(_, literal)| *literal),
        };
        if let Some(literal) = conflict {
            cx.error(
                literal,
                format!(
                    "two members of the event's data have the key `{key}`, and the server keeps \
                     only one; rename one of the two"
                ),
            );
        }
        match renamed {
            Some(renamed) => keys.push((key, renamed)),
            None => names.push(key),
        }
    }
}
