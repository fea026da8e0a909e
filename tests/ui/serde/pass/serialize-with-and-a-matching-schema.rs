#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Fields that other code serializes, with a matching schema or where none is needed.

use inngest_core::{AsString, Event, OptionAsString};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: u64,
    #[serde(with = "seconds")]
    #[schemars(with = "String")]
    by_a_module: std::time::Duration,
    #[schemars(range(min = 1), extend("x-unit" = 1), schema_with = "described")]
    #[serde(rename = "made", serialize_with = "seconds::serialize")]
    by_a_function: std::time::Duration,
    #[serde(skip_deserializing)]
    #[serde(serialize_with = "seconds::serialize")]
    #[cfg_attr(all(), schemars(title = concat!("a", "b"), with = "String"))]
    behind_cfg_attr: std::time::Duration,
    #[serde(deserialize_with = "seconds::deserialize")]
    read_only: std::time::Duration,
    #[serde(skip, serialize_with = "seconds::serialize")]
    skipped: std::time::Duration,
    #[serde(skip_serializing, serialize_with = "seconds::serialize")]
    #[event(user)]
    not_written: std::time::Duration,
    #[serde(with = "inngest_core::AsString")]
    number: u64,
    #[serde(with = "AsString")]
    other: i64,
    #[serde(with = "::inngest_core::OptionAsString")]
    maybe: Option<u64>,
    #[serde(with = "OptionAsString")]
    perhaps: Option<u64>,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.counted", allow(unchecked_schema))]
struct ItemCounted {
    #[serde(serialize_with = "seconds::serialize")]
    took: std::time::Duration,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.moved")]
#[schemars(with = "std::collections::BTreeMap<String, String>")]
struct ItemMoved {
    #[serde(serialize_with = "seconds::serialize")]
    took: std::time::Duration,
}

fn described(generator: &mut SchemaGenerator) -> Schema {
    String::json_schema(generator)
}

mod seconds {
    use serde::Deserialize as _;
    use std::time::Duration;

    pub(crate) fn serialize<S: serde::Serializer>(
        took: &Duration,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(&took.as_secs())
    }

    pub(crate) fn deserialize<'de, D: serde::Deserializer<'de>>(
        from: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_secs)
    }
}

fn main() {}
