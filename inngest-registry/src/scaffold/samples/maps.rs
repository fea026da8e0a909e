//! Detects maps: objects whose keys are data.

use super::shape::Shape;
use crate::scaffold::names;

/// Keys of objects whose members the sender names freely.
const FREE_FORM: [&str; 10] = [
    "metadata",
    "headers",
    "labels",
    "annotations",
    "params",
    "query",
    "attributes",
    "tags",
    "properties",
    "extra",
];

/// The values of a map, whose keys are data rather than names. `None` if the object is not a map.
pub(super) fn values_of_map(shape: &Shape, key: &str) -> Option<Shape> {
    let mut values = Shape::default();
    for member in shape.members.values() {
        values.merge(member);
    }
    let count = shape.members.len();
    if count == 0 {
        return Some(values);
    }
    if values.kinds() > 1 {
        return None;
    }
    let is_scalar = values.arrays == 0 && values.objects == 0;
    let is_free_form = is_scalar && FREE_FORM.contains(&names::field(key).as_str());
    let are_data = shape.members.keys().all(|key| is_data(key));
    // There are many keys, no object has more than half of them, and each is in at most half of the objects.
    let varies = count >= 8
        && shape.objects >= 5
        && shape.largest * 2 <= count
        && shape
            .members
            .values()
            .all(|member| member.count * 2 <= shape.objects);
    (is_free_form || are_data || varies).then_some(values)
}

/// Whether a key looks like a value: a number, a date, a UUID or an address.
fn is_data(key: &str) -> bool {
    let digits = key.chars().filter(char::is_ascii_digit).count();
    key.is_empty()
        || key.starts_with(|c: char| c.is_ascii_digit())
        || key.contains(['@', '/', ':', ' '])
        || (key.len() >= 16 && digits >= 4)
}
