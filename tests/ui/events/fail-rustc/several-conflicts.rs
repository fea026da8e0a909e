use inngest_receive::Events;

mod v1 {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "shop/item.imported", version = "2026-01-01.1")]
    pub struct ItemImported {
        pub item: String,
    }
}

mod a {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "shop/item.imported", version = "2026-11-21.1")]
    pub struct Item {
        pub item_id: String,
    }

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "shop/order.paid")]
    pub struct Order {
        pub order: u64,
    }
}

mod b {
    pub use super::a::{Item, Order};
}

#[derive(Events)]
enum ShopEvent {
    #[events(from(v1::ItemImported))]
    Item(a::Item),
    SameItem(b::Item),
    Order(a::Order),
    SameOrder(b::Order),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
}
