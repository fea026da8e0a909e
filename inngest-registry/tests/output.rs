//! The program reports output that cannot be written.
#![cfg(all(target_os = "linux", feature = "cli"))]

use std::fs::File;
use std::process::{Command, Stdio};

fn explain(stdout: impl Into<Stdio>) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_inngest-registry"))
        .arg("explain")
        .stdout(stdout)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), stderr)
}

#[test]
fn full_disk_is_an_error() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (code, stderr) = explain(full);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(
        stderr.starts_with("error: cannot write to standard output: "),
        "{stderr}"
    );
}

#[test]
fn closed_pipe_is_not_an_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(explain(writer), (Some(0), String::new()));
}
