//! Common edits of a struct, and how each is reported.

#![expect(dead_code, reason = "only the schemas of the types are used")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use inngest_core::Event;
use inngest_registry::compat::{Strictness, Verdict, compare};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Serialize, JsonSchema)]
struct Line {
    sku: String,
    quantity: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    gift_note: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Paid,
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Payment {
    Card { last4: String },
    Cash,
}

#[derive(Serialize, JsonSchema)]
enum Shipping {
    None,
    Parcel { weight: f64 },
}

#[derive(Serialize, JsonSchema)]
struct Category {
    name: String,
    children: Vec<Category>,
}

/// An order was paid.
#[derive(Serialize, JsonSchema, Event)]
#[event(
    name = "shop/order.paid",
    id = "order-paid-{order_id}",
    version = "2026-11-21.1"
)]
struct OrderPaid {
    order_id: String,
    lines: Vec<Line>,
    status: Status,
    payment: Payment,
    shipping: Shipping,
    category: Category,
    prices: BTreeMap<String, u32>,
    range: (u8, u8),
    #[serde(skip_serializing_if = "Option::is_none")]
    coupon: Option<String>,
    customer: Option<u64>,
}

/// The next version of the same types, edited.
mod edited {
    use super::*;

    /// A line of an order.
    #[derive(Serialize, JsonSchema)]
    struct Line {
        sku: String,
        quantity: i64,
        gift_note: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        color: Option<String>,
    }

    #[derive(Serialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Status {
        Paid,
        Refunded,
    }

    #[derive(Serialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum Payment {
        Card { last4: String, network: String },
        Voucher { code: String },
    }

    #[derive(Serialize, JsonSchema)]
    enum Shipping {
        None,
        Parcel { weight: String },
        Pickup(String),
    }

    #[derive(Serialize, JsonSchema)]
    struct Category {
        name: Option<String>,
        children: Vec<Category>,
    }

    #[derive(Serialize, JsonSchema, Event)]
    #[event(
        name = "shop/order.paid",
        id = "order-paid-{order_id}",
        version = "2026-11-22.1"
    )]
    pub(super) struct OrderPaid {
        order_id: String,
        lines: Vec<Line>,
        status: Status,
        payment: Payment,
        shipping: Shipping,
        category: Category,
        prices: BTreeMap<String, f64>,
        range: (u8, u8, bool),
        customer: Option<u64>,
        currency: String,
        referrer: Option<String>,
    }
}

/// One line for each change, followed by its fix.
fn report(old: &Value, new: &Value, strictness: Strictness) -> String {
    let compared = compare(old, new, strictness);
    let mut report = format!(
        "backward {:?}, forward {:?}\n",
        compared.backward, compared.forward
    );
    for change in compared.changes {
        let breaks = match (change.backward, change.forward) {
            (Verdict::Compatible, Verdict::Compatible) => "",
            (Verdict::Breaking, Verdict::Compatible) => " [breaks backward]",
            (Verdict::Compatible, Verdict::Breaking) => " [breaks forward]",
            (Verdict::Breaking, Verdict::Breaking) => " [breaks both ways]",
            _ => " [unknown]",
        };
        writeln!(report, "`{}`: {}{breaks}", change.path, change.what).unwrap();
        if let Some(fix) = change.fix {
            writeln!(report, "    {fix}").unwrap();
        }
    }
    report
}

#[test]
fn every_edit_is_described() {
    let old = OrderPaid::schema().to_value();
    let new = edited::OrderPaid::schema().to_value();
    insta::assert_snapshot!(report(&old, &new, Strictness::Standard));
}

