//! What compiles and what does not, and what the compiler says.
//!
//! `ui/<topic>/fail`: the text of the error is all ours and is the same on every toolchain.
//! `ui/<topic>/fail-rustc`: rustc's own words are in it, so it is compared on one compiler only.
//! `ui/<topic>/pass`: compiles, without a warning where the case denies them.

use std::process::Command;

/// The compiler whose words the `fail-rustc` cases have.
const PINNED: &str = "rustc 1.95.";

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
    if version.starts_with(PINNED) {
        cases.compile_fail("ui/*/fail-rustc/*.rs");
    } else {
        eprintln!(
            "\n*** the cases in ui/*/fail-rustc are NOT CHECKED: they have the words of \
             `{PINNED}x`, this is `{}` ***\n",
            version.trim()
        );
    }
}
