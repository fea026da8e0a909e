use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[serde(with = "seconds")]
    made: std::time::Duration,
}

mod seconds {
    pub(crate) fn serialize<S: serde::Serializer>(
        made: &std::time::Duration,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(&made.as_secs())
    }
}

fn main() {}
