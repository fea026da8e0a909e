//! Describes the id template of an event in words.

use inngest_grammar::template::{Placeholder, Template};
use serde_json::Value;

use super::schema::{Definitions, properties};
use crate::catalogue::EventType;
use crate::exporters::html::code;
use crate::walk;

/// "One run per `item_id` in 24 hours." `link` returns the address of a field.
pub(super) fn in_words(event: &EventType, link: impl Fn(&str) -> Option<String>) -> String {
    let Some(text) = &event.id_template else {
        return "No id: each event starts its own run.".to_owned();
    };
    let Ok(template) = Template::parse(text) else {
        return format!("One run per id {} in 24 hours.", code(text));
    };
    let fields: Vec<_> = template
        .placeholders()
        .map(|placeholder| {
            let names = names(event, placeholder);
            let mut path = String::new();
            for name in &names {
                walk::push_property(&mut path, name);
            }
            match link(&path) {
                Some(anchor) => format!("<a href=\"#{anchor}\">{}</a>", code(&path)),
                None => code(&path),
            }
        })
        .collect();
    let fields = match fields.as_slice() {
        [] => "event name".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("combination of {} and {last}", first.join(", ")),
    };
    format!("One run per {fields} in 24 hours.")
}

/// The JSON names of the fields that a placeholder refers to by their Rust names.
pub(super) fn names(event: &EventType, placeholder: &Placeholder) -> Vec<String> {
    let definitions = Definitions::of(&event.schema);
    let mut at = event.schema.pointer("/properties/data");
    let mut names = Vec::new();
    for segment in placeholder.segments() {
        let chain = at
            .map(|schema| definitions.chain(schema))
            .unwrap_or_default();
        let fields: Vec<_> = chain.iter().flat_map(|schema| properties(schema)).collect();
        let exact = fields.iter().find(|field| field.name == segment);
        // A renamed field, such as `itemId` for `item_id`, unless several look alike.
        let mut similar = fields
            .iter()
            .filter(|field| plain(field.name) == plain(segment));
        let field = exact.or_else(|| similar.next().filter(|_| similar.next().is_none()));
        let item = segment.parse::<usize>().ok().and_then(|index| {
            let items = chain.iter().find_map(|schema| schema.get("prefixItems"));
            items.and_then(Value::as_array)?.get(index)
        });
        at = field.map(|field| field.schema).or(item);
        names.push(field.map_or(segment, |field| field.name).to_owned());
    }
    names
}

/// A name without the differences between `item_id`, `itemId` and `item-id`.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| !matches!(c, '_' | '-'));
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn templates_become_words() {
        let words = |template: Option<&str>| {
            let schema = json!({ "properties": { "data": { "properties": {
                "itemId": { "type": "string" },
                "line": { "properties": { "sku": {} } },
            } } } });
            let mut event = EventType::of_schema("a/b", None, schema);
            event.id_template = template.map(str::to_owned);
            in_words(&event, |path| (path == "line.sku").then(|| "x".to_owned()))
        };
        assert_eq!(
            words(Some("b-{item_id}")),
            "One run per <code>itemId</code> in 24 hours."
        );
        assert_eq!(
            words(Some("b-{item_id}-{line.sku}-{gone}")),
            "One run per combination of <code>itemId</code>, <a href=\"#x\"><code>line.sku</code></a> \
             and <code>gone</code> in 24 hours."
        );
        assert_eq!(words(None), "No id: each event starts its own run.");
        assert_eq!(
            words(Some("{<")),
            "One run per id <code>{&lt;</code> in 24 hours."
        );
    }
}
