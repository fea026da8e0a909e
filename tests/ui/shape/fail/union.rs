use inngest_core::Event;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

#[derive(Event)]
#[event(name = "storefront/item.imported")]
union ItemImported { number: u64 }

impl Serialize for ItemImported {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl JsonSchema for ItemImported {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ItemImported".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }
}

fn main() {}
