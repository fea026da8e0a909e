//! The derives of `inngest-core` and `inngest-receive`. Depend on these crates, which re-export them.

// The derives run in stages, with one file for each:
//
// | stage | what it does |
// |---|---|
// | `input` | parses the struct |
// | `attr` | reads `#[event(…)]`, with `tokens`; `rule` lists the rules that `allow(…)` disables |
// | `serde_attr` | reads the relevant parts of `#[serde(…)]` and `#[schemars(…)]` |
// | `ast` | represents the struct as its author wrote it |
// | `valid` | checks the rules, with `data` and `id_type` |
// | `expand` | generates the code |
// | `fallback` | generates code for an invalid struct, so that no follow-up errors appear |
// | `ctxt` | collects the errors of all stages |
//
// `events` has its own stages, in files of the same names. `trigger` is not part of a derive.

// Bad input returns an error and never panics. A library prints nothing.
#![cfg_attr(
    not(test),
    warn(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::print_stderr,
        clippy::print_stdout,
        clippy::unwrap_used
    )
)]

mod ast;
mod attr;
mod ctxt;
mod data;
mod derive;
mod events;
mod expand;
mod fallback;
mod id_part;
mod id_type;
mod input;
mod rule;
mod serde_attr;
mod session_field;
mod tokens;
mod trigger;
mod valid;
mod value_shape;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use crate::input::Input;

#[doc = include_str!("event.md")]
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    let Input(input) = parse_macro_input!(input as Input);
    derive::event(&input).into()
}

#[doc = include_str!("events.md")]
#[proc_macro_derive(Events, attributes(events))]
pub fn derive_events(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    events::derive(&input).into()
}

/// Implements the trait `IdPart`, so that a type can be part of a deduplication id.
///
/// Derive it for newtypes, which print their inner `IdPart` value, and for unit-only enums, which print
/// the variant's name in `snake_case`, regardless of serde attributes:
///
/// ```
/// use inngest_core::{Event, IdPart};
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, IdPart)]
/// struct OrderId(u64);
///
/// #[derive(Serialize, JsonSchema, IdPart)]
/// enum Channel {
///     Web,
///     PointOfSale,
/// }
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "shop/order.placed", id = "order-placed-{channel}-{order_id}")]
/// struct OrderPlaced {
///     order_id: OrderId,
///     channel: Channel,
/// }
///
/// let placed = OrderPlaced { order_id: OrderId(7), channel: Channel::PointOfSale };
/// assert_eq!(placed.dedup_id()?.as_deref(), Some("order-placed-point_of_sale-7"));
/// # Ok::<(), inngest_core::PayloadError>(())
/// ```
///
/// `#[id_part(crate = ::path)]` sets the path of `inngest-core` if the dependency is renamed.
#[proc_macro_derive(IdPart, attributes(id_part))]
pub fn derive_id_part(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    id_part::derive(&input).into()
}

/// Implements the trait `SessionField`, so that a type can be the value of a session.
///
/// Derive it for newtypes, which use their inner `SessionField` value, and for unit-only enums, which
/// use the variant's name in `snake_case` as text, regardless of serde attributes:
///
/// ```
/// use inngest_core::{Event, SessionField};
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, SessionField)]
/// struct VisitId(u64);
///
/// #[derive(Serialize, JsonSchema, SessionField)]
/// enum Channel {
///     Web,
///     PointOfSale,
/// }
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "shop/cart.opened")]
/// struct CartOpened {
///     #[event(session)]
///     visit: VisitId,
///     #[event(session)]
///     channel: Channel,
/// }
///
/// let mut batch = inngest_core::Batch::new();
/// batch.push(CartOpened { visit: VisitId(7), channel: Channel::PointOfSale })?;
/// let event = batch.events().next().unwrap();
/// assert!(event.contains(r#""sessions":{"visit":7,"channel":"point_of_sale"}"#));
/// # Ok::<(), inngest_core::PayloadError>(())
/// ```
///
/// To use a newtype of an `Option` with `clear_if_none`, also write
/// `impl OptionalSessionField for VisitId {}`.
///
/// `#[session_field(crate = ::path)]` sets the path of `inngest-core` if the dependency is renamed.
#[proc_macro_derive(SessionField, attributes(session_field))]
pub fn derive_session_field(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    session_field::derive(&input).into()
}

/// One trigger of `triggers!`. Not public API.
#[doc(hidden)]
#[proc_macro]
pub fn __trigger(input: TokenStream) -> TokenStream {
    trigger::check(input.into()).into()
}
