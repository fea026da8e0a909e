//! The READMEs also work on GitHub and crates.io, which do not support rustdoc syntax.

use std::fs;
use std::path::Path;

/// The READMEs of this crate and of the project.
fn readmes() -> [String; 2] {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["README.md", "../README.md"].map(|path| fs::read_to_string(here.join(path)).unwrap())
}

/// The lines of all code blocks in a language.
fn code<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let mut inside = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(_), Some(_)) => inside = None,
            (Some(info), None) => inside = Some(info.split(',').next() == Some(language)),
            (None, Some(true)) => lines.push(line),
            _ => {}
        }
    }
    lines
}

#[test]
fn code_blocks_have_no_hidden_lines() {
    for text in readmes() {
        let lines = code(&text, "rust");
        assert!(!lines.is_empty());
        for line in lines {
            assert!(!line.starts_with("# ") && line != "#", "{line}");
        }
    }
}

#[test]
fn links_are_absolute() {
    for text in readmes() {
        for (at, _) in text.match_indices("`]") {
            let after = &text[at + 2..];
            assert!(
                after.starts_with('('),
                "{}",
                &text[at.saturating_sub(30)..at]
            );
        }
    }
}

#[test]
fn crate_name_differs_from_the_folder() {
    for text in readmes() {
        let commands = code(&text, "sh").into_iter();
        let commands: Vec<_> = commands
            .filter_map(|line| line.strip_prefix("cargo run -p "))
            .collect();
        assert!(!commands.is_empty());
        for line in commands {
            // Cargo creates a folder with the name of the crate, and the export would write into it.
            let mut words = line.split(' ');
            let name = words.next();
            assert!(words.all(|word| Some(word) != name), "{line}");
        }
    }
}
