//! Runs the `main` of each passing compiler case. An argument selects the cases whose path contains it.

#![cfg_attr(clippy, allow(clippy::all))]

include!(concat!(env!("OUT_DIR"), "/cases.rs"));

fn main() {
    let filter = std::env::args().nth(1).unwrap_or_default();
    for (path, run) in CASES.iter().filter(|(path, _)| path.contains(&filter)) {
        println!("running {path}");
        run();
    }
}
