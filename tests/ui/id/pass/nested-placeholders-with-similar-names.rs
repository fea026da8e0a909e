#![deny(warnings)]

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
pub struct Deep {
    b_c: u64,
    c: u64,
    a: (u64, u64),
    r#type: u64,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(
    name = "shop/order.placed",
    id = "order-placed-{a.b_c}/{a_b.c}/{a.a.0}/{a.a.1}/{a.type}"
)]
pub struct OrderPlaced {
    a: Deep,
    a_b: Deep,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/order.paid", id = "order-paid-{a.c}")]
pub struct OrderPaid {
    a: Deep,
}

fn main() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "shop/order.sent", id = "order-sent-{a.c}")]
    struct Local {
        a: Deep,
    }
    let deep = || Deep { b_c: 1, c: 2, a: (3, 4), r#type: 5 };
    let order = OrderPlaced { a: deep(), a_b: deep() };
    assert_eq!(order.dedup_id().unwrap().unwrap(), "order-placed-1/2/3/4/5");
    let local = Local { a: deep() };
    assert_eq!(local.dedup_id().unwrap().unwrap(), "order-sent-2");
}
