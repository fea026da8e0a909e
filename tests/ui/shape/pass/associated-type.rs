#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A field of an associated type.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported<T: Shop>
where
    T::Id: Serialize + JsonSchema, {
    item_id: T::Id,
    #[serde(skip)]
    shop: std::marker::PhantomData<T>,
}

trait Shop {
    type Id;
}

fn main() {}
