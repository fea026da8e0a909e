use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/stock.changed", id = "stock-changed-{sku}-{delta}")]
struct StockChanged {
    sku: String,
    delta: i64,
}

fn main() {}
