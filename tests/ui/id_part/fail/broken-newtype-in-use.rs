use inngest_core::{Event, IdPart};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, IdPart)]
struct OrderLine(u64, u64);

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.sold", id = "item-sold-{line}")]
struct ItemSold {
    line: OrderLine,
}

fn main() {
    let sold = ItemSold { line: OrderLine(1, 2) };
    let _ = sold.dedup_id();
}
