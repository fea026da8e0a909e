//! The rules for Inngest event names, event versions and deduplication id templates.
//!
//! This crate has no dependencies and works on text alone. `inngest-macros` calls it at compile time
//! and `inngest-core` at run time, so the two cannot disagree.
//!
//! | module | contents |
//! |---|---|
//! | [`limits`] | the limits of the event API |
//! | [`name`] | valid event names, and the slugs derived from them |
//! | [`version`] | valid event versions |
//! | [`template`] | deduplication id templates, made of text and fields |
//! | [`scope`] | whether a template is scoped to its own event type |
//! | [`pieces`] | the pieces of a template, for use in constants |
//! | [`proof`] | the proof that different values never print the same id |
//! | [`overlap`] | whether the templates of two event types could print the same id |
//! | [`suggest`] | "did you mean" suggestions |
//!
//! Depend on `inngest-core`, not on this crate.

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

pub mod limits;
pub mod name;
pub mod overlap;
pub mod pieces;
pub mod proof;
pub mod scope;
pub mod suggest;
pub mod template;
pub mod version;
