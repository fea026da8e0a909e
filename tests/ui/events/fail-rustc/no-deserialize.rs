use inngest_receive::Events;

#[derive(serde::Serialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported")]
pub struct ItemImported {
    pub item_id: String,
}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/order.paid")]
pub struct OrderPaid {
    pub order: u64,
}

#[derive(Events)]
enum ShopEvent {
    OrderPaid(OrderPaid),
    ItemImported(ItemImported),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
