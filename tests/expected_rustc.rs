//! Checks for the compiler version whose messages some compiler cases expect.

use std::process::Command;

/// The compiler version that the `fail-rustc` cases expect.
const EXPECTED_RUSTC: &str = "rustc 1.95.";

/// Whether the expected compiler is in use. If not, prints a conspicuous warning.
pub(crate) fn is_used() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc)
        .arg("--version")
        .output()
        .unwrap()
        .stdout;
    let version = String::from_utf8(version).unwrap();
    let used = version.starts_with(EXPECTED_RUSTC);
    if !used {
        eprintln!(
            "\n*** the fail-rustc cases are NOT CHECKED: they expect \
             `{EXPECTED_RUSTC}x`, but this is `{}` ***\n",
            version.trim()
        );
    }
    used
}
