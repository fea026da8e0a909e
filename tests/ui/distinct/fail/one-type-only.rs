use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/order")]
struct Order {
    order: u64,
}

inngest_core::assert_distinct!(Order);

fn main() {}
