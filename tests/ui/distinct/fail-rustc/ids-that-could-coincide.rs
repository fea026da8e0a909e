use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/order", id = "order-{order}")]
struct Order {
    order: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/order.paid", id = "order-paid-{order}")]
struct OrderPaid {
    order: u64,
}

inngest_core::assert_distinct!(Order, OrderPaid);

fn main() {}
