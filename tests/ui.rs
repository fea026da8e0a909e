//! Compile-pass and compile-fail cases.
//!
//! `ui/<topic>/fail`: every error text is ours, so the output is the same with every toolchain.
//! `ui/<topic>/fail-rustc`: the output contains rustc's own messages, so only one compiler checks it.
//! `ui/<topic>/pass`: the case compiles, without warnings if it denies them, and its `main` succeeds. The
//! package `pass_cases` builds these cases as modules of one crate. Here each case is its own crate, and runs
//! only if an argument selects it: `cargo test -p tests --test ui -- ui trybuild=<part of the path>`.
//!
//! Cases that need their own crate or code generation are in the package `built_cases`.

mod expected_rustc;

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    // With a passing case, trybuild would build all cases one after the other instead of together.
    if std::env::args().any(|argument| argument.starts_with("trybuild=")) {
        cases.pass("ui/*/pass/*.rs");
    }
    cases.compile_fail("ui/*/fail/*.rs");
    if expected_rustc::is_used() {
        cases.compile_fail("ui/*/fail-rustc/*.rs");
    }
}
