use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", allow(unchecked_schemas))]
struct ItemImported {
    #[serde(serialize_with = "write")]
    made: std::time::Duration,
}

fn write<S: serde::Serializer>(made: &std::time::Duration, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&made.as_secs())
}

fn main() {}
