use inngest_receive::Events;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported", version = "2026-11-21.1")]
pub struct ItemImported {
    pub item_id: String,
}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/order.paid")]
pub struct OrderPaid {
    pub order: u64,
}

impl From<OrderPaid> for ItemImported {
    fn from(older: OrderPaid) -> Self {
        Self { item_id: older.order.to_string() }
    }
}

#[derive(Events)]
enum ShopEvent {
    #[events(from(OrderPaid))]
    ItemImported(ItemImported),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
