#![deny(warnings)]

use inngest_core::{Client, Event, Payload, RawEvent};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/cart.cleared")]
struct CartCleared {}

async fn send(client: Client, payloads: Vec<Payload<CartCleared>>, raw: Vec<RawEvent>) {
    let _ = client.send(&payloads[0]).await;
    let _ = client.send_many(&payloads).await;
    let _ = client.send_many(&raw).await;
    let _ = client.send_many(raw).await;
}

fn main() {
    let _ = send;
}
