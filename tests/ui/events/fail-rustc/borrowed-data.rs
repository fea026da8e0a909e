use inngest_receive::Events;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported")]
pub struct ItemImported<'a> {
    pub item_id: &'a str,
}

#[derive(Events)]
enum ShopEvent {
    ItemImported(ItemImported<'static>),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
