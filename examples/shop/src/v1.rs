//! The events of September.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A supplier's item entered the catalogue.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", version = "2026-09-01.1")]
pub struct ItemImported {
    /// The supplier's key of the item.
    #[event(id)]
    pub item_id: String,
    /// Our key of the item.
    pub sku: String,
    /// How many are in stock.
    pub quantity: u32,
}

/// The price of an item changed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "storefront/price.changed",
    id = "price-changed-{revision}/{sku}",
    version = "2026-09-01.1"
)]
pub struct PriceChanged {
    /// Our key of the item.
    pub sku: String,
    /// How often the price has changed.
    pub revision: u32,
    /// The new price in cents.
    pub cents: u32,
}

/// Someone opened an account.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/customer.registered", version = "2026-09-01.1")]
pub struct CustomerRegistered {
    /// The customer's number.
    #[event(id)]
    pub customer_id: u32,
    /// Where to write to.
    pub email: String,
}

/// A customer paid for a cart.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/cart.checkout.completed", version = "2026-09-01.1")]
pub struct CheckoutCompleted {
    /// Which cart.
    #[event(id)]
    pub cart_id: String,
    /// What was in it.
    pub lines: Vec<Line>,
    /// A coupon, where one was used.
    pub coupon: Option<String>,
}

/// An item in a cart.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Our key of the item.
    pub sku: String,
    /// How many.
    pub quantity: u32,
}

/// The payment of an order arrived.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/order.paid", version = "2026-09-01.1")]
pub struct OrderPaid {
    /// The number of the order.
    #[event(id)]
    pub order_id: u32,
    /// How it was paid.
    pub method: Method,
    /// What was paid, in cents.
    pub cents: u32,
}

/// How an order is paid.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By credit card.
    Card,
    /// By bank transfer.
    Transfer,
}

/// A parcel left the warehouse.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "storefront/order.shipped",
    id = "order-shipped-{order_id}-{parcel}",
    version = "2026-09-01.1"
)]
pub struct OrderShipped {
    /// The number of the order.
    pub order_id: u32,
    /// Which of its parcels.
    pub parcel: u16,
    /// The carrier's number, as printed.
    pub tracking: String,
}

/// Money went back to the customer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/order.refunded", version = "2026-09-01.1")]
pub struct OrderRefunded {
    /// The number of the refund.
    #[event(id)]
    pub refund_id: u32,
    /// The number of the order.
    pub order_id: u32,
    /// What went back, in cents.
    pub cents: u32,
    /// What the customer wrote.
    pub reason: String,
}

/// A customer wrote what an item is like.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/review.posted", version = "2026-09-01.1")]
pub struct ReviewPosted {
    /// The number of the review.
    #[event(id)]
    pub review_id: u32,
    /// Our key of the item.
    pub sku: String,
    /// From 1 to 5.
    #[schemars(range(min = 1, max = 5))]
    pub stars: u8,
}
