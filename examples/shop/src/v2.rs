//! Defines the current events.

use std::collections::BTreeMap;

use inngest_core::Event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A supplier's item entered the catalogue.
// New: the supplier.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", version = "2026-11-21.1")]
pub struct ItemImported {
    /// The supplier's item number.
    #[event(id)]
    pub item_id: String,
    /// Our item number.
    pub sku: String,
    /// The quantity in stock; `null` if the supplier does not report it.
    pub quantity: Option<u32>,
    /// The supplier of the item.
    pub supplier: Supplier,
}

/// A supplier.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Supplier {
    /// The supplier's name.
    pub name: String,
    /// The country as a two-letter ISO 3166 code.
    pub country: String,
}

/// The price of an item changed.
// New: prices in several currencies.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "storefront/price.changed",
    id = "price-changed-{revision}/{sku}",
    version = "2026-11-21.1"
)]
pub struct PriceChanged {
    /// Our item number.
    pub sku: String,
    /// How often the price has changed.
    pub revision: u32,
    /// The new price in the smallest unit of each currency, by three-letter ISO 4217 code.
    pub prices: BTreeMap<String, u32>,
}

/// Someone opened an account.
// New: customer numbers exceed 32 bits, so they are sent as text.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/customer.registered", version = "2026-11-21.1")]
pub struct CustomerRegistered {
    /// The customer's number.
    #[event(id)]
    #[serde(with = "inngest_core::AsString")]
    pub customer_id: u64,
    /// The customer's email address.
    pub email: String,
    /// The customer who referred this one.
    #[serde(with = "inngest_core::OptionAsString")]
    pub invited_by: Option<u64>,
}

/// A customer paid for a cart.
// New: prices of lines, and totals.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/cart.checkout.completed", version = "2026-11-21.1")]
pub struct CheckoutCompleted {
    /// The cart's id.
    #[event(id)]
    pub cart_id: String,
    /// The items in the cart.
    pub lines: Vec<Line>,
    /// The coupon, if one was used.
    pub coupon: Option<String>,
    /// The totals.
    #[serde(flatten)]
    pub totals: Totals,
}

/// An item in a cart.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Our item number.
    pub sku: String,
    /// The quantity.
    pub quantity: u32,
    /// The price of one, in cents.
    pub cents: u32,
}

/// The totals of a cart.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// The sum of all lines in cents.
    pub total_cents: u32,
    /// The included taxes in cents, by tax name.
    pub taxes: BTreeMap<String, u32>,
}

/// The payment of an order arrived.
// New: details of each payment method.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/order.paid", version = "2026-11-21.1")]
pub struct OrderPaid {
    /// The number of the order.
    #[event(id)]
    pub order_id: u32,
    /// The payment method.
    pub method: Method,
    /// The paid amount in cents.
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
    /// By one of our gift cards.
    GiftCard,
}

/// A parcel left the warehouse.
// New: the contents of the parcel.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "storefront/order.shipped",
    id = "order-shipped-{order_id}-{parcel}",
    version = "2026-11-21.1"
)]
pub struct OrderShipped {
    /// The number of the order.
    pub order_id: u32,
    /// The number of the parcel within the order.
    pub parcel: u16,
    /// The carrier's tracking number.
    pub tracking: String,
    /// Width, height and depth in millimetres.
    pub size: (u16, u16, u16),
}

/// The customer got a refund.
// New: the reason is optional.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/order.refunded", version = "2026-11-21.1")]
pub struct OrderRefunded {
    /// The number of the refund.
    #[event(id)]
    pub refund_id: u32,
    /// The number of the order.
    pub order_id: u32,
    /// The refunded amount in cents.
    pub cents: u32,
    /// The customer's reason, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub reason: Option<String>,
}

/// A customer reviewed an item.
// New: answers to reviews.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/review.posted", version = "2026-11-21.1")]
pub struct ReviewPosted {
    /// The number of the review.
    #[event(id)]
    pub review_id: u32,
    /// Our item number.
    pub sku: String,
    /// From 1 to 5.
    #[schemars(range(min = 1, max = 5))]
    pub stars: u8,
    /// The text of the review and its answers.
    pub comment: Option<Comment>,
}

/// A text and its answers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Comment {
    /// The author.
    pub author: String,
    /// The text.
    pub text: String,
    /// The answers.
    pub answers: Vec<Comment>,
}
