//! Lists the fields of an event: every schema under `data` and `user`, with its path.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::reference::definition_name;
use crate::walk::{has_type, list};

/// The schema `true` as an object.
static ANYTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// The fields of the standard library's `Duration` and `SystemTime`, which users of these types
/// cannot document or change.
const STD_FIELDS: [[&str; 2]; 2] = [["nanos", "secs"], ["nanos_since_epoch", "secs_since_epoch"]];

/// The fields of the standard library's `Range`. Their types can be user-defined.
const RANGE_FIELDS: [&str; 2] = ["end", "start"];

/// A schema inside an event's schema.
pub(crate) struct Field<'a> {
    /// Where it is, such as `data.order.lines[].quantity`.
    pub(crate) path: String,
    /// The schema itself.
    pub(crate) schema: &'a Map<String, Value>,
    /// Set for the schema of a property; `None` for items, map values and alternatives.
    pub(crate) property: Option<Property>,
    /// Whether it may be `null`.
    pub(crate) nullable: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Property {
    /// Whether the property is always present.
    pub(crate) required: bool,
    /// Whether its author can document it. This is false for enum tags, variant names and the fields
    /// of standard library types.
    pub(crate) documentable: bool,
}

/// All schemas under `data` and `user`. A definition that is used several times is listed once, at
/// its first use.
pub(crate) fn of(schema: &Value) -> Vec<Field<'_>> {
    let mut walk = Walk {
        definitions: schema.get("$defs"),
        seen: HashSet::new(),
        fields: Vec::new(),
    };
    for member in ["data", "user"] {
        if let Some(schema) = schema.pointer(&format!("/properties/{member}")) {
            walk.visit(schema, member, None, Role::Definition(""));
        }
    }
    walk.fields
}

/// The role of a schema in its parent schema.
#[derive(Clone, Copy)]
enum Role<'a> {
    /// A named definition.
    Definition(&'a str),
    /// A variant of an enum.
    Variant(Tagging<'a>),
    /// The content of a variant.
    Content,
    /// Anything else.
    Value,
}

/// How the variants of an enum are distinguished.
#[derive(Clone, Copy)]
enum Tagging<'a> {
    /// Externally tagged: the only property has the name of the variant.
    External,
    /// Adjacently tagged: the content is in this property, next to the tag.
    Adjacent(&'a str),
    /// Internally tagged or untagged: the fields of the variant are next to the tag, if there is one.
    Internal,
}

struct Walk<'a> {
    definitions: Option<&'a Value>,
    seen: HashSet<&'a str>,
    fields: Vec<Field<'a>>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, schema: &'a Value, path: &str, property: Option<Property>, role: Role<'_>) {
        let schema = match schema {
            Value::Object(schema) => schema,
            Value::Bool(true) => &*ANYTHING,
            _ => return,
        };
        self.fields.push(Field {
            path: path.to_owned(),
            schema,
            property,
            nullable: self.accepts_null(schema, &mut HashSet::new()),
        });
        if let Some((name, target)) = self.definition(schema)
            && self.seen.insert(name)
        {
            self.visit(target, path, None, Role::Definition(name));
        }
        if let Some(Value::Object(properties)) = schema.get("properties") {
            if STD_FIELDS
                .iter()
                .any(|names| has_exactly(properties, names))
            {
                return;
            }
            self.properties(schema, properties, path, role);
        }
        for (keyword, suffix) in [("items", "[]"), ("additionalProperties", "{}")] {
            if let Some(inner) = schema.get(keyword) {
                self.visit(inner, &format!("{path}{suffix}"), None, Role::Value);
            }
        }
        if let Some(Value::Object(patterns)) = schema.get("patternProperties") {
            for inner in patterns.values() {
                self.visit(inner, &format!("{path}{{}}"), None, Role::Value);
            }
        }
        for keyword in ["prefixItems", "anyOf", "oneOf", "allOf"] {
            let parts = list(schema, keyword);
            let role = match keyword {
                "anyOf" | "oneOf" => Role::Variant(tagging(keyword, parts)),
                _ => Role::Value,
            };
            for (at, inner) in parts.iter().enumerate() {
                let path = match keyword {
                    "prefixItems" => format!("{path}[{at}]"),
                    _ => path.to_owned(),
                };
                self.visit(inner, &path, None, role);
            }
        }
    }

    fn properties(
        &mut self,
        schema: &Map<String, Value>,
        properties: &'a Map<String, Value>,
        path: &str,
        role: Role<'_>,
    ) {
        if let (Role::Value, Some(value)) = (role, enum_map_value(schema, properties)) {
            self.visit(value, &format!("{path}{{}}"), None, Role::Value);
            return;
        }
        let of_range = match role {
            Role::Definition(name) => {
                name.starts_with("Range_of_") && has_exactly(properties, &RANGE_FIELDS)
            }
            _ => false,
        };
        let mut properties_in_order: Vec<_> = properties.iter().collect();
        properties_in_order.sort_by_key(|(name, _)| *name);
        for (name, property) in properties_in_order {
            let is_content = match role {
                Role::Variant(Tagging::External) => properties.len() == 1,
                Role::Variant(Tagging::Adjacent(content)) => name == content,
                _ => false,
            };
            let is_tag = matches!(role, Role::Variant(_)) && is_constant(property);
            let found = Property {
                required: requires(schema, name),
                documentable: !of_range && !is_content && !is_tag,
            };
            let role = if is_content {
                Role::Content
            } else {
                Role::Value
            };
            let path = crate::walk::property(path, name);
            self.visit(property, &path, Some(found), role);
        }
    }

    /// The definition that a schema refers to, with its name.
    fn definition(&self, schema: &Map<String, Value>) -> Option<(&'a str, &'a Value)> {
        let name = definition_name(schema)?;
        let (name, definition) = self.definitions?.as_object()?.get_key_value(&name)?;
        Some((name, definition))
    }

    /// Whether a schema accepts `null` by its type, in an alternative or through a reference.
    fn accepts_null(&self, schema: &Map<String, Value>, seen: &mut HashSet<&'a str>) -> bool {
        let definition = self
            .definition(schema)
            .filter(|(name, _)| seen.insert(name));
        let alternatives = list(schema, "anyOf").iter().chain(list(schema, "oneOf"));
        has_type(schema, "null")
            || alternatives
                .chain(definition.map(|(_, schema)| schema))
                .filter_map(Value::as_object)
                .any(|schema| self.accepts_null(schema, seen))
    }
}

