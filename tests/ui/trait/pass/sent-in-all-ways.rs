#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Every form in which an event can be sent.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    item_id: String,
}

fn main() {
    let client = inngest_core::Client::builder().event_key("key").build().unwrap();
    let item = ItemImported { item_id: String::new() };
    drop(client.send(&item));
    drop(client.send(item.payload().id("x")));
    drop(client.send_many([&item]));
    drop(client.send_many(vec![item.payload()]));
    drop(client.send_many(std::slice::from_ref(&item)));
    drop(client.send(Box::new(item)));
}
