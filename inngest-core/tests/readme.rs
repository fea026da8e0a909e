//! Runs the README's example test, because doc tests skip functions marked `#[test]`.
#![cfg(feature = "testing")]

mod own {
    include!("readme/own.rs");
}

#[test]
fn the_readme_shows_this_test() {
    let shown = include_str!("../README.md").replace('\r', "");
    let tested = include_str!("readme/own.rs").replace('\r', "");
    assert!(shown.contains(&format!("```rust\n{tested}```")), "{tested}");
}