/// How schemars distinguishes the variants of an enum.
fn tagging<'a>(keyword: &str, variants: &'a [Value]) -> Tagging<'a> {
    let mut content = None;
    let mut evidence = 0;
    for variant in variants {
        let Some(Value::Object(properties)) = variant.get("properties") else {
            continue;
        };
        if !properties.values().any(is_constant) {
            // Several untagged variants may accept the same fields.
            return match keyword {
                "oneOf" => Tagging::External,
                _ => Tagging::Internal,
            };
        }
        let mut fields = properties.iter().filter(|(_, schema)| !is_constant(schema));
        let (field, another) = (fields.next(), fields.next());
        let mut combined = ["$ref", "allOf", "anyOf", "oneOf"].iter();
        if another.is_some() || combined.any(|keyword| variant.get(keyword).is_some()) {
            return Tagging::Internal;
        }
        let Some((name, schema)) = field else {
            continue;
        };
        if content.is_some_and(|content| content != name) {
            return Tagging::Internal;
        }
        content = Some(name.as_str());
        // A single variant with a single field could be adjacent or internal. It is adjacent if the
        // field holds an inline struct, which schemars only writes for a variant's content.
        evidence += if schema.get("properties").is_some() {
            2
        } else {
            1
        };
    }
    match content {
        Some(content) if evidence > 1 => Tagging::Adjacent(content),
        _ => Tagging::Internal,
    }
}

/// The schema of the values of a map whose keys are the variants of an enum. schemars writes no
/// inline struct that looks like this.
fn enum_map_value<'a>(
    schema: &Map<String, Value>,
    properties: &'a Map<String, Value>,
) -> Option<&'a Value> {
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    let mut values = properties.values();
    let first = values.next()?;
    let same = closed && !schema.contains_key("required") && values.all(|value| value == first);
    same.then_some(first)
}

/// Whether the properties have exactly these names.
fn has_exactly(properties: &Map<String, Value>, names: &[&str]) -> bool {
    let has = |name: &&str| properties.contains_key(*name);
    properties.len() == names.len() && names.iter().all(has)
}

