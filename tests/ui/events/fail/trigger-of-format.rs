#![allow(unused_variables)]

use inngest_receive::{Events, triggers};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/order.paid")]
pub struct OrderPaid {
    pub order_id: u64,
}

#[derive(Events)]
enum ShopEvent {
    OrderPaid(OrderPaid),
}

fn main() {
    let shop = String::from("shop");
    let _ = triggers!(ShopEvent, format!("{shop}/*"));
}
