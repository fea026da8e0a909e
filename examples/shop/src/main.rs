//! Exports and checks the schemas of the shop: `cargo run -p shop -- check examples/shop/schemas`.

use std::process::ExitCode;

use shop as _;

fn main() -> ExitCode {
    inngest_registry::main()
}
