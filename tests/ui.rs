//! Compile-pass and compile-fail cases.
//!
//! `ui/<topic>/fail`: every error text is ours, so the output is the same with every toolchain.
//! `ui/<topic>/fail-rustc`: the output contains rustc's own texts, so only one compiler checks it.
//! `ui/<topic>/pass`: the case compiles, without warnings if it denies them.

use std::process::Command;

/// The compiler version that the `fail-rustc` cases expect.
const EXPECTED_RUSTC: &str = "rustc 1.95.";

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/*/pass/*.rs");
    cases.compile_fail("ui/*/fail/*.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc)
        .arg("--version")
        .output()
        .unwrap()
        .stdout;
    let version = String::from_utf8(version).unwrap();
    if version.starts_with(EXPECTED_RUSTC) {
        cases.compile_fail("ui/*/fail-rustc/*.rs");
    } else {
        eprintln!(
            "\n*** ui/*/fail-rustc is NOT CHECKED: the cases expect `{EXPECTED_RUSTC}x`, but this is \
             `{}` ***\n",
            version.trim()
        );
    }
}
