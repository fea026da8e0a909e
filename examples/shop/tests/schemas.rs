//! Checks that the exported files are up to date and that the lints find nothing.

use inngest_registry::lint::lint;
use inngest_registry::{Catalogue, Registry, Settings};
use shop as _;

#[test]
fn schemas_are_up_to_date() {
    inngest_registry::check("schemas").unwrap();
}

#[test]
fn lints_find_nothing() {
    let exported = Catalogue::read("schemas").unwrap();
    let settings = Settings::of_folder("schemas").unwrap();
    let report = lint(&Registry::collect(), Some(&exported), &settings);
    assert_eq!(report.types, 16);
    assert!(
        report.warnings.is_empty() && report.skipped.is_empty(),
        "{report}"
    );
}
