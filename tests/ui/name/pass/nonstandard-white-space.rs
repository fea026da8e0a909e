#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! White space other than control characters, with `allow`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "Order Completed", allow(nonstandard_name))]
struct E0 {
    #[event(id)]
    item_id: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "Shop / Order  Completed", allow(nonstandard_name))]
struct E1 {
    #[event(id)]
    item_id: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = " order.completed", allow(nonstandard_name))]
struct E2 {
    #[event(id)]
    item_id: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "order.completed ", allow(nonstandard_name))]
struct E3 {
    #[event(id)]
    item_id: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = " ", allow(nonstandard_name))]
struct E4 {
    #[event(id)]
    item_id: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "order\u{a0}completed", allow(nonstandard_name))]
struct E5 {
    #[event(id)]
    item_id: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "order\u{2028}completed", allow(nonstandard_name))]
struct E6 {
    #[event(id)]
    item_id: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "order\u{3000}completed", allow(nonstandard_name))]
struct E7 {
    #[event(id)]
    item_id: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(
    name = "Order Completed",
    id = "Order Completed-{order}",
    version = "2026-11-21.1",
    allow(nonstandard_name)
)]
struct WithTemplate {
    order: String,
}

fn main() {}
