use inngest_core::{Client, Event};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/order.paid")]
struct OrderPaid {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/order.shipped")]
struct OrderShipped {}

async fn send(client: &Client) {
    let _ = client.send_many((OrderPaid {}, OrderShipped {})).await;
}

fn main() {}
