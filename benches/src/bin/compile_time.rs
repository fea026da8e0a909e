//! Measures what `derive(Event)` adds to the compile time of a crate.
//!
//! `cargo run --release -p benches --bin compile_time` generates crates of 10, 100 and 400 structs
//! with eight fields, once with `Serialize` and `JsonSchema` only and once with `Event` added. It
//! prints the CPU time that cargo and rustc take for each crate alone, and how much code the
//! derives generate.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

type Error = Box<dyn std::error::Error>;

/// How many times each case is measured. The minimum counts, because interference only adds time.
const ROUNDS: usize = 9;

/// The clock tick of `/proc`, the same on all current Linux systems.
const TICK: Duration = Duration::from_millis(10);

fn main() -> Result<(), Error> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().ok_or("the package is in no folder")?;
    let target = root.join("target/compile-time");
    println!("| structs | command | serde and schemars, s | with `Event`, s | added |");
    println!("|---|---|---|---|---|");
    for structs in [10, 100, 400] {
        let plain = Crate::write(root, &target, structs, false)?;
        let event = Crate::write(root, &target, structs, true)?;
        for arguments in [&["check"][..], &["build", "--release"]] {
            // Builds the dependencies, and the crates once.
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
    let plain = Crate::write(root, &target, 100, false)?.expanded()?;
    let event = Crate::write(root, &target, 100, true)?.expanded()?;
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

struct Crate {
    folder: PathBuf,
    target: PathBuf,
}

impl Crate {
    fn write(root: &Path, target: &Path, structs: usize, events: bool) -> Result<Self, Error> {
        let name = format!("{}_{structs}", if events { "event" } else { "plain" });
        let folder = target.join(&name);
        fs::create_dir_all(folder.join("src"))?;
        // Uses the workspace's lock file and downloaded crates.
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let core = root.join("inngest-core").display().to_string();
        let manifest = format!(
            "[workspace]\n\n[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [profile.release]\nincremental = false\n\n[dependencies]\n\
             inngest-core = {{ path = \"{core}\" }}\nschemars = \"1\"\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("src/lib.rs"), source(structs, events)?)?;
        Ok(Self {
            folder,
            target: target.join("target"),
        })
    }

    /// The CPU time of building the crate alone, with its dependencies already built.
    fn cpu(&self, arguments: &[&str]) -> Result<Duration, Error> {
        // Cargo compares modification times.
        let source = self.folder.join("src/lib.rs");
        fs::write(&source, fs::read(&source)?)?;
        let before = children()?;
        let status = Command::new("cargo")
            .args(arguments)
            .args(["--quiet", "--offline", "--target-dir"])
            .arg(&self.target)
            .env("CARGO_INCREMENTAL", "0")
            .current_dir(&self.folder)
            .status()?;
        if !status.success() {
            return Err(format!("cargo {} failed", arguments.join(" ")).into());
        }
        Ok(children()?.saturating_sub(before))
    }
}

impl Crate {
    /// Returns the crate's code with all macros expanded.
    fn expanded(&self) -> Result<String, Error> {
        let output = Command::new("cargo")
            .args(["rustc", "--quiet", "--offline", "--target-dir"])
            .arg(&self.target)
            .args(["--", "-Zunpretty=expanded"])
            // Expanding macros needs an unstable rustc option; nothing is compiled this way.
            .env("RUSTC_BOOTSTRAP", "1")
            .current_dir(&self.folder)
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
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

/// The user-mode CPU time of all child processes that this program waited for.
fn children() -> Result<Duration, Error> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The process name, in parentheses, may contain any character. Field 3 follows it.
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/self/stat has no name")?;
    let ticks = fields.split_whitespace().nth(13).ok_or("it is too short")?;
    Ok(TICK * ticks.parse::<u32>()?)
}
