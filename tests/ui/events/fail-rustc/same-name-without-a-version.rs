use inngest_receive::{Events, Received};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/order.paid")]
pub struct OrderPaid {
    pub order: u64,
}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported", version = "2026-11-21.1")]
pub struct ItemImported {
    pub item_id: String,
}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/order.paid")]
pub struct Again {
    pub item_id: String,
}

#[derive(Events)]
enum ShopEvent {
    OrderPaid(OrderPaid),
    ItemImported(ItemImported),
    Again(Received<Again>),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
