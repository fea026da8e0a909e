//! Checks that event types have distinct names and ids.

use inngest_core::registry::{ConflictKind, Registry};
use inngest_core::{Event, assert_distinct};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/order.paid", id = "order-paid-{order}")]
struct OrderPaid {
    order: u64,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/order.paid.late", id = "order-paid-late-{order}")]
struct OrderPaidLate {
    order: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/order", id = "order-{order}")]
struct Order {
    order: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/order.paid", version = "2026-11-21.1")]
struct OrderPaidWithVersion {}

mod elsewhere {
    use super::{Event, JsonSchema, Serialize};

    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "shop/order.paid", id = "order-paid-again-{order}")]
    pub(crate) struct OrderPaid {
        order: u64,
    }
}

assert_distinct!(OrderPaid, OrderPaidLate, OrderPaidWithVersion);
assert_distinct!(Order, OrderPaidWithVersion,);

#[test]
fn registry_check_finds_every_conflicting_pair() {
    let registry = Registry::new().with::<OrderPaid>().with::<OrderPaidLate>();
    registry.check().unwrap();

    let registry = registry.with::<Order>().with::<elsewhere::OrderPaid>();
    let conflicts = registry.check().unwrap_err();
    let found: Vec<_> = conflicts
        .iter()
        .map(|c| {
            let name = |path: &'static str| path.split_once("::").unwrap().1;
            (
                name(c.first.rust_type()),
                name(c.second.rust_type()),
                c.kind,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("Order", "OrderPaid", ConflictKind::SameId),
            ("Order", "elsewhere::OrderPaid", ConflictKind::SameId),
            ("Order", "OrderPaidLate", ConflictKind::SameId),
            (
                "OrderPaid",
                "elsewhere::OrderPaid",
                ConflictKind::SameNameAndVersion
            ),
        ]
    );
    insta::assert_snapshot!(conflicts, @r"
    `distinct::Order` and `distinct::OrderPaid` could print the same id, from the templates `order-{order}` and `order-paid-{order}`, and the server would ignore the second event; give one of them another beginning, such as its whole name with `-` for `/` and `.`, or `:` after the slug
    `distinct::Order` and `distinct::elsewhere::OrderPaid` could print the same id, from the templates `order-{order}` and `order-paid-again-{order}`, and the server would ignore the second event; give one of them another beginning, such as its whole name with `-` for `/` and `.`, or `:` after the slug
    `distinct::Order` and `distinct::OrderPaidLate` could print the same id, from the templates `order-{order}` and `order-paid-late-{order}`, and the server would ignore the second event; give one of them another beginning, such as its whole name with `-` for `/` and `.`, or `:` after the slug
    `distinct::OrderPaid` and `distinct::elsewhere::OrderPaid` have the same event name and version, `shop/order.paid`; give one of them another name or version
    ");
}

#[test]
fn collected_registry_checks_all_types() {
    let conflicts = Registry::collect().check().unwrap_err();
    assert_eq!(conflicts.iter().count(), 4);
}
