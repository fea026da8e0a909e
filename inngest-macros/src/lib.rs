//! The derives of `inngest-core`. Depend on that crate, which re-exports them.
//!
//! Each derive runs through the same stages, a file each:
//!
//! | stage | what it does |
//! |---|---|
//! | `input` | reads the struct |
//! | `attr` | reads `#[event(…)]`, with the rules that it can lift from `rule` |
//! | `serde_attr` | reads what matters of `#[serde(…)]` and `#[schemars(…)]` |
//! | `ast` | the struct as its author wrote it |
//! | `valid` | rules that need more than one token at once, with `data` and `id_type` |
//! | `expand` | the code |
//! | `fallback` | the code for a struct with mistakes, so that no second error follows |
//! | `ctxt` | gathers the mistakes of all stages |

// Bad input is an error and never a panic, and a library prints nothing.
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

/// Makes a type one that can stand in a deduplication id.
///
/// For newtypes of a type that can, and for enums of unit variants, which print the variant in
/// `snake_case`. `#[id_part(crate = ::path)]` names `inngest-core` where it has another name.
#[proc_macro_derive(IdPart, attributes(id_part))]
pub fn derive_id_part(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    id_part::derive(&input).into()
}
