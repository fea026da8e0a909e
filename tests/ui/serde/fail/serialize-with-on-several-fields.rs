use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[serde(serialize_with = "write")]
    made: std::time::Duration,
    #[event(session)]
    visit: String,
    #[event(ts)]
    #[serde(serialize_with = "write_number")]
    at: i64,
    #[serde(flatten, serialize_with = "write_rest")]
    rest: Rest,
}

#[derive(Serialize, JsonSchema)]
struct Rest {}

fn write_rest<S: serde::Serializer>(rest: &Rest, to: S) -> Result<S::Ok, S::Error> {
    rest.serialize(to)
}

fn write_number<S: serde::Serializer>(number: &i64, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(number)
}

fn write<S: serde::Serializer>(made: &std::time::Duration, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&made.as_secs())
}

fn main() {}
