//! Several versions of one event that use the same definition names.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

use super::Odd;

mod unversioned {
    use super::{Event, JsonSchema, Serialize};

    /// The event before it had versions.
    #[derive(Default, Serialize, JsonSchema, Event)]
    #[event(name = "odd/order.placed", id = "order-placed-{id}")]
    pub(super) struct OrderPlaced {
        pub(super) id: u32,
    }
}

mod first {
    use super::{Customer, Event, JsonSchema, List, Serialize};

    /// An order was placed.
    #[derive(Default, Serialize, JsonSchema, Event)]
    #[event(
        name = "odd/order.placed",
        id = "order-placed-{id}",
        version = "2026-11-21.9"
    )]
    pub(super) struct OrderPlaced {
        pub(super) id: u32,
        pub(super) address: Address,
        pub(super) customer: Customer,
        pub(super) items: List,
    }

    /// The address in the first version.
    #[derive(Default, Serialize, JsonSchema)]
    pub(super) struct Address {
        pub(super) street: String,
    }
}

mod second {
    use super::{Customer, Event, JsonSchema, Serialize};

    /// An order was placed.
    #[derive(Default, Serialize, JsonSchema, Event)]
    #[event(
        name = "odd/order.placed",
        id = "order-placed-{id}",
        version = "2026-11-21.10"
    )]
    pub(super) struct OrderPlaced {
        pub(super) id: u32,
        pub(super) address: Option<Address>,
        pub(super) customer: Customer,
        pub(super) items: List,
    }

    /// The address in the second version.
    #[derive(Default, Serialize, JsonSchema)]
    pub(super) struct Address {
        pub(super) street: String,
        pub(super) zip: String,
    }

    /// The schema is equal in both versions, but refers to different items.
    #[derive(Default, Serialize, JsonSchema)]
    pub(super) struct List {
        pub(super) items: Vec<Item>,
    }

    #[derive(Default, Serialize, JsonSchema)]
    pub(super) struct Item {
        pub(super) sku: String,
        pub(super) count: u32,
    }
}

/// The schema is equal in both versions.
#[derive(Default, Serialize, JsonSchema)]
struct Customer {
    name: String,
}

/// The schema is equal in both versions, but refers to different items.
#[derive(Default, Serialize, JsonSchema)]
struct List {
    items: Vec<Item>,
}

#[derive(Default, Serialize, JsonSchema)]
struct Item {
    sku: String,
}

pub(crate) fn add(odd: &mut Odd) {
    odd.add([unversioned::OrderPlaced { id: 1 }]);
    odd.add([first::OrderPlaced {
        id: 1,
        items: List {
            items: vec![Item::default()],
        },
        ..Default::default()
    }]);
    odd.add([second::OrderPlaced {
        id: 1,
        items: second::List {
            items: vec![second::Item::default()],
        },
        address: Some(second::Address::default()),
        ..Default::default()
    }]);
}
