//! The command `catalog`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::out;
use crate::catalogue::Catalogue;
use crate::effect::count;
use crate::error::{Error, Problem};
use crate::exporters;
use crate::files;

/// The file name of the page in a folder.
const FILE_NAME: &str = "catalog.html";

/// The examples in the help of the command. A program without types needs a folder.
pub(super) fn examples(with_types: bool) -> &'static str {
    if with_types {
        "\
catalog --out catalog.html                        # one page for everyone who reads the events
catalog --from schemas --out catalog.html         # from an exported folder
catalog --format eventcatalog --out eventcatalog  # for npm `@eventcatalog/core`"
    } else {
        "\
catalog --from schemas --out catalog.html         # one page for everyone who reads the events
catalog --from schemas --format eventcatalog --out eventcatalog"
    }
}

#[derive(Debug, Args)]
pub(super) struct CatalogArgs {
    /// Read the event types from a folder that `export` wrote
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Write to this file or folder instead of standard output
    #[arg(long, value_name = "PATH", required_if_eq("format", "eventcatalog"))]
    out: Option<PathBuf>,
    /// What to write
    #[arg(long, value_enum, default_value_t)]
    format: CatalogFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum CatalogFormat {
    /// One HTML page that needs no other file
    #[default]
    Html,
    /// A folder that npm `@eventcatalog/core` 3 builds
    Eventcatalog,
}

impl CatalogArgs {
    /// Writes the catalog of these types or of a folder, and returns the text to print.
    pub(super) fn run(
        &self,
        types: impl FnOnce() -> Result<Catalogue, Error>,
    ) -> Result<String, Error> {
        let types = match &self.from {
            Some(dir) => Catalogue::read(dir)?,
            None => types()?,
        };
        match (self.format, &self.out) {
            (CatalogFormat::Eventcatalog, Some(dir)) => write_folder(&types, dir),
            (_, out) => out::write(exporters::catalog(&types)?, out.as_deref(), FILE_NAME),
        }
    }
}

fn write_folder(types: &Catalogue, dir: &Path) -> Result<String, Error> {
    let mut texts = exporters::eventcatalog(types)?;
    texts.retain(|path, _| !(exporters::is_config(path) && dir.join(path).exists()));
    for path in texts.keys().filter(|path| path.ends_with("/index.mdx")) {
        check_is_free(&dir.join(path))?;
    }
    let mut written = 0;
    for (path, text) in &texts {
        written += usize::from(files::write_if_changed(&dir.join(path), text)?);
    }
    let unchanged = texts.len() - written;
    Ok(format!(
        "{} written to {}, {unchanged} unchanged\n",
        count(written, "file"),
        dir.display()
    ))
}

/// Checks that the path holds no page that someone else wrote.
fn check_is_free(path: &Path) -> Result<(), Error> {
    match fs::read(path) {
        Ok(text) if !exporters::is_generated(&text) => {
            Err(Problem::HandWritten(path.to_owned()).into())
        }
        // Writing the file reports all other problems.
        _ => Ok(()),
    }
}
