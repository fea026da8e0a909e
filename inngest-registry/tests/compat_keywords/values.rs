//! Generates random values that often match a schema.

use serde_json::{Map, Value, json};

use super::random::Random;

const NAMES: [&str; 6] = ["a", "b", "ab", "é", "c", "a1"];

pub(crate) struct Values {
    pub(crate) random: Random,
}

impl Values {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
        }
    }

    /// A value that may match the document.
    pub(crate) fn of(&mut self, document: &Value) -> Value {
        self.value(document, &[document], 0)
    }

    /// A value that may match all these schemas.
    fn value(&mut self, document: &Value, schemas: &[&Value], depth: usize) -> Value {
        if depth > 4 || self.random.chance(12) {
            return self.any(depth);
        }
        let mut all = Vec::new();
        for schema in schemas {
            self.collect(document, schema, &mut all, 0);
        }
        for schema in &all {
            if let Some(value) = schema.get("const") {
                return value.clone();
            }
            if let Some(Value::Array(values)) = schema.get("enum") {
                return self.random.pick(values).clone();
            }
        }
        match self.kind(&all) {
            "null" => json!(null),
            "boolean" => json!(self.random.chance(2)),
            "integer" | "number" => self.number(&all),
            "string" => self.text(&all),
            "array" => self.array(document, &all, depth),
            _ => self.object(document, &all, depth),
        }
    }

    /// The schemas that apply to the same value, with one branch of each union.
    fn collect<'a>(
        &mut self,
        document: &'a Value,
        schema: &'a Value,
        all: &mut Vec<&'a Value>,
        depth: usize,
    ) {
        if depth > 8 {
            return;
        }
        all.push(schema);
        let list = |key: &str| schema.get(key).and_then(Value::as_array);
        if let Some(to) = schema.get("$ref").and_then(Value::as_str)
            && let Some(target) = document.pointer(&to[1..])
        {
            self.collect(document, target, all, depth + 1);
        }
        for inner in list("allOf").into_iter().flatten() {
            self.collect(document, inner, all, depth + 1);
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(branches) = list(key).filter(|branches| !branches.is_empty()) {
                let index = self.random.below(branches.len());
                self.collect(document, &branches[index], all, depth + 1);
            }
        }
        for key in ["if", "then", "else"] {
            if let Some(inner) = schema.get(key)
                && self.random.chance(2)
            {
                self.collect(document, inner, all, depth + 1);
            }
        }
        for inner in schema
            .get("dependentSchemas")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::values)
        {
            if self.random.chance(2) {
                self.collect(document, inner, all, depth + 1);
            }
        }
        // `not` twice.
        if let Some(inner) = schema.pointer("/not/not") {
            self.collect(document, inner, all, depth + 1);
        }
    }

    /// A type that the schemas allow, preferably one that their keywords are about.
    fn kind(&mut self, all: &[&Value]) -> &'static str {
        const KINDS: [&str; 7] = [
            "null", "boolean", "integer", "number", "string", "array", "object",
        ];
        let allowed = |kind: &&&str| {
            all.iter().all(|schema| match schema.get("type") {
                Some(Value::String(own)) => own == **kind || own == "number" && **kind == "integer",
                Some(Value::Array(own)) => own.iter().any(|own| own == **kind),
                _ => true,
            })
        };
        let allowed: Vec<&'static str> = KINDS.iter().filter(allowed).copied().collect();
        let meant = |kind: &&&str| {
            let keys: &[&str] = match **kind {
                "object" => &[
                    "properties",
                    "required",
                    "patternProperties",
                    "additionalProperties",
                    "minProperties",
                    "dependentRequired",
                    "dependentSchemas",
                    "propertyNames",
                ],
                "array" => &[
                    "items",
                    "prefixItems",
                    "contains",
                    "minItems",
                    "maxItems",
                    "uniqueItems",
                ],
                "string" => &["pattern", "minLength", "maxLength"],
                "number" | "integer" => &[
                    "minimum",
                    "maximum",
                    "multipleOf",
                    "exclusiveMinimum",
                    "exclusiveMaximum",
                ],
                _ => &[],
            };
            all.iter()
                .any(|schema| keys.iter().any(|key| schema.get(key).is_some()))
        };
        let meant: Vec<&'static str> = allowed.iter().filter(meant).copied().collect();
        let list = if meant.is_empty() || self.random.chance(4) {
            allowed
        } else {
            meant
        };
        match list.as_slice() {
            [] => "null",
            list => list[self.random.below(list.len())],
        }
    }

    fn number(&mut self, all: &[&Value]) -> Value {
        let near: Vec<f64> = [
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
        ]
        .iter()
        .flat_map(|key| all.iter().filter_map(|schema| schema.get(*key)?.as_f64()))
        .collect();
        let base = if near.is_empty() {
            0.0
        } else {
            *self.random.pick(&near)
        };
        let step = *self.random.pick(&[0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 6.0]);
        let number: f64 = base + step;
        if number.fract() == 0.0 && self.random.below(8) > 0 {
            json!(format!("{number}").parse::<i64>().unwrap())
        } else {
            json!(number)
        }
    }

    fn text(&mut self, all: &[&Value]) -> Value {
        if all.iter().any(|schema| schema.get("format").is_some()) && self.random.chance(2) {
            return json!(*self.random.pick(&["2026-11-21", "192.0.2.1"]));
        }
        let letters = ["a", "b", "é", "1", " "];
        let length = self.random.below(4);
        (0..length)
            .map(|_| *self.random.pick(&letters))
            .collect::<String>()
            .into()
    }

    fn array(&mut self, document: &Value, all: &[&Value], depth: usize) -> Value {
        let tuple = all
            .iter()
            .filter_map(|schema| schema.get("prefixItems")?.as_array());
        let tuple: Vec<&Vec<Value>> = tuple.collect();
        let length = self.random.below(4);
        let items = (0..length).map(|index| {
            let mut schemas: Vec<&Value> =
                tuple.iter().filter_map(|tuple| tuple.get(index)).collect();
            for schema in all {
                let own = schema
                    .get("prefixItems")
                    .and_then(Value::as_array)
                    .map_or(0, Vec::len);
                schemas.extend(schema.get("items").filter(|_| index >= own));
                if self.random.chance(3) {
                    schemas.extend(schema.get("contains"));
                }
            }
            self.value(document, &schemas, depth + 1)
        });
        items.collect()
    }

    fn object(&mut self, document: &Value, all: &[&Value], depth: usize) -> Value {
        let mut object = Map::new();
        let mut names: Vec<&str> = Vec::new();
        for schema in all {
            let required = schema.get("required").and_then(Value::as_array);
            names.extend(required.into_iter().flatten().filter_map(Value::as_str));
            let properties = schema.get("properties").and_then(Value::as_object);
            for name in properties.into_iter().flat_map(Map::keys) {
                if self.random.chance(2) {
                    names.push(name);
                }
            }
        }
        if self.random.chance(2) {
            names.push(NAMES[self.random.below(NAMES.len())]);
        }
        for name in names {
            let mut schemas: Vec<&Value> = Vec::new();
            for schema in all {
                match schema.get("properties").and_then(|own| own.get(name)) {
                    Some(own) => schemas.push(own),
                    None => schemas.extend(schema.get("additionalProperties")),
                }
                for (_, own) in schema
                    .get("patternProperties")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten()
                {
                    if self.random.chance(2) {
                        schemas.push(own);
                    }
                }
            }
            let value = self.value(document, &schemas, depth + 1);
            object.insert(name.to_owned(), value);
        }
        object.into()
    }

    fn any(&mut self, depth: usize) -> Value {
        match self.random.below(if depth > 3 { 6 } else { 8 }) {
            0 => json!(null),
            1 => json!(true),
            2 => json!(self.random.below(4)),
            3 => json!(0.5),
            4 => json!(*self.random.pick(&["", "a", "b", "ab", "é", "a1"])),
            5 => json!(-1),
            6 => {
                let length = self.random.below(3);
                (0..length).map(|_| self.any(depth + 1)).collect()
            }
            _ => {
                let length = self.random.below(3);
                let members = (0..length)
                    .map(|_| (self.random.pick(&NAMES).to_string(), self.any(depth + 1)));
                Value::Object(members.collect())
            }
        }
    }
}
