//! Writes one module for each passing case of `tests/ui`, and the list of their `main` functions.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap());
    let ui = package.parent().unwrap().join("ui");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", ui.display());

    let mut modules = String::new();
    let mut list = String::new();
    for topic in entries(&ui) {
        let topic_name = stem(&topic);
        let pass = topic.join("pass");
        if !pass.exists() {
            continue;
        }
        for case in entries(&pass) {
            let name = stem(&case);
            let path = format!("ui/{topic_name}/pass/{name}.rs");
            let ident = format!("{topic_name}_{}", name.replace('-', "_"));
            let module = out.join(format!("{ident}.rs"));
            // The case keeps its line numbers and its private `main`.
            let source = fs::read_to_string(&case).unwrap();
            fs::write(&module, source + "\npub(crate) fn run_case() { main() }\n").unwrap();
            // `pub`, so that lints treat the case's public items as a crate's public items.
            writeln!(modules, "#[path = {module:?}] pub mod {ident};").unwrap();
            writeln!(list, "({path:?}, {ident}::run_case),").unwrap();
        }
    }
    writeln!(modules, "const CASES: &[(&str, fn())] = &[\n{list}];").unwrap();
    fs::write(out.join("cases.rs"), modules).unwrap();
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}
