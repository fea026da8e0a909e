//! The current events.

use std::collections::BTreeMap;

use inngest_core::Event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A supplier's item entered the catalogue.
// Changed: names the supplier.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", version = "2026-11-21.1")]
pub struct ItemImported {
    /// The supplier's key of the item.
    #[event(id)]
    pub item_id: String,
    /// Our key of the item.
    pub sku: String,
    /// How many are in stock; `null` if the supplier does not say.
    pub quantity: Option<u32>,
    /// Who supplies it.
    pub supplier: Supplier,
}

/// Who supplies items.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Supplier {
    /// The supplier's name.
    pub name: String,
    /// The country, as two letters of ISO 3166.
    pub country: String,
}

/// The price of an item changed.
// Changed: has prices in several currencies.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "storefront/price.changed",
    id = "price-changed-{revision}/{sku}",
    version = "2026-11-21.1"
)]
pub struct PriceChanged {
    /// Our key of the item.
    pub sku: String,
    /// How often the price has changed.
    pub revision: u32,
    /// The new price in the smallest unit of each currency, by the three letters of ISO 4217.
    pub prices: BTreeMap<String, u32>,
}

/// Someone opened an account.
// Changed: customer numbers no longer fit into 32 bits and are sent as text.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/customer.registered", version = "2026-11-21.1")]
pub struct CustomerRegistered {
    /// The customer's number.
    #[event(id)]
    #[serde(with = "inngest_core::AsString")]
    pub customer_id: u64,
    /// Where to write to.
    pub email: String,
    /// The customer who told them of the shop.
    #[serde(with = "inngest_core::OptionAsString")]
    pub invited_by: Option<u64>,
}

/// A customer paid for a cart.
// Changed: lines have prices, and the cart has totals.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/cart.checkout.completed", version = "2026-11-21.1")]
pub struct CheckoutCompleted {
    /// Which cart.
    #[event(id)]
    pub cart_id: String,
    /// What was in it.
    pub lines: Vec<Line>,
    /// A coupon, where one was used.
    pub coupon: Option<String>,
    /// What it came to.
    #[serde(flatten)]
    pub totals: Totals,
}

/// An item in a cart.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Our key of the item.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// The price of one, in cents.
    pub cents: u32,
}

/// What a cart comes to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// All lines together, in cents.
    pub total_cents: u32,
    /// The taxes in it, in cents, by their names.
    pub taxes: BTreeMap<String, u32>,
}

/// The payment of an order arrived.
// Changed: each payment method has its own fields.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/order.paid", version = "2026-11-21.1")]
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
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Method {
    /// By credit card.
    Card {
        /// The last four digits.
        last_four: String,
    },
    /// By bank transfer.
    Transfer {
        /// The account that the money came from.
        iban: String,
    },
    /// By a gift card of ours.
    GiftCard,
}

/// A parcel left the warehouse.
// Changed: gives the dimensions of the parcel.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "storefront/order.shipped",
    id = "order-shipped-{order_id}-{parcel}",
    version = "2026-11-21.1"
)]
pub struct OrderShipped {
    /// The number of the order.
    pub order_id: u32,
    /// Which of its parcels.
    pub parcel: u16,
    /// The carrier's number, as printed.
    pub tracking: String,
    /// Width, height and depth in millimetres.
    pub size: (u16, u16, u16),
}

/// Money went back to the customer.
// Changed: the reason is optional.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/order.refunded", version = "2026-11-21.1")]
pub struct OrderRefunded {
    /// The number of the refund.
    #[event(id)]
    pub refund_id: u32,
    /// The number of the order.
    pub order_id: u32,
    /// What went back, in cents.
    pub cents: u32,
    /// What the customer wrote, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub reason: Option<String>,
}

/// A customer wrote what an item is like.
// Changed: reviews have answers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/review.posted", version = "2026-11-21.1")]
pub struct ReviewPosted {
    /// The number of the review.
    #[event(id)]
    pub review_id: u32,
    /// Our key of the item.
    pub sku: String,
    /// From 1 to 5.
    #[schemars(range(min = 1, max = 5))]
    pub stars: u8,
    /// What was written, with the answers to it.
    pub comment: Option<Comment>,
}

/// What someone wrote, with the answers to it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Comment {
    /// Who wrote it.
    pub author: String,
    /// What they wrote.
    pub text: String,
    /// What others wrote about that.
    pub answers: Vec<Comment>,
}
