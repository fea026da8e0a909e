use inngest_core::{Event, assert_distinct};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "")]
struct OrderPlaced {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "inngest/order.paid")]
struct OrderPaid {}

assert_distinct!(OrderPlaced, OrderPaid);

fn main() {}
