//! Measures the compile time of generated crates.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Why a crate could not be measured.
pub type Error = Box<dyn std::error::Error>;

/// The arguments for an incremental build after one struct has changed.
pub const INCREMENTAL: &[&str] = &["build"];

/// The clock tick in `/proc`, which is the same on all current Linux systems.
const TICK: Duration = Duration::from_millis(10);

/// A generated crate.
#[derive(Debug)]
pub struct Crate {
    folder: PathBuf,
    target: PathBuf,
}

impl Crate {
    /// Writes a crate with this name and code. It depends on serde, schemars and these crates of the
    /// workspace.
    ///
    /// # Errors
    ///
    /// Its files cannot be written.
    pub fn write(
        root: &Path,
        target: &Path,
        name: &str,
        dependencies: &[&str],
        source: &str,
    ) -> Result<Self, Error> {
        let folder = target.join(name);
        fs::create_dir_all(folder.join("src"))?;
        // Use the workspace's lock file and downloaded crates.
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let mut paths = String::new();
        for name in dependencies {
            writeln!(
                paths,
                "{name} = {{ path = \"{}\" }}",
                root.join(name).display()
            )?;
        }
        let manifest = format!(
            "[workspace]\n\n[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [profile.release]\nincremental = false\n\n[dependencies]\n\
             {paths}schemars = \"1\"\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("src/lib.rs"), source)?;
        Ok(Self {
            folder,
            target: target.join("target"),
        })
    }

    /// The CPU time of building the crate alone, with its dependencies already built.
    ///
    /// # Errors
    ///
    /// Cargo cannot be run, or fails.
    pub fn cpu(&self, arguments: &[&str]) -> Result<Duration, Error> {
        let is_incremental = arguments == INCREMENTAL;
        let path = self.folder.join("src/lib.rs");
        let mut source = fs::read_to_string(&path)?;
        if is_incremental {
            // Rename a field of the first struct, back and forth.
            source = if source.contains("pub title:") {
                source.replace("pub title:", "pub name:")
            } else {
                source.replacen("pub name:", "pub title:", 1)
            };
        }
        // Cargo compares modification times.
        fs::write(&path, source)?;
        let before = children()?;
        let status = Command::new("cargo")
            .args(arguments)
            .args(["--quiet", "--offline", "--target-dir"])
            .arg(&self.target)
            .env("CARGO_INCREMENTAL", if is_incremental { "1" } else { "0" })
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
    ///
    /// # Errors
    ///
    /// Cargo cannot be run, or fails.
    pub fn expanded(&self) -> Result<String, Error> {
        let output = Command::new("cargo")
            .args(["rustc", "--quiet", "--offline", "--target-dir"])
            .arg(&self.target)
            .args(["--", "-Zunpretty=expanded"])
            // Expanding macros needs an unstable option of rustc. Nothing is compiled.
            .env("RUSTC_BOOTSTRAP", "1")
            .current_dir(&self.folder)
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// The user-mode CPU time of all child processes that this program waited for.
fn children() -> Result<Duration, Error> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The process name, in parentheses, may contain any character. Field 3 follows it.
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/self/stat has no name")?;
    let ticks = fields
        .split_whitespace()
        .nth(13)
        .ok_or("/proc/self/stat is too short")?;
    Ok(TICK * ticks.parse::<u32>()?)
}
