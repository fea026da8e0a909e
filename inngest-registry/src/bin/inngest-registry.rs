//! The commands that need files and no types.

use std::process::ExitCode;

fn main() -> ExitCode {
    inngest_registry::Cli::for_files().main()
}
