use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

macro_rules! event {
    ($name:ident { $(#[$meta:meta] $field:ident: $ty:ty),* }) => {
        #[derive(Serialize, JsonSchema, Event)]
        #[event(name = "storefront/item.imported")]
        struct $name {
            $(#[$meta] $field: $ty),*
        }
    };
}

event!(ItemImported { #[serde(serialize_with = "write")] made: std::time::Duration });

fn write<S: serde::Serializer>(made: &std::time::Duration, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&made.as_secs())
}

fn main() {}
