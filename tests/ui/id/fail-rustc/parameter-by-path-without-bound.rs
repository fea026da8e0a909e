use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/item.bought", id = "item-bought-{pair.0}")]
struct ItemBought<T> {
    pair: (T, u8),
}

fn main() {}
