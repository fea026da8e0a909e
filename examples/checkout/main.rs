//! Sends three event types in one batch: a checkout, the coupon used in it, and a customer who
//! joined the loyalty program.
//!
//! Run with `cargo run --example checkout`.

use std::time::{Duration, SystemTime};

use examples::Target;
use inngest_core::{Batch, Event};
use schemars::JsonSchema;
use serde::Serialize;

/// A customer paid for a cart.
#[derive(Serialize, JsonSchema, Event)]
#[event(
    name = "storefront/cart.checkout.completed",
    id = "cart-checkout-completed-{cart_id}",
    version = "2026-11-21.1"
)]
#[serde(rename_all = "camelCase")]
struct CartCheckoutCompleted {
    cart_id: String,
    item_ids: Vec<String>,
    account: Account,
}

/// The account that paid.
#[derive(Serialize, JsonSchema)]
struct Account {
    id: u32,
    email: String,
}

/// A coupon lowered the price of a cart. A cart takes one coupon.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/coupon.used")]
#[serde(rename_all = "camelCase")]
struct CouponUsed {
    #[event(id, session = "cart")]
    cart_id: String,
    code: String,
    discount_cents: u32,
}

/// A customer joined the loyalty program.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/loyalty.program.joined")]
#[serde(rename_all = "camelCase")]
struct LoyaltyProgramJoined {
    #[event(id)]
    account_id: u32,
    tier: Tier,
    #[event(ts)]
    #[serde(skip)]
    joined_at: SystemTime,
    #[event(user)]
    #[serde(skip)]
    customer: Customer,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "this example has no silver customer")]
enum Tier {
    Bronze,
    Silver,
}

/// Attributes of a user, under the names that Inngest knows.
#[derive(Serialize, JsonSchema)]
struct Customer {
    external_id: String,
    email: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let target = Target::from_env()?;
    println!("{}\n", target.describe());

    let checkout = CartCheckoutCompleted {
        cart_id: "ed12c8bde".into(),
        item_ids: vec!["9f08sdh84".into(), "sdf098487".into(), "0fnun498n".into()],
        account: Account {
            id: 123,
            email: "test@example.com".into(),
        },
    };
    let coupon = CouponUsed {
        cart_id: "ed12c8bde".into(),
        code: "WELCOME10".into(),
        discount_cents: 1_000,
    };
    let joined = LoyaltyProgramJoined {
        account_id: 123,
        tier: Tier::Bronze,
        joined_at: SystemTime::now() - Duration::from_mins(1),
        customer: Customer {
            external_id: "123".into(),
            email: "test@example.com".into(),
        },
    };

    let mut batch = Batch::new();
    batch.push(&checkout)?;
    batch.push(&coupon)?;
    batch.push(&joined)?;
    for json in batch.events() {
        println!("{json}");
    }
    println!();

    let plan = target.client.plan(&batch);
    for receipt in target.client.send_batch(batch).await? {
        println!(
            "{}  {}",
            receipt.event_id,
            receipt.dedup_id.as_deref().unwrap_or_default()
        );
    }
    println!("sent in one request: {}", plan.requests.len() == 1);
    if let Some(server) = &target.embedded {
        println!("functions run for {} events", server.runs().len());
    }
    Ok(())
}
