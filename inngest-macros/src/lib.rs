//! The derives of `inngest-core`. Depend on that crate, which re-exports them.
//!
//! The derives run in stages, with one file for each:
//!
//! | stage | what it does |
//! |---|---|
//! | `input` | parses the struct |
//! | `attr` | reads `#[event(…)]`; `rule` lists the rules that `allow(…)` lifts |
//! | `serde_attr` | reads the relevant parts of `#[serde(…)]` and `#[schemars(…)]` |
//! | `ast` | represents the struct as its author wrote it |
//! | `valid` | checks the rules, with `data` and `id_type` |
//! | `expand` | generates the code |
//! | `fallback` | generates code for an invalid struct, so that no follow-up errors appear |
//! | `ctxt` | collects the errors of all stages |

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
mod expand;
mod fallback;
mod id_part;
mod id_type;
mod input;
mod rule;
mod serde_attr;
mod valid;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use crate::input::Input;

#[doc = include_str!("event.md")]
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    let Input(input) = parse_macro_input!(input as Input);
    derive::event(&input).into()
}

/// Implements `IdPart`, so that a type can be part of a deduplication id.
///
/// Derive it for newtypes of an `IdPart` type, which print the inner value, and for enums of unit
/// variants, which print the variant in `snake_case`. `#[id_part(crate = ::path)]` sets the path of
/// `inngest-core` if the dependency is renamed.
#[proc_macro_derive(IdPart, attributes(id_part))]
pub fn derive_id_part(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    id_part::derive(&input).into()
}
