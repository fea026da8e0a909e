use inngest_core::{Client, Event};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/cart.cleared")]
struct CartCleared {}

async fn send(client: Client, carts: Vec<CartCleared>) {
    let _ = client.send(&carts).await;
    let _ = client.send(&[CartCleared {}, CartCleared {}]).await;
}

fn main() {}