fn requires(schema: &Map<String, Value>, name: &str) -> bool {
    list(schema, "required").iter().any(|known| known == name)
}

fn is_constant(schema: &Value) -> bool {
    schema.get("const").is_some()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ops::Range;
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
    fn std_fields_are_left_out() {
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

    #[derive(Serialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
    #[expect(dead_code, reason = "its schema is what counts")]
    enum Kind {
        New,
        Used,
    }

    #[derive(Serialize, JsonSchema)]
    #[schemars(rename = "odd name/x")]
    struct Odd {
        inner: u64,
    }

    #[derive(Serialize, JsonSchema)]
    struct Nullable(Option<String>);

    /// Looks like a map from enum variants.
    #[derive(Serialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Closed {
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        b: Option<u8>,
    }

    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "shop/order.placed")]
    struct Placed {
        by_kind: BTreeMap<Kind, Option<u32>>,
        closed: Closed,
        #[serde(skip_serializing_if = "is_never")]
        note: Nullable,
        odd: Vec<Odd>,
        range: Range<u32>,
        range_of_odd: Option<Range<Odd>>,
    }

    fn is_never(_: &Nullable) -> bool {
        false
    }

    macro_rules! enums {
        ($($name:ident $([$($of:meta),*])? { $($variants:tt)* })*) => {$(
            #[derive(Serialize, JsonSchema)]
            $($(#[$of])*)?
            #[expect(dead_code, reason = "its schema is what counts")]
            enum $name {
                $($variants)*
            }
        )*};
    }

    enums! {
        External { Unit, Newtype(u8), Struct { field: u8 } }
        Internal [serde(tag = "kind")] { Unit, Card { last_four: String }, Bank { iban: String, bic: String } }
        Lonely [serde(tag = "kind")] { Unit, Card { number: String } }
        Adjacent [serde(tag = "t", content = "c")] { Unit, Number(u8), Struct { deep: u8 } }
        LonelyAdjacent [serde(tag = "t", content = "c")] { Unit, Struct { deep: u8 } }
        Untagged [serde(untagged)] { Only { only: u8 }, Number(u8) }
        Flat { Unit, ByWeight { grams: u8 } }
    }

    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "shop/order.paid")]
    struct Enums {
        external: External,
        internal: Option<Internal>,
        lonely: Lonely,
        adjacent: Adjacent,
        lonely_adjacent: LonelyAdjacent,
        untagged: Untagged,
        result: Result<u8, String>,
        #[serde(flatten)]
        flat: Option<Flat>,
    }

    /// The paths below `data` of the selected fields.
    fn paths<E: Event>(selected: impl Fn(&Field<'_>) -> bool) -> Vec<String> {
        let types = Catalogue::of(&Registry::new().with::<E>());
        let fields = of(&types.iter().next().unwrap().schema);
        let paths = fields.iter().filter(|field| selected(field));
        let paths = paths.filter_map(|field| field.path.strip_prefix("data."));
        paths.map(str::to_owned).collect()
    }

    fn documentable(field: &Field<'_>) -> bool {
        field.property.is_some_and(|property| property.documentable)
    }

    #[test]
    fn documentable_fields() {
        assert_eq!(
            paths::<Placed>(documentable),
            [
                "by_kind",
                "closed",
                "closed.a",
                "closed.b",
                "note",
                "odd",
                "odd[].inner",
                "range",
                "range_of_odd",
            ]
        );
        assert_eq!(
            paths::<Enums>(documentable),
            [
                "adjacent",
                "adjacent.c.deep",
                "external",
                "external.Struct.field",
                "internal",
                "internal.last_four",
                "internal.bic",
                "internal.iban",
                "lonely",
                "lonely.number",
                "lonely_adjacent",
                "lonely_adjacent.c.deep",
                "result",
                "untagged",
                "untagged.only",
                "ByWeight.grams",
            ]
        );
    }

    #[test]
    fn nullable_fields() {
        let nullable = paths::<Placed>(|field| field.nullable && field.property.is_some());
        assert_eq!(nullable, ["closed.a", "closed.b", "note", "range_of_odd"]);
        let absent = |field: &Field<'_>| field.property.is_some_and(|property| !property.required);
        assert_eq!(paths::<Placed>(absent), ["closed.a", "closed.b", "note"]);
    }
}
