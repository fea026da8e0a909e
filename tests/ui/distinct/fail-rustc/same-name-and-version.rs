use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/order.paid")]
struct OrderPaid {
    order: u64,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/order.paid")]
struct OrderPaidToo {
    order: u64,
}

inngest_core::assert_distinct!(OrderPaid, OrderPaidToo);

fn main() {}
