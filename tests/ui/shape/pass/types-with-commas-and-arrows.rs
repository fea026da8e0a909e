use std::collections::BTreeMap;

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

type Callback<A, B> = fn(A) -> B;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}-{last}")]
struct ItemImported {
    #[serde(skip)]
    callback: Option<fn(u8, u8) -> Result<Vec<u8>, String>>,
    #[serde(skip)]
    again: Option<Callback<u8, Vec<Vec<u8>>>>,
    by_shop: BTreeMap<String, Vec<(u8, u8)>>,
    item_id: <Vec<u64> as IntoIterator>::Item,
    sizes: [u8; if 1 < 2 { 2 } else { 3 }],
    last: u64,
}

fn main() {
    let event = ItemImported {
        callback: None,
        again: None,
        by_shop: BTreeMap::new(),
        item_id: 42,
        sizes: [1, 2],
        last: 7,
    };
    assert!(event.callback.is_none() && event.again.is_none());
    assert_eq!(event.dedup_id().unwrap().as_deref(), Some("item-imported-42-7"));
}
