//! The command `scaffold`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use clap::Args;

use super::{Scaffold, from_sources};
use crate::error::{Error, Problem};
use crate::samples::Query;

const SOURCES: &str = "\
Folders or files with schemas, files with events, `-`, or a server's URL

Schemas: a folder that `export` wrote or that EventCatalog reads, an AsyncAPI document, JSON Schemas.
Events: JSON Lines, an event, an array of events; with `--name`, also data without its event.
Servers: a dev server such as `http://127.0.0.1:8288`, or `https://api.inngest.com/v2/insights` for Inngest
Cloud, with a signing key or an API key in the environment variable `INNGEST_SIGNING_KEY`.";

/// Arguments of `scaffold`.
#[derive(Debug, Args)]
pub(crate) struct ScaffoldArgs {
    /// Folders or files with schemas, files with events, `-`, or a server's URL
    #[arg(required = true, value_name = "SOURCE", long_help = SOURCES)]
    sources: Vec<String>,
    /// Write to this file, which must not exist, instead of standard output
    #[arg(long, value_name = "FILE")]
    into: Option<PathBuf>,
    /// Only events of this name; also the event of documents or schemas that have only data
    #[arg(long)]
    name: Option<String>,
    /// Read at most this many events from each source
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Read only the events that a server received after this time, such as 2026-11-21T00:00:00Z
    #[arg(long, value_name = "TIME")]
    received_after: Option<String>,
}

/// Writes the types and returns what goes to standard output, and the notes.
pub(crate) fn run(args: &ScaffoldArgs) -> Result<(String, Vec<String>), Error> {
    let query = Query {
        name: args.name.clone(),
        limit: args.limit,
        received_after: args.received_after.clone(),
    };
    let Scaffold { code, notes } = from_sources(&args.sources, &query)?;
    let Some(path) = &args.into else {
        return Ok((code, notes));
    };
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(code.as_bytes()));
    match written {
        Ok(()) => Ok((format!("wrote {}\n", path.display()), notes)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Problem::FileExists(path.clone()).into())
        }
        Err(error) => Err(Error::io("write", path, error)),
    }
}
