//! The fields of an event: every schema under `data` and `user` with the path to it.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};

/// What `true` says, in the words of a schema.
static ANYTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// The fields of the standard library's `Duration` and `SystemTime`, by the alphabet: nobody who
/// uses these types can document or change them.
const OF_STD: [[&str; 2]; 2] = [["nanos", "secs"], ["nanos_since_epoch", "secs_since_epoch"]];

/// A schema inside an event's schema.
pub(crate) struct Field<'a> {
    /// Where it is, such as `data.order.lines[].quantity`.
    pub(crate) path: String,
    /// What it says.
    pub(crate) schema: &'a Map<String, Value>,
    /// How it is a property; `None` for items, values of maps and alternatives.
    pub(crate) property: Option<Property>,
}

#[derive(Clone, Copy)]
pub(crate) struct Property {
    /// Whether it is always there.
    pub(crate) required: bool,
    /// Whether it is the tag of an enum or the name of a variant, which have no docs of their own.
    pub(crate) of_enum: bool,
}

/// All schemas under `data` and `user`; what is used in several places stands at the first.
pub(crate) fn of(schema: &Value) -> Vec<Field<'_>> {
    let mut walk = Walk {
        definitions: schema.get("$defs"),
        seen: HashSet::new(),
        fields: Vec::new(),
    };
    for member in ["data", "user"] {
        if let Some(schema) = schema.pointer(&format!("/properties/{member}")) {
            walk.visit(schema, member, None, false);
        }
    }
    walk.fields
}

struct Walk<'a> {
    definitions: Option<&'a Value>,
    seen: HashSet<&'a str>,
    fields: Vec<Field<'a>>,
}

impl<'a> Walk<'a> {
    fn visit(
        &mut self,
        schema: &'a Value,
        path: &str,
        property: Option<Property>,
        alternative: bool,
    ) {
        let schema = match schema {
            Value::Object(schema) => schema,
            Value::Bool(true) => &*ANYTHING,
            _ => return,
        };
        self.fields.push(Field {
            path: path.to_owned(),
            schema,
            property,
        });
        if let Some(name) = definition(schema)
            && self.seen.insert(name)
            && let Some(target) = self.definitions.and_then(|all| all.get(name))
        {
            self.visit(target, path, None, alternative);
        }
        if let Some(Value::Object(properties)) = schema.get("properties") {
            let required = |name: &str| {
                let names = schema.get("required").and_then(Value::as_array);
                names.is_some_and(|names| names.iter().any(|n| n == name))
            };
            let tagged = alternative && properties.values().any(is_constant);
            let only = properties.len() == 1 || (tagged && properties.len() == 2);
            let mut names: Vec<_> = properties.iter().collect();
            names.sort_by_key(|(name, _)| *name);
            if OF_STD.iter().any(|of| names.iter().map(|n| n.0).eq(of)) {
                return;
            }
            for (name, property) in names {
                let found = Property {
                    required: required(name),
                    of_enum: alternative && (only || is_constant(property)),
                };
                self.visit(
                    property,
                    &crate::walk::property(path, name),
                    Some(found),
                    false,
                );
            }
        }
        for (keyword, suffix) in [("items", "[]"), ("additionalProperties", "{}")] {
            if let Some(inner) = schema.get(keyword) {
                self.visit(inner, &format!("{path}{suffix}"), None, false);
            }
        }
        if let Some(Value::Object(patterns)) = schema.get("patternProperties") {
            for inner in patterns.values() {
                self.visit(inner, &format!("{path}{{}}"), None, false);
            }
        }
        for (keyword, is_alternative) in [
            ("prefixItems", false),
            ("anyOf", true),
            ("oneOf", true),
            ("allOf", false),
        ] {
            for (at, inner) in list(schema, keyword).iter().enumerate() {
                let path = match keyword {
                    "prefixItems" => format!("{path}[{at}]"),
                    _ => path.to_owned(),
                };
                self.visit(inner, &path, None, is_alternative);
            }
        }
    }
}

/// The name of the definition that a schema refers to.
fn definition(schema: &Map<String, Value>) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

fn is_constant(schema: &Value) -> bool {
    schema.get("const").is_some()
}

fn list<'a>(schema: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    let list = schema.get(keyword).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// Whether a schema says that it takes a type, in `type` or in an alternative.
pub(crate) fn takes(schema: &Map<String, Value>, name: &str) -> bool {
    let directly = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(|t| t == name),
        Some(only) => only == name,
        None => false,
    };
    let alternatives = list(schema, "anyOf").iter().chain(list(schema, "oneOf"));
    directly
        || alternatives
            .filter_map(Value::as_object)
            .any(|alternative| takes(alternative, name))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use inngest_core::Event;
    use inngest_core::registry::Registry;
    use schemars::JsonSchema;
    use serde::Serialize;

    use super::*;
    use crate::catalogue::Catalogue;

    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "shop/order.paid")]
    struct Paid {
        anything: Value,
        took: Duration,
        at: SystemTime,
        lines: Vec<Line>,
    }

    #[derive(Serialize, JsonSchema)]
    struct Line {
        #[serde(rename = "next\nline")]
        next: Option<Box<Line>>,
    }

    #[test]
    fn fields_that_someone_wrote() {
        let types = Catalogue::of(&Registry::new().with::<Paid>());
        let fields = of(&types.iter().next().unwrap().schema);
        let paths: Vec<_> = fields
            .iter()
            .filter(|field| field.property.is_some())
            .map(|field| field.path.as_str())
            .collect();
        let data = [
            "anything",
            "at",
            "lines",
            "lines[][\"next\\nline\"]",
            "took",
        ];
        assert_eq!(paths, data.map(|field| format!("data.{field}")));
    }
}
