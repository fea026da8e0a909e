//! What other tools read, made from a [`Catalogue`]. An exporter is one file; its name in the list
//! below is all else that it needs.

use crate::catalogue::Catalogue;

/// Makes what one other tool reads.
pub trait Exporter: Sync {
    /// The subcommand, such as `typescript`.
    fn name(&self) -> &'static str;

    /// What it makes, in one line for `--help`.
    fn about(&self) -> &'static str;

    /// The name of the file when it is written to a folder.
    fn file_name(&self) -> &'static str;

    /// The file's text.
    ///
    /// # Errors
    ///
    /// An event type that the other tool cannot express.
    fn export(&self, catalogue: &Catalogue) -> Result<String, ExportError>;
}

/// An event type that cannot be expressed for another tool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{event}`: {problem}")]
#[non_exhaustive]
pub struct ExportError {
    /// The event name.
    pub event: String,
    /// What cannot be expressed, and what to do about it.
    pub problem: String,
}

macro_rules! exporters {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*

        /// All exporters, in order of their names.
        #[must_use]
        pub fn all() -> &'static [&'static dyn Exporter] {
            &[$(&$module::EXPORTER),*]
        }
    };
}

exporters! {}
