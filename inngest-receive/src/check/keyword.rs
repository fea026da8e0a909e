//! Reads the keywords of a schema.

use serde_json::{Map, Value};

pub(super) type Object = Map<String, Value>;

pub(super) const ALTERNATIVES: [&str; 2] = ["oneOf", "anyOf"];
pub(super) const MEMBERS: [&str; 2] = ["additionalProperties", "unevaluatedProperties"];
pub(super) fn list<'a>(schema: &'a Object, key: &str) -> &'a [Value] {
    let list = schema.get(key).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

pub(super) fn map<'a>(
    schema: &'a Object,
    key: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    let map = schema.get(key).and_then(Value::as_object);
    map.into_iter().flatten()
}

pub(super) fn count(schema: &Object, key: &str) -> Option<usize> {
    usize::try_from(schema.get(key)?.as_u64()?).ok()
}

pub(super) fn string<'a>(schema: &'a Object, key: &str) -> Option<&'a str> {
    schema.get(key)?.as_str()
}

pub(super) fn examples(schema: &Object) -> &[Value] {
    list(schema, "examples")
}

pub(super) fn is_required(maps: &[&Object], key: &str) -> bool {
    maps.iter()
        .flat_map(|map| list(map, "required"))
        .any(|required| required == key)
}
