//! Defines `assert_distinct!`, which compares event types at compile time.

/// Fails to compile if two of the event types have the same name and version, or id templates that
/// could print the same id.
///
/// Deduplication ids are global: the server ignores an event if any event had the same id within
/// the last 24 hours, whatever its type. Only versions of one event may share a template, because they
/// describe the same occurrence. The types may come from several crates.
/// [`Registry::check`](crate::registry::Registry::check) does the same at run time.
///
/// ```
/// use inngest_core::{Event, assert_distinct};
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "shop/order.paid", id = "order-paid-{order_id}")]
/// struct OrderPaid {
///     order_id: u64,
/// }
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "shop/order.paid.late", id = "order-paid-late-{order_id}")]
/// struct OrderPaidLate {
///     order_id: u64,
/// }
///
/// assert_distinct!(OrderPaid, OrderPaidLate);
/// ```
#[macro_export]
macro_rules! assert_distinct {
    ($first:ty, $($other:ty),+ $(,)?) => {
        const _: () = $crate::derive_support::assert_distinct(&[
            (::core::stringify!($first), $crate::derive_support::event_type::<$first>()),
            $((::core::stringify!($other), $crate::derive_support::event_type::<$other>()),)+
        ]);
    };
    ($($one:ty)? $(,)?) => {
        ::core::compile_error!(
            "`assert_distinct!` compares event types with one another; give it at least two"
        );
    };
    ($($any:tt)*) => {
        ::core::compile_error!(
            "`assert_distinct!` takes event types; write `assert_distinct!(OrderPaid, OrderShipped)`"
        );
    };
}
