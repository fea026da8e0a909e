use inngest_core::{Event, SessionField};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, SessionField)]
struct OrderLine(u64, u64);

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.sold")]
struct ItemSold {
    #[event(session)]
    line: OrderLine,
}

fn main() {
    let sold = ItemSold { line: OrderLine(1, 2) };
    let _ = sold.payload().session("other", OrderLine(3, 4));
}
