//! Makes values that match a JSON Schema: together, they take every part of it.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::graph::{Graph, Plan, Step};
use super::making::{Making, Missing};

/// The values that match a schema, and its parts for which no value was made.
pub(super) struct Samples {
    pub(super) values: Vec<Value>,
    pub(super) missing: Vec<Missing>,
}

/// Makes values for the `data` of an event's schema: one with everything, one with only what is required,
/// and one for each alternative, each optional member and each kind of value anywhere in the schema.
pub(super) fn of_data(schema: &Value) -> Samples {
    let pointer = "/properties/data";
    let missing = |reason: &str| Samples {
        values: Vec::new(),
        missing: vec![Missing {
            pointer: format!("#{pointer}"),
            reason: reason.to_owned(),
        }],
    };
    let Some(data) = schema.pointer(pointer) else {
        return missing("it is not in the schema");
    };
    let graph = Graph::new(schema, data, format!("#{pointer}"));
    if !graph.is_possible(data) {
        return missing("nothing matches it");
    }
    samples(&graph, data)
}

fn samples<'a>(graph: &Graph<'a>, data: &'a Value) -> Samples {
    let mut plans = vec![
        Plan {
            takes_everything: true,
            ..Plan::default()
        },
        Plan::default(),
    ];
    for (index, reached) in graph.reached.iter().enumerate() {
        for (step, part, _) in graph.parts(reached.schema) {
            let is_choice = !matches!(step, Step::Reference | Step::All(_) | Step::Prefix(_));
            if is_choice && part.is_none_or(|part| graph.is_possible(part)) {
                plans.extend(graph.plan(index, step));
            }
        }
    }
    let (mut values, mut missing) = (Vec::new(), Vec::new());
    let (mut known, mut known_missing) = (HashSet::new(), HashSet::new());
    for plan in plans {
        let mut value = Making {
            graph,
            plan,
            open: Vec::new(),
            values: 0,
        };
        match value.make(data, &[], false) {
            Ok(value) => {
                let value = value.unwrap_or_else(|| Value::Object(Map::new()));
                if known.insert(value.to_string()) {
                    values.push(value);
                }
            }
            Err(part) => {
                if known_missing.insert(part.clone()) {
                    missing.push(part);
                }
            }
        }
    }
    Samples { values, missing }
}
