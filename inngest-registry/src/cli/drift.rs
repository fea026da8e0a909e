//! The command `drift`.

use std::path::PathBuf;

use clap::Args;

use super::format::DriftFormat;
use crate::catalogue::Catalogue;
use crate::drift::{Drift, DriftReport};
use crate::error::Error;
use crate::samples::{self, Query, Source};

#[derive(Debug, Args)]
pub(super) struct DriftArgs {
    /// The folder that `export` wrote [default: the event types of this program]
    pub(super) dir: Option<PathBuf>,
    /// The events: a file with one JSON event per line, `-` for standard input, the URL of a dev server,
    /// or `https://api.inngest.com/v2/insights` for Inngest Cloud
    ///
    /// Inngest Cloud needs a signing key or an API key in the environment variable `INNGEST_SIGNING_KEY`.
    /// `INNGEST_ENV` names the Inngest environment. Insights tells the name, version and data of an event,
    /// so ids are not compared. It is some minutes behind.
    #[arg(long, value_name = "FILE|URL")]
    pub(super) from: String,
    /// Compare only the events of this name
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Compare at most this many events
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<usize>,
    /// Compare only the events that the server received after this time, such as 2026-11-21T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) received_after: Option<String>,
    /// Print example values, which can be personal data
    #[arg(long)]
    pub(super) show_values: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: DriftFormat,
}

/// The examples in the help.
pub(super) const EXAMPLES: &str = "\
drift schemas --from http://127.0.0.1:8288                 # the events that a dev server received
drift schemas --from https://api.inngest.com --limit 5000  # the newest events in Inngest Cloud
drift schemas --from events.jsonl                          # one event per line
drift schemas --from - --format markdown                   # standard input, for a pull request
drift schemas --from events.jsonl --show-values";

/// Compares the events with the types of the folder, or with `types` if there is none. Returns the exit
/// code and the report.
pub(super) fn run(
    args: &DriftArgs,
    types: impl FnOnce() -> Result<Catalogue, Error>,
) -> Result<(u8, DriftReport), Error> {
    let types = match &args.dir {
        Some(dir) => Catalogue::read(dir)?,
        None => types()?,
    };
    let query = Query {
        name: args.name.clone(),
        limit: args.limit,
        received_after: args.received_after.clone(),
    };
    let samples = samples::read(&Source::from(args.from.as_str()), &query)?;
    let types = match types.versions(args.name.as_deref().unwrap_or_default()) {
        // The name is unknown, so keep all types: the report suggests the nearest name.
        [] => types,
        named => named.iter().cloned().collect(),
    };
    let drift = Drift::new().show_values(args.show_values);
    let report = drift.run(&types, samples)?;
    let code = match report.samples {
        // Nothing was compared.
        0 => 2,
        _ => u8::from(report.breaks()),
    };
    Ok((code, report))
}
