//! Event types for the tests: correct ones, edited ones, and ones with mistakes.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

/// A supplier's item entered the catalogue.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", version = "2026-11-21.1")]
pub(super) struct ItemImported {
    /// The supplier's key.
    #[event(id)]
    item_id: String,
    /// How many are in stock.
    quantity: u32,
}

/// The cart is empty again.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/cart.cleared", id = "cart-cleared-{cart}")]
pub(super) struct CartCleared {
    /// Which cart.
    cart: u32,
}

/// Types that trigger lints.
pub(super) mod careless {
    use super::*;

    /// A supplier's item entered the catalogue.
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "storefront/item.imported", version = "2026-11-20.1")]
    pub(in crate::cli::tests) struct Older {
        #[event(id)]
        item_id: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        quantity: Option<u32>,
        lines: Vec<Line>,
    }

    #[derive(Serialize, JsonSchema)]
    struct Line {
        cents: i64,
    }

    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "storefront/item-imported", id = "item-imported-{number}")]
    pub(in crate::cli::tests) struct OtherSigns {
        /// A number.
        number: u32,
    }

    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "storefront/ping")]
    pub(in crate::cli::tests) struct Ping {}
}

/// `ItemImported` with the same version and another shape.
pub(super) mod changed {
    use super::*;

    /// A supplier's item entered the catalogue.
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "storefront/item.imported", version = "2026-11-21.1")]
    pub(in crate::cli::tests) struct ItemImported {
        /// The supplier's key.
        #[event(id)]
        item_id: String,
        /// How many are in stock.
        amount: u32,
    }
}
