//! Defines the event that every client sends: about 215 bytes of JSON.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A customer paid for a cart.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "storefront/cart.checkout.completed",
    id = "cart-checkout-completed-{cart_id}"
)]
pub struct CheckoutCompleted {
    /// The cart.
    pub cart_id: String,
    /// The items in the cart.
    pub item_ids: Vec<String>,
    /// Who paid.
    pub account: Account,
}

/// The account of a customer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// The number of the account.
    pub id: String,
    /// The email address of the account.
    pub email: String,
}

/// Event number `n` of a run.
#[must_use]
pub fn checkout(run: u32, n: usize) -> CheckoutCompleted {
    CheckoutCompleted {
        cart_id: format!("c{run:06}{n:07}"),
        item_ids: vec!["9f08sdh84".into(), "2k19dkw03".into(), "7c53pqm11".into()],
        account: Account {
            id: "a-7".into(),
            email: "ada@example.com".into(),
        },
    }
}

/// The same event as a hand-written struct, without any checks.
#[derive(Debug, Serialize)]
pub struct Plain<'a> {
    /// The event name.
    pub name: &'a str,
    /// The deduplication id.
    pub id: &'a str,
    /// When the event occurred, in milliseconds since the Unix epoch.
    pub ts: i64,
    /// The event's data.
    pub data: &'a CheckoutCompleted,
}

/// Encodes an event as a program without this library would.
///
/// # Panics
///
/// Never: this event always serializes.
pub fn write_plain(out: &mut Vec<u8>, id: &mut String, event: &CheckoutCompleted, ts: i64) {
    use std::fmt::Write as _;

    id.clear();
    write!(id, "cart-checkout-completed-{}", event.cart_id)
        .expect("writing to a `String` cannot fail");
    let plain = Plain {
        name: CheckoutCompleted::NAME,
        id,
        ts,
        data: event,
    };
    serde_json::to_writer(out, &plain).expect("writing to a `Vec` cannot fail");
}

/// The current time in milliseconds since the Unix epoch.
#[must_use]
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
