//! The rules for Inngest event names, event versions and deduplication id templates.
//!
//! This crate knows text and nothing else: it parses, checks, and says at which byte a mistake
//! begins. `inngest-macros` calls it when a program is compiled, `inngest-core` when one runs, so
//! the two cannot disagree. It has no dependencies.
//!
//! | module | the rule it holds |
//! |---|---|
//! | [`limits`] | how long, how many and how large things may be |
//! | [`name`] | what an event may be called, and the slugs made of a name |
//! | [`version`] | what the version of an event's shape looks like |
//! | [`template`] | how a deduplication id is put together from text and fields |
//! | [`scope`] | when a template keeps clear of other event types |
//! | [`pieces`] | the pieces of a template in constants |
//! | [`proof`] | when two different values can never print the same id |
//! | [`overlap`] | whether templates of two event types could print the same id |
//! | [`suggest`] | which of the known words was meant |
//!
//! Depend on `inngest-core`, not on this crate.

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

pub mod limits;
pub mod name;
pub mod overlap;
pub mod pieces;
pub mod proof;
pub mod scope;
pub mod suggest;
pub mod template;
pub mod version;
