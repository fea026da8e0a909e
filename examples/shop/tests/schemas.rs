//! Checks that the exported files are up to date and that lints find nothing.

use inngest_registry::lint::{Input, lint};
use inngest_registry::settings::Settings;
use inngest_registry::{Catalogue, Registry};
use shop as _;

#[test]
fn schemas_are_up_to_date() {
    inngest_registry::check("schemas").unwrap();
}

#[test]
fn lints_find_nothing() {
    let registry = Registry::collect();
    let types = Catalogue::of(&registry);
    let exported = Catalogue::read("schemas").unwrap();
    let mut input = Input::new(&types);
    input.registry = Some(&registry);
    input.exported = Some(&exported);
    let report = lint(input, &Settings::of_folder("schemas").unwrap());
    assert_eq!(report.types, 16);
    assert!(
        report.warnings.is_empty() && report.skipped.is_empty(),
        "{report}"
    );
}
