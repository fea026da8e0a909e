//! Measures what `derive(Event)` adds to the compile time of a crate.
//!
//! `cargo run --release -p benches --bin compile_time` generates crates of 10, 100 and 400 structs
//! with eight fields, once with only `Serialize` and `JsonSchema` and once with `Event` added. It
//! prints the CPU time of cargo and rustc for each crate without its dependencies, also for an
//! incremental build after one struct has changed, and how much code the derives generate.

use std::fmt::Write as _;
use std::path::Path;

use benches::crates::{Crate, Error, INCREMENTAL};

/// How many times each case is measured. The minimum counts, because interference only adds time.
const ROUNDS: usize = 9;

fn main() -> Result<(), Error> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().ok_or("the package is in no folder")?;
    let target = root.join("target/compile-time");
    println!("| structs | command | serde and schemars, s | with `Event`, s | added |");
    println!("|---|---|---|---|---|");
    for structs in [10, 100, 400] {
        let plain = generated(root, &target, structs, false)?;
        let event = generated(root, &target, structs, true)?;
        for arguments in [&["check"][..], &["build", "--release"], INCREMENTAL] {
            // Build the dependencies, and each crate once.
            plain.cpu(arguments)?;
            event.cpu(arguments)?;
            let (mut without, mut with) = (f64::INFINITY, f64::INFINITY);
            for _ in 0..ROUNDS {
                without = without.min(plain.cpu(arguments)?.as_secs_f64());
                with = with.min(event.cpu(arguments)?.as_secs_f64());
            }
            println!(
                "| {structs} | `cargo {}` | {without:.2} | {with:.2} | {:.1}% |",
                arguments.join(" "),
                (with / without - 1.0) * 100.0
            );
        }
    }
    println!("\n| generated for each struct | lines | bytes |");
    println!("|---|---|---|");
    let plain = generated(root, &target, 100, false)?.expanded()?;
    let event = generated(root, &target, 100, true)?.expanded()?;
    let each = |text: &str| (text.lines().count() / 100, text.len() / 100);
    let (lines, bytes) = each(&plain);
    println!("| `Serialize` and `JsonSchema` | {lines} | {bytes} |");
    let (with_lines, with_bytes) = each(&event);
    println!(
        "| `Event` | {} | {} |",
        with_lines - lines,
        with_bytes - bytes
    );
    Ok(())
}

fn generated(root: &Path, target: &Path, structs: usize, events: bool) -> Result<Crate, Error> {
    let name = format!("{}_{structs}", if events { "event" } else { "plain" });
    let source = source(structs, events)?;
    Crate::write(root, target, &name, &["inngest-core"], &source)
}

fn source(structs: usize, events: bool) -> Result<String, std::fmt::Error> {
    let mut text = String::from("use schemars::JsonSchema;\nuse serde::Serialize;\n");
    for n in 0..structs {
        text.push('\n');
        if events {
            writeln!(
                text,
                "#[derive(Serialize, JsonSchema, inngest_core::Event)]"
            )?;
            writeln!(
                text,
                "#[event(name = \"shop/thing{n}.changed\", id = \"thing{n}-changed-{{id}}-{{revision}}\", \
                 version = \"2026-11-21.1\")]"
            )?;
        } else {
            writeln!(text, "#[derive(Serialize, JsonSchema)]")?;
        }
        writeln!(
            text,
            "pub struct Thing{n}Changed {{\n    pub id: String,\n    pub revision: u64,\n    \
             pub name: String,\n    pub price: f64,\n    pub tags: Vec<String>,\n    \
             pub note: Option<String>,\n    pub active: bool,\n    pub count: u32,\n}}"
        )?;
    }
    Ok(text)
}
