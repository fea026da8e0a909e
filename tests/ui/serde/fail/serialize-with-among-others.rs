use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[serde(rename = "made_at", default)]
    #[serde(skip_serializing_if = "is_zero", deserialize_with = "read", serialize_with = "write")]
    #[schemars(range(min = 1), title = concat!("m", "ade"))]
    made: u32,
}

fn is_zero(made: &u32) -> bool {
    *made == 0
}

fn write<S: serde::Serializer>(made: &u32, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(made)
}

fn main() {}
