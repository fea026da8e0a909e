//! Runs the examples.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(Path::parent).unwrap();
    let binary = target
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.exists(),
        "{} does not exist; run `cargo build --examples`",
        binary.display()
    );
    binary
}

/// Runs an example with these environment variables, and without any others that the client reads.
pub(crate) fn run(
    name: &str,
    arguments: &[&str],
    variables: &[(&str, &OsStr)],
    input: &[u8],
) -> Output {
    let mut command = Command::new(binary(name));
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy().to_uppercase();
        if name.starts_with("INNGEST_") || name.ends_with("_PROXY") {
            command.env_remove(variable);
        }
    }
    let mut child = command
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}
