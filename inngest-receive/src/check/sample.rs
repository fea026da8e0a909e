//! Generates values that match a JSON Schema and together cover every part of it.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::generate::{Generator, Missing};
use super::graph::{Graph, Plan, Step};

/// Values that match a schema, and the parts of the schema for which no value was generated.
pub(super) struct Samples {
    pub(super) values: Vec<Value>,
    pub(super) missing: Vec<Missing>,
}

/// Generates values for the `data` of an event's schema: one with everything, one with only what is required,
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
            includes_everything: true,
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
        let mut generator = Generator {
            graph,
            plan,
            open: Vec::new(),
            values: 0,
        };
        match generator.generate(data, &[], false) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Checks that another program finds the samples valid.
    fn assert_valid(schema: &Value) {
        let samples = of_data(schema);
        assert_eq!(samples.missing, [], "{schema}");
        assert!(!samples.values.is_empty());
        let mut of_data = schema.clone();
        let data = of_data["properties"]["data"].take();
        if of_data["$defs"].is_null() {
            of_data["$defs"] = json!({});
        }
        of_data["$defs"]["__data"] = data;
        let of_data = json!({ "$ref": "#/$defs/__data", "$defs": of_data["$defs"] });
        let validator = jsonschema::draft202012::new(&of_data).unwrap();
        for value in samples.values {
            let error = validator.validate(&value).err();
            assert!(error.is_none(), "{value}: {error:?}");
        }
    }

    #[test]
    fn samples_of_exported_schemas_are_valid() {
        let mut folders =
            vec![concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/shop/schemas").into()];
        let mut schemas = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir::<std::path::PathBuf>(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "json")
                    && path.file_name().is_some_and(|name| name != "index.json")
                {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let schema: Value = serde_json::from_str(&text).unwrap();
                    if schema.pointer("/properties/data").is_some() {
                        assert_valid(&schema);
                        schemas += 1;
                    }
                }
            }
        }
        assert!(schemas > 5, "{schemas}");
    }

    #[test]
    fn samples_of_derived_schemas_are_valid() {
        use std::collections::{BTreeMap, BTreeSet};

        #[derive(serde::Serialize, schemars::JsonSchema)]
        #[allow(dead_code, reason = "only the schema counts")]
        struct Everything {
            numbers: (
                u8,
                i16,
                u32,
                i64,
                u128,
                f32,
                f64,
                usize,
                std::num::NonZeroU64,
            ),
            texts: (char, String, std::path::PathBuf, std::net::IpAddr),
            lists: (Vec<u8>, [u8; 3], BTreeSet<String>, [Option<bool>; 2]),
            maps: (BTreeMap<String, u8>, BTreeMap<u16, Vec<Kind>>),
            more_maps: (BTreeMap<bool, u8>, BTreeMap<char, i8>),
            keyed: BTreeMap<Unit, Kind>,
            kind: Option<Box<Kind>>,
            tagged: Vec<Tagged>,
            adjacent: Adjacent,
            untagged: Untagged,
            #[serde(flatten)]
            flat: Tagged,
            #[schemars(range(min = 0.25, max = 0.75))]
            share: f64,
            #[schemars(length(min = 2, max = 5), regex(pattern = "^[a-f]+$"))]
            code: String,
            #[schemars(range(min = 3))]
            of_reference: Newtype,
            any: Value,
            result: Result<u8, Unit>,
            time: std::time::Duration,
        }
        #[derive(serde::Serialize, schemars::JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(dead_code, reason = "only the schema counts")]
        enum Unit {
            A,
            B,
        }
        #[derive(serde::Serialize, schemars::JsonSchema)]
        struct Newtype(u8);
        #[derive(serde::Serialize, schemars::JsonSchema)]
        #[allow(dead_code, reason = "only the schema counts")]
        enum Kind {
            Unit,
            New(Unit),
            Tuple(u8, Option<Box<Kind>>),
            Struct { a: Option<u8>, b: Vec<Kind> },
        }
        #[derive(serde::Serialize, schemars::JsonSchema)]
        #[serde(tag = "type")]
        #[allow(dead_code, reason = "only the schema counts")]
        enum Tagged {
            A { a: u8 },
            B { a: Unit, c: Option<Unit> },
            C,
        }
        #[derive(serde::Serialize, schemars::JsonSchema)]
        #[serde(tag = "t", content = "c")]
        #[allow(dead_code, reason = "only the schema counts")]
        enum Adjacent {
            A(u8),
            B { x: Option<Unit> },
            C,
        }
        #[derive(serde::Serialize, schemars::JsonSchema)]
        #[serde(untagged)]
        #[allow(dead_code, reason = "only the schema counts")]
        enum Untagged {
            A(u8),
            B { x: Unit },
            C(Vec<Untagged>),
        }
        for settings in [
            schemars::generate::SchemaSettings::draft2020_12(),
            schemars::generate::SchemaSettings::draft2020_12().for_serialize(),
            schemars::generate::SchemaSettings::draft2020_12()
                .with(|settings| settings.inline_subschemas = false),
        ] {
            let schema = settings
                .into_generator()
                .into_root_schema_for::<Everything>();
            let mut data = schema.to_value();
            let definitions = data["$defs"].take();
            data.as_object_mut().unwrap().remove("$defs");
            data.as_object_mut().unwrap().remove("$schema");
            assert_valid(&json!({ "properties": { "data": data }, "$defs": definitions }));
        }
    }
}
