use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

macro_rules! event {
    ($item:item) => {
        #[derive(Serialize, JsonSchema, Event)]
        $item
    };
}

event! {
    #[event(name = "storefront/item.imported", id = "item-imported-{item.tags}")]
    struct ItemImported {
        item: Item,
        #[event(ts)]
        at: u8,
        #[event(user)]
        #[serde(skip)]
        user: NoUser,
        #[event(session)]
        visit: bool,
    }
}

#[derive(Serialize, JsonSchema)]
struct Item {
    tags: Vec<String>,
}

struct NoUser;

fn main() {}
