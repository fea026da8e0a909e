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

pub mod catalogue;
pub mod check;
#[cfg(feature = "cli")]
mod cli;
pub mod compat;
pub mod diff;
mod effect;
pub mod export;
pub mod exporters;
mod fields;
pub mod files;
pub mod json;
pub mod lint;
mod mode;
mod paint;
mod portable;
mod reference;
pub mod settings;
mod version;
mod walk;

use std::path::Path;

pub use inngest_core::registry::Registry;

pub use crate::catalogue::{Catalogue, EventType};
pub use crate::check::CheckError;
#[cfg(feature = "cli")]
pub use crate::cli::{Cli, main};
pub use crate::mode::{Mode, UnknownMode};

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
/// [`CheckError::Failed`] with the report, which `unwrap` prints as the command `check` does, and
/// the errors of [`Check::run`](check::Check::run).
pub fn check(dir: impl AsRef<Path>) -> Result<(), CheckError> {
    check_registry(&Registry::collect(), dir)
}

/// Like [`check`](fn@check), for types that you list yourself, such as generic ones.
///
/// # Errors
///
/// Those of [`check`](fn@check).
pub fn check_registry(registry: &Registry, dir: impl AsRef<Path>) -> Result<(), CheckError> {
    let settings = settings::Settings::of_folder(&dir)?;
    let report = check::Check::new(settings).run(&Catalogue::of(registry), dir)?;
    match report.outcome() {
        check::Outcome::Same => Ok(()),
        check::Outcome::Different | check::Outcome::Unknown => Err(CheckError::Failed(report)),
    }
}
