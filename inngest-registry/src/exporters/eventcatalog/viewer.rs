//! Rewrites what the viewer of `@eventcatalog/core` cannot show: it follows recursive references forever,
//! and fails on objects and lists in `const` and `enum`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::reference::{Reference, definitions_of};
use crate::walk::{Place, each_schema_mut};

/// The schema, cut where a definition would contain itself, with words for constant objects. Each
/// definition is shown in full at least once.
pub(super) fn adapted(event: &Value) -> Value {
    let graph = Graph::of(event);
    let mut event = event.clone();
    if let Some(Value::Object(definitions)) = event.get_mut("$defs") {
        for (name, schema) in definitions.iter_mut() {
            each_schema_mut(schema, Place::Schema, &mut |schema| {
                if let Some(target) = target(schema)
                    && graph.is_cut(name, &target)
                {
                    cut(schema, &target);
                }
            });
        }
    }
    each_schema_mut(&mut event, Place::Schema, &mut |schema| {
        let reference = schema.get("$ref").and_then(Value::as_str);
        // A schema written by hand may refer to any place, even one that contains it.
        if matches!(reference.map(Reference::parse), Some(Reference::Place(_))) {
            cut(schema, "schema around it");
        }
        describe_objects(schema);
    });
    event
}

/// Replaces constant objects and lists with words.
fn describe_objects(schema: &mut Map<String, Value>) {
    let is_plain = |value: &Value| !value.is_object() && !value.is_array();
    if schema.get("const").is_some_and(|value| !is_plain(value))
        && let Some(value) = schema.remove("const")
    {
        describe(schema, &format!("Always `{value}`."));
    }
    let values = schema.get("enum").and_then(Value::as_array);
    if values.is_some_and(|values| !values.iter().all(is_plain))
        && let Some(Value::Array(values)) = schema.remove("enum")
    {
        let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
        describe(schema, &format!("One of {}.", values.join(", ")));
    }
}

/// Appends a paragraph to the description.
fn describe(schema: &mut Map<String, Value>, words: &str) {
    let own = schema.get("description").and_then(Value::as_str);
    let description = match own {
        Some(own) => format!("{own}\n\n{words}"),
        None => words.to_owned(),
    };
    schema.insert("description".to_owned(), description.into());
}

/// The definition that a schema refers to, or to a part of it.
fn target(schema: &Map<String, Value>) -> Option<String> {
    match Reference::parse(schema.get("$ref")?.as_str()?) {
        Reference::Definition { name, .. } => Some(name),
        _ => None,
    }
}

/// Replaces a reference with words. The result accepts anything.
fn cut(schema: &mut Map<String, Value>, target: &str) {
    let words = format!("Another `{target}`. It is not shown again, because it contains itself.");
    schema.retain(|keyword, _| matches!(keyword.as_str(), "title" | "description" | "deprecated"));
    describe(schema, &words);
}

/// Which definitions refer to which.
#[derive(Default)]
struct Graph {
    /// What each definition refers to.
    edges: BTreeMap<String, BTreeSet<String>>,
    /// What each definition refers to, directly or through others.
    reach: BTreeMap<String, BTreeSet<String>>,
    visited: BTreeSet<String>,
    /// The references that are cut.
    cuts: BTreeSet<(String, String)>,
}

impl Graph {
    fn of(event: &Value) -> Self {
        let mut graph = Self::default();
        let definitions = event.get("$defs").and_then(Value::as_object);
        for (name, schema) in definitions.into_iter().flatten() {
            graph.edges.insert(name.clone(), definitions_of(schema));
        }
        let names: Vec<_> = graph.edges.keys().cloned().collect();
        for name in &names {
            graph.reach.insert(name.clone(), graph.reached_from(name));
        }
        // Begin where a reader begins.
        let members = event.get("properties").map(definitions_of);
        for name in members.unwrap_or_default().iter().chain(&names) {
            graph.visit(name);
        }
        graph
    }

    fn reached_from(&self, name: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut open = vec![name.to_owned()];
        while let Some(name) = open.pop() {
            for next in self.edges.get(&name).into_iter().flatten() {
                if reached.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        reached
    }

    /// Follows the references of a definition. Among definitions that contain each other, only the first
    /// reference to each stays, so that the rest is a tree. If only cycles were cut, 20 definitions that all
    /// refer to each other would be shown in millions of ways.
    fn visit(&mut self, from: &str) {
        if !self.visited.insert(from.to_owned()) {
            return;
        }
        for to in self.edges.get(from).cloned().unwrap_or_default() {
            let leads_back = self
                .reach
                .get(&to)
                .is_some_and(|reach| reach.contains(from));
            if leads_back && self.visited.contains(&to) {
                self.cuts.insert((from.to_owned(), to));
            } else {
                self.visit(&to);
            }
        }
    }

    fn is_cut(&self, from: &str, to: &str) -> bool {
        self.cuts.contains(&(from.to_owned(), to.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// An event whose definitions refer to each other as listed.
    fn event(edges: &[(&str, &[&str])]) -> Value {
        let definitions = edges.iter().map(|(name, targets)| {
            let targets: Vec<_> = targets
                .iter()
                .map(|target| json!({ "$ref": format!("#/$defs/{target}") }))
                .collect();
            ((*name).to_owned(), json!({ "anyOf": targets }))
        });
        let definitions: Map<_, _> = definitions.collect();
        json!({ "properties": { "data": { "$ref": "#/$defs/A" } }, "$defs": definitions })
    }

    fn cuts(edges: &[(&str, &[&str])]) -> Vec<String> {
        let graph = Graph::of(&event(edges));
        graph.cuts.iter().map(|(a, b)| format!("{a}{b}")).collect()
    }

    #[test]
    fn references_are_cut_where_types_repeat() {
        assert_eq!(cuts(&[("A", &["A", "B"]), ("B", &[])]), ["AA"]);
        assert_eq!(
            cuts(&[("A", &["B", "C"]), ("B", &["C"]), ("C", &[])]),
            [""; 0]
        );
        assert_eq!(cuts(&[("A", &["B"]), ("B", &["C"]), ("C", &["A"])]), ["CA"]);
        assert_eq!(
            cuts(&[("A", &["B", "C"]), ("B", &["A", "C"]), ("C", &["A", "B"])]),
            ["AC", "BA", "CA", "CB"]
        );
    }

    #[test]
    fn cut_references_become_words() {
        let mut event = event(&[("A", &["A"])]);
        event["$defs"]["A"]["anyOf"][0]["description"] = json!("Own.");
        event["properties"]["user"] = json!({ "$ref": "#" });
        let expected = json!({
            "properties": {
                "data": { "$ref": "#/$defs/A" },
                "user": {
                    "description":
                        "Another `schema around it`. It is not shown again, because it contains itself.",
                },
            },
            "$defs": { "A": { "anyOf": [{
                "description":
                    "Own.\n\nAnother `A`. It is not shown again, because it contains itself.",
            }] } },
        });
        assert_eq!(adapted(&event), expected);
    }

    #[test]
    fn constant_objects_become_words() {
        let event = json!({ "properties": {
            "a": { "const": { "b": 1 } },
            "c": { "enum": [1, [2]], "description": "Own." },
            "d": { "const": "e" },
        } });
        let expected = json!({ "properties": {
            "a": { "description": "Always `{\"b\":1}`." },
            "c": { "description": "Own.\n\nOne of `1`, `[2]`." },
            "d": { "const": "e" },
        } });
        assert_eq!(adapted(&event), expected);
    }
}
