use inngest_core::{Client, Event};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/cart.cleared")]
struct CartCleared {}

async fn send(client: Client, cart: CartCleared) {
    let _ = client.send_many(&cart).await;
}

fn main() {}
