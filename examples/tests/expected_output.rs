//! Checks that each example prints the contents of its `expected.txt`.
//!
//! `cargo test` builds the examples first.

use std::path::Path;
use std::process::{Command, Output};

use regex::Regex;

mod support;

fn run(name: &str, arguments: &[&str], input: &[u8]) -> Output {
    support::run(name, arguments, &[], input)
}

/// The output, with masks for values that differ from run to run.
fn masked(output: &Output) -> String {
    let mut text = String::from_utf8(output.stdout.clone()).unwrap();
    text.push_str(std::str::from_utf8(&output.stderr).unwrap());
    for (pattern, mask) in [
        (r"127\.0\.0\.1:\d+", "127.0.0.1:<port>"),
        (r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b", "<event id>"),
        (r#""ts":\d{13}"#, r#""ts":<milliseconds>"#),
        (
            r"xchacha20poly1305:[A-Za-z0-9+/=]+",
            "xchacha20poly1305:<ciphertext>",
        ),
    ] {
        text = Regex::new(pattern)
            .unwrap()
            .replace_all(&text, mask)
            .into_owned();
    }
    text
}

fn expect(name: &str, output: &Output) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(name)
        .join("expected.txt");
    let found = masked(output);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert_eq!(found, expected.replace("\r\n", "\n"), "{}", path.display());
}

#[test]
fn quickstart() {
    let output = run("quickstart", &[], b"");
    assert!(output.status.success());
    expect("quickstart", &output);
}

#[test]
fn outbox() {
    let output = run("outbox", &[], b"");
    assert!(output.status.success(), "{output:?}");
    expect("outbox", &output);
}

#[test]
fn checkout() {
    let output = run("checkout", &[], b"");
    assert!(output.status.success());
    expect("checkout", &output);
}

#[test]
fn correlation_id() {
    let output = run("correlation_id", &[], b"");
    assert!(output.status.success());
    expect("correlation_id", &output);
}

#[test]
fn encrypt_fields() {
    let output = run("encrypt_fields", &[], b"");
    assert!(output.status.success());
    expect("encrypt_fields", &output);
}

#[test]
fn receive() {
    let output = run("receive", &[], b"");
    assert!(output.status.success());
    expect("receive", &output);
}

#[test]
fn import_items_reports_bad_lines() {
    let input = include_bytes!("../import_items/items.jsonl");
    let output = run("import_items", &[], input);
    assert_eq!(
        output.status.code(),
        Some(1),
        "two lines are not items and one has an empty id"
    );
    expect("import_items", &output);
}

#[test]
fn import_items_reads_cargo_metadata() {
    // Only the workspace, because dependencies for other platforms may not be downloaded.
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(metadata.status.success());
    let json: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = json["packages"].as_array().unwrap().len();
    assert!(packages > 4, "{packages}");
    let output = run("import_items", &["--cargo-metadata"], &metadata.stdout);
    assert!(output.status.success());
    let expected =
        format!("{packages} of {packages} items sent in 1 request, 0 of them duplicates\n");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn import_items_prints_help() {
    let help = run("import_items", &["--help"], b"");
    assert!(
        help.status.success()
            && help
                .stdout
                .starts_with(b"Sends a `storefront/item.imported`")
    );
    let wrong = run("import_items", &["--cargo-metadate"], b"");
    assert_eq!(wrong.status.code(), Some(2));
}
