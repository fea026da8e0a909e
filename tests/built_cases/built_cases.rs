//! Compiler cases that need their own crate or code generation.
//!
//! `<topic>/pass`: the case depends on what is at the root of its crate.
//! `<topic>/fail-rustc`: the case passes `cargo check` and fails when rustc generates code.

#[path = "../expected_rustc.rs"]
mod expected_rustc;

#[test]
fn built_cases() {
    let cases = trybuild::TestCases::new();
    // trybuild generates code only if there is a passing case.
    cases.pass("*/pass/*.rs");
    if expected_rustc::is_used() {
        cases.compile_fail("*/fail-rustc/*.rs");
    }
}
