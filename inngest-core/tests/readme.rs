//! The README's test of a user. Documentation tests leave out what is marked as a test.
#![cfg(feature = "testing")]

mod own {
    include!("readme/own.rs");
}

#[test]
fn it_is_what_the_readme_shows() {
    let shown = include_str!("../README.md").replace('\r', "");
    let tested = include_str!("readme/own.rs").replace('\r', "");
    assert!(shown.contains(&format!("```rust\n{tested}```")), "{tested}");
}
