//! Two versions of one event: that the version is another is no change.

use serde_json::Value;

use crate::catalogue::EventType;
use crate::compat::{self, Comparison, Strictness};
use crate::json;

/// Compares two versions of an event: that the version is another is no change.
pub(crate) fn across_versions(
    old: &EventType,
    new: &EventType,
    strictness: Strictness,
) -> Comparison {
    compare_versions(&old.schema, &new.schema, strictness)
}

/// The same for their schemas.
pub(crate) fn compare_versions(old: &Value, new: &Value, strictness: Strictness) -> Comparison {
    let without_version = |schema: &Value| {
        let mut schema = schema.clone();
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties.remove("v");
        }
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|member| member != "v");
        }
        schema
    };
    let (old, new) = (without_version(old), without_version(new));
    if json::content_hash(&old) == json::content_hash(&new) {
        return compat::compare(&old, &old, strictness);
    }
    compat::compare(&old, &new, strictness)
}
