//! Exports and checks the shop's schemas: `cargo run -p shop -- check examples/shop/schemas`.

use std::process::ExitCode;

use shop as _;

fn main() -> ExitCode {
    inngest_registry::main()
}
