//! A crate that depends on `inngest-core` by the name `events`.

use events::{Event, IdPart};
use schemars::JsonSchema;
use serde::Serialize;

/// The number of an order.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, IdPart)]
#[id_part(crate = ::events)]
pub struct OrderId(pub String);

/// An order was paid.
#[derive(Serialize, JsonSchema, Event)]
#[event(crate = ::events, name = "shop/order.paid", id = "order-paid-{order}")]
pub struct OrderPaid {
    /// Which order.
    pub order: OrderId,
}

#[test]
fn an_event_of_a_renamed_dependency_has_its_id() {
    let paid = OrderPaid {
        order: OrderId("7".into()),
    };
    assert_eq!(paid.dedup_id().unwrap().unwrap(), "order-paid-7");
}
