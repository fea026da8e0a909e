//! Sends many events from real input: each line of standard input is an item as JSON, and one call of
//! `send_many` sends all items.
//!
//! Run with
//! `cargo metadata --format-version 1 | cargo run --example import_items -- --cargo-metadata`,
//! or with lines such as `{"item_id":"9f08sdh84","sku":"MUG-BLUE","quantity":12}` on standard
//! input.

use std::error::Error;
use std::io::{self, BufRead, IsTerminal, Read};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use examples::Target;
use indicatif::{ProgressBar, ProgressStyle};
use inngest_core::{Batch, Event};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const USAGE: &str = "\
Sends a `storefront/item.imported` event for each item on standard input.

Usage: import_items [--cargo-metadata]

Each line is an item: {\"item_id\":\"9f08sdh84\",\"sku\":\"MUG-BLUE\",\"quantity\":12}

  --cargo-metadata  read the output of `cargo metadata`, one item per package;
                    runs cargo if standard input is empty
  --help            prints this help

Exit codes: 0 all items were sent, 1 some were not, 2 invalid arguments.";

/// A supplier's item entered the catalogue.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "storefront/item.imported",
    id = "item-imported-{item_id}",
    version = "2026-11-21.1"
)]
struct ItemImported {
    item_id: String,
    sku: String,
    quantity: u32,
}

/// A line's number, and its item or the parse error.
type Line = (usize, Result<ItemImported, String>);

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let read = match arguments.as_slice() {
        [] => read_lines,
        ["--cargo-metadata"] => read_cargo_metadata,
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match import(read).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Sends all items of the input. Returns whether all were sent.
async fn import(read: fn() -> io::Result<Vec<Line>>) -> Result<bool, Box<dyn Error>> {
    let target = Target::from_env()?;
    eprintln!("{}", target.describe());

    // The progress bar is drawn only on a terminal.
    let progress = ProgressBar::new_spinner().with_message("reading items");
    progress.enable_steady_tick(Duration::from_millis(100));
    let lines = read()?;
    let total = lines.len();

    progress.set_length(total as u64);
    progress.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}")?);
    let mut batch = Batch::new();
    let mut numbers = Vec::with_capacity(total);
    for (number, line) in progress.wrap_iter(lines.into_iter()) {
        let pushed = line.and_then(|item| batch.push(&item).map_err(|error| error.to_string()));
        match pushed {
            Ok(()) => numbers.push(number),
            Err(error) => progress.suspend(|| eprintln!("line {number} was not sent: {error}")),
        }
    }

    let plan = target.client.plan(&batch);
    let requests = plan.requests.len();
    progress.set_message(format!("items, sending {requests} requests"));
    let sent = match target.client.send_many(batch).await {
        Ok(receipts) => receipts.len(),
        Err(error) => {
            progress.finish_and_clear();
            for (outcome, number) in error.outcomes().iter().zip(&numbers) {
                if let Some(reason) = outcome.error() {
                    eprintln!("line {number} was not sent: {reason}");
                }
            }
            error.accepted().count()
        }
    };
    progress.finish_and_clear();
    println!(
        "{sent} of {total} items sent in {requests} {}, {} of them duplicates",
        if requests == 1 { "request" } else { "requests" },
        plan.duplicates.len(),
    );
    Ok(sent == total)
}

fn read_lines() -> io::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (line, number) in io::stdin().lock().split(b'\n').zip(1..) {
        let line = line?;
        if !line.trim_ascii().is_empty() {
            let item = serde_json::from_slice(&line).map_err(|error| {
                // Each line is parsed as a whole document, so the error always says line 1.
                let text = error.to_string();
                text.replace(" at line 1 column", ", column")
            });
            lines.push((number, item));
        }
    }
    Ok(lines)
}

/// The part of cargo's output that this example uses.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    targets: Vec<serde::de::IgnoredAny>,
}

fn read_cargo_metadata() -> io::Result<Vec<Line>> {
    let mut json = Vec::new();
    if !io::stdin().is_terminal() {
        io::stdin().lock().read_to_end(&mut json)?;
    }
    if json.trim_ascii().is_empty() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1"])
            .stderr(Stdio::inherit())
            .output()?;
        json = output.stdout;
    }
    let metadata: Metadata = serde_json::from_slice(&json)?;
    let items = metadata.packages.into_iter().map(|package| ItemImported {
        item_id: format!("{}@{}", package.name, package.version),
        quantity: u32::try_from(package.targets.len()).unwrap_or(u32::MAX),
        sku: package.name,
    });
    Ok(items
        .zip(1..)
        .map(|(item, number)| (number, Ok(item)))
        .collect())
}
