//! A crate that renames its `inngest-core` dependency to `events`.

use events::{Event, IdPart};
use schemars::JsonSchema;
use serde::Serialize;

/// An order number.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, IdPart)]
#[id_part(crate = ::events)]
pub struct OrderId(pub String);

/// An order was paid.
#[derive(Serialize, JsonSchema, Event)]
#[event(crate = ::events, name = "shop/order.paid", id = "order-paid-{order}")]
pub struct OrderPaid {
    /// The paid order.
    pub order: OrderId,
}

#[test]
fn derive_works_with_a_renamed_dependency() {
    let paid = OrderPaid {
        order: OrderId("7".into()),
    };
    assert_eq!(paid.dedup_id().unwrap().unwrap(), "order-paid-7");
}

#[doc(hidden)]
pub mod __private {
    pub use {events, schemars, serde};
}

/// Defines an event, for crates that depend only on this crate.
#[macro_export]
macro_rules! event {
    (
        name = $name:literal, id = $id:literal, $(allow($($rule:ident),*),)?
        struct $type:ident { $($body:tt)* }
    ) => {
        #[derive(
            $crate::__private::serde::Serialize,
            $crate::__private::schemars::JsonSchema,
            $crate::__private::events::Event,
        )]
        #[event(crate = $crate::__private::events, name = $name, id = $id, $(allow($($rule),*))?)]
        struct $type { $($body)* }
    };
}

/// Defines an id part, like [`event!`] defines an event.
#[macro_export]
macro_rules! part {
    ($item:item) => {
        #[derive(
            $crate::__private::serde::Serialize,
            $crate::__private::schemars::JsonSchema,
            $crate::__private::events::IdPart,
        )]
        #[id_part(crate = $crate::__private::events)]
        $item
    };
}

/// Emits an item with attributes from the caller.
#[macro_export]
macro_rules! as_item {
    ([$($derive:tt)*] $item:item) => { $($derive)* $item };
}

/// Emits a struct that is reassembled from fragments.
#[macro_export]
macro_rules! as_fragments {
    (
        [$(#[$derive:meta])*] $(#[$meta:meta])*
        $vis:vis struct $name:ident $(<$lifetime:lifetime, $parameter:ident>)? {
            $($(#[$of_field:meta])* $field_vis:vis $field:ident: $ty:ty),*
        }
    ) => {
        $(#[$derive])*
        $(#[$meta])*
        $vis struct $name $(<$lifetime, $parameter>)? {
            $($(#[$of_field])* $field_vis $field: $ty),*
        }
    };
}