#[test]
fn strict_mode_reports_more() {
    let old = OrderPaid::schema().to_value();
    let mut new = old.clone();
    new["$defs"]["Line"]["properties"]["color"] = json!({ "type": "string" });
    insta::assert_snapshot!(report(&old, &new, Strictness::Standard), @r"
    backward Compatible, forward Compatible
    `data.lines[].color`: was added, optional
    ");
    insta::assert_snapshot!(report(&old, &new, Strictness::Strict), @r"
    backward Breaking, forward Compatible
    `data.lines[].color`: was added, optional [breaks backward]
        let the old schema refuse unknown properties, or give the event a new version
    ");
}

#[test]
fn envelope_changes_are_described() {
    let old = OrderPaid::schema().to_value();

    let mut new = old.clone();
    new["properties"]["v"]["const"] = json!("2026-11-22.1");
    assert_eq!(
        report(&old, &new, Strictness::Standard),
        "backward Compatible, forward Compatible\n"
    );

    let mut new = old.clone();
    new["properties"]["name"]["const"] = json!("shop/order.settled");
    new["properties"]["id"]["pattern"] = json!("^order-settled-[^\\n]+$");
    insta::assert_snapshot!(report(&old, &new, Strictness::Standard), @r"
    backward Breaking, forward Breaking
    `id`: the pattern was `^order-paid-[\s\S]+$` and is now `^order-settled-[^\n]+$` [breaks both ways]
        keep the id template, or give the event a new version
    `name`: was `shop/order.paid` and is now `shop/order.settled` [breaks both ways]
        keep the name; an event of another name is another event
    ");
}

/// `payload.session("cart", 7)` and `payload.user(…)` could be sent before the type declared them,
/// which no schema shows.
#[test]
fn added_session_and_user() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "shop/cart.cleared")]
    struct CartCleared {
        items: u32,
    }

    mod added {
        use super::*;

        #[derive(Serialize, JsonSchema)]
        struct User {
            external_id: String,
        }

        #[derive(Serialize, JsonSchema, Event)]
        #[event(name = "shop/cart.cleared")]
        pub(super) struct CartCleared {
            items: u32,
            #[event(session)]
            #[serde(skip)]
            cart: Option<String>,
            #[event(user)]
            #[serde(skip)]
            user: Option<User>,
        }
    }

    let old = CartCleared::schema().to_value();
    let new = added::CartCleared::schema().to_value();
    insta::assert_snapshot!(report(&old, &new, Strictness::Standard), @r"
    backward Breaking, forward Compatible
    `meta.sessions.cart`: was added, optional [breaks backward]
        give the event a new version, because events that were sent before may have any value here
    `user`: its documentation changed
    `user.external_id`: was added, required [breaks backward]
        give the event a new version, because events that were sent before may have any value here
    ");

    // A declared user has a schema with its attributes.
    let mut more = new.clone();
    more["$defs"]["User"]["properties"]["email"] = json!({ "type": "string" });
    more["$defs"]["User"]["required"] = json!(["external_id", "email"]);
    insta::assert_snapshot!(report(&new, &more, Strictness::Standard), @r#"
    backward Breaking, forward Compatible
    `user.email`: was added, required [breaks backward]
        make it optional: an `Option` with `#[serde(skip_serializing_if = "Option::is_none")]`, or give the event a new version
    "#);
}

#[test]
fn data_without_fields_is_a_struct() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "shop/cart.cleared")]
    struct CartCleared {}

    let old = CartCleared::schema().to_value();
    let mut new = old.clone();
    new["properties"]["data"]["properties"]["reason"] = json!({ "type": "string" });
    let compared = compare(&old, &new, Strictness::Standard);
    assert_eq!(compared.backward, Verdict::Compatible);
    assert_eq!(compared.forward, Verdict::Compatible);
}

#[test]
fn odd_schemas_neither_panic_nor_hang() {
    let mut deep = json!({ "type": "integer" });
    for _ in 0..2_000 {
        deep = json!({ "type": "array", "items": deep });
    }
    let wide: Vec<_> = (0..60)
        .map(|i| json!({ "type": "object", "properties": { "a": { "minimum": i } } }))
        .collect();
    // Each union doubles the number of cases.
    let doubling: Vec<_> = (0..24)
        .map(|i| {
            let required = |name: &str| json!({ "required": [format!("{name}{i}")] });
            json!({ "anyOf": [required("a"), required("b")] })
        })
        .collect();
    let cyclic = json!({
        "anyOf": [{ "$ref": "#" }, { "allOf": [{ "$ref": "#" }, { "not": { "$ref": "#" } }] }],
        "if": { "$ref": "#" },
        "then": { "oneOf": [{ "$ref": "#" }, { "type": "null" }] },
    });
    let schemas = [
        deep,
        json!({ "anyOf": wide }),
        json!({ "type": "object", "allOf": doubling }),
        cyclic,
        json!(3),
        json!({ "type": 3, "properties": [], "required": {}, "items": null, "enum": "a" }),
        json!({ "minimum": 1e300, "maximum": "x", "multipleOf": 0, "pattern": "(", "$ref": "#/%" }),
        json!({ "patternProperties": { "(": { "type": "null" } }, "additionalProperties": false }),
        OrderPaid::schema().to_value(),
    ];
    for old in &schemas {
        for new in &schemas {
            let there = compare(old, new, Strictness::Standard);
            let same = std::ptr::eq(old, new);
            assert!(!same || there.backward != Verdict::Breaking, "{there:#?}");
        }
    }
}
