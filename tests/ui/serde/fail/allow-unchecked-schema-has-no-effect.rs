use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", allow(unchecked_schema))]
struct ItemImported {
    #[serde(skip)]
    #[serde(serialize_with = "write")]
    skipped: std::time::Duration,
    #[serde(serialize_with = "write")]
    #[schemars(with = "String")]
    made: std::time::Duration,
}

fn write<S: serde::Serializer>(made: &std::time::Duration, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&made.as_secs())
}

fn main() {}
