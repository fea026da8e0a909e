//! Measures what `derive(Events)` adds to `cargo check` of a crate.
//!
//! `cargo run --release -p benches --bin compile_time_events` generates crates of 10, 100 and 400 event
//! types that can be deserialized, once alone and once with an enum of all types.

use std::fmt::Write as _;
use std::path::Path;

use benches::crates::{Crate, Error};

/// How many times each case is measured. The minimum counts, because interference only adds time.
const ROUNDS: usize = 9;

fn main() -> Result<(), Error> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().ok_or("the package is in no folder")?;
    let target = root.join("target/compile-time");
    println!("| variants | the events, s | with the enum, s | added |");
    println!("|---|---|---|---|");
    for variants in [10, 100, 400] {
        let alone = generated(root, &target, variants, false)?;
        let with_enum = generated(root, &target, variants, true)?;
        let check = &["check"][..];
        // Build the dependencies, and each crate once.
        alone.cpu(check)?;
        with_enum.cpu(check)?;
        let (mut without, mut with) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..ROUNDS {
            without = without.min(alone.cpu(check)?.as_secs_f64());
            with = with.min(with_enum.cpu(check)?.as_secs_f64());
        }
        let added = (with / without - 1.0) * 100.0;
        println!("| {variants} | {without:.2} | {with:.2} | {added:.1}% |");
    }
    Ok(())
}

fn generated(root: &Path, target: &Path, variants: usize, with_enum: bool) -> Result<Crate, Error> {
    let name = format!(
        "{}_{variants}",
        if with_enum { "events" } else { "received" }
    );
    let source = source(variants, with_enum)?;
    let dependencies = ["inngest-core", "inngest-receive"];
    Crate::write(root, target, &name, &dependencies, &source)
}

fn source(variants: usize, with_enum: bool) -> Result<String, std::fmt::Error> {
    let mut text =
        String::from("use schemars::JsonSchema;\nuse serde::{Deserialize, Serialize};\n");
    for n in 0..variants {
        writeln!(
            text,
            "\n#[derive(Serialize, Deserialize, JsonSchema, inngest_core::Event)]\n\
             #[event(name = \"shop/thing{n}.changed\", version = \"2026-11-21.1\")]\n\
             pub struct Thing{n}Changed {{\n    pub id: String,\n    pub revision: u64,\n    \
             pub name: String,\n    pub price: f64,\n    pub tags: Vec<String>,\n    \
             pub note: Option<String>,\n    pub active: bool,\n    pub count: u32,\n}}"
        )?;
    }
    if with_enum {
        text.push_str("\n#[derive(inngest_receive::Events)]");
    }
    text.push_str("\npub enum ShopEvent {\n");
    for n in 0..variants {
        writeln!(text, "    Thing{n}Changed(Thing{n}Changed),")?;
    }
    text.push_str("}\n");
    Ok(text)
}
