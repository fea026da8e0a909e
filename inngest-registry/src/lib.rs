#![doc = include_str!("../README.md")]
// Bad input is an error and never a panic.
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

mod catalogue;
pub mod check;
#[cfg(feature = "cli")]
mod cli;
pub mod compat;
pub mod diff;
#[cfg(feature = "drift")]
pub mod drift;
mod effect;
mod error;
pub mod export;
pub mod exporters;
mod fields;
mod files;
mod github;
#[cfg(feature = "http")]
mod http;
mod json;
mod layout;
pub mod lint;
#[cfg(feature = "http")]
mod message;
mod mode;
mod named;
mod paint;
mod portable;
#[cfg(feature = "http")]
pub mod push;
mod reference;
pub mod samples;
pub mod scaffold;
mod settings;
mod version;
mod walk;

use std::path::Path;

pub use inngest_core::registry::Registry;

pub use crate::catalogue::{Catalogue, EventType};
#[cfg(feature = "cli")]
pub use crate::cli::{Cli, main};
pub use crate::error::Error;
use crate::error::Problem;
pub use crate::files::read_schema;
pub use crate::mode::Mode;
pub use crate::settings::Settings;

/// Checks that the exported files are up to date. One line makes a test:
///
/// ```no_run
/// # fn schemas_are_up_to_date() {
/// inngest_registry::check("schemas").unwrap();
/// # }
/// ```
///
/// Checks all types that are linked into the program, with the settings of the folder. In a test, a
/// relative path starts at the package's folder.
///
/// # Errors
///
/// The files are not up to date, or [`Check::run`](check::Check::run) failed. `unwrap` prints the
/// report as the command `check` does.
pub fn check(dir: impl AsRef<Path>) -> Result<(), Error> {
    check_registry(&Registry::collect(), dir)
}

/// Like [`check`](fn@check), for types that you list yourself, such as generic ones.
///
/// # Errors
///
/// See [`check`](fn@check).
pub fn check_registry(registry: &Registry, dir: impl AsRef<Path>) -> Result<(), Error> {
    let settings = Settings::of_folder(&dir)?;
    let report = check::Check::new(settings)
        .readers(registry)
        .run(&Catalogue::of(registry), dir)?;
    match report.outcome() {
        check::CheckOutcome::Same => Ok(()),
        check::CheckOutcome::Different | check::CheckOutcome::Unknown => {
            Err(Problem::Check(report.to_string()).into())
        }
    }
}
