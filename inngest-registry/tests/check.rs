//! `check` reports common edits of a struct, and its advice works.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use inngest_core::Event;
use inngest_registry::check::{Check, CheckOutcome, CheckReport};
use inngest_registry::export::Export;
use inngest_registry::{Catalogue, Mode, Registry, Settings};
use schemars::JsonSchema;
use serde::Serialize;
use tempfile::TempDir;

/// The condition of the item.
#[derive(Serialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
enum State {
    New,
    Used,
}

mod other {
    use super::*;

    /// The condition of the item.
    #[derive(Serialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    pub(crate) enum State {
        New,
        Used,
        Broken,
    }

    /// The condition of the item.
    #[derive(Serialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    pub(crate) enum Condition {
        New,
        Used,
    }
}

/// One event type in several shapes, each in its own module.
macro_rules! shapes {
    ($($shape:ident ($($attribute:tt)*) { $($fields:tt)* })*) => {$(
        mod $shape {
            use super::*;

            /// An item entered the catalogue.
            #[derive(Serialize, JsonSchema, Event)]
            #[event(name = "shop/item.imported", $($attribute)*)]
            pub(crate) struct ItemImported {
                $($fields)*
            }
        }
    )*};
}

shapes! {
    exported (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        quantity: u32,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: State,
    }
    renamed (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        amount: u32,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: State,
    }
    renamed_in_rust (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        #[serde(rename = "quantity")]
        amount: u32,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: State,
    }
    another_type (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        quantity: BTreeMap<String, u32>,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: State,
    }
    never_null (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        quantity: u32,
        /// A remark.
        note: String,
        /// Whether the item is new.
        state: State,
    }
    another_variant (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        quantity: u32,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: other::State,
    }
    removed (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        quantity: u32,
        /// Whether the item is new.
        state: State,
    }
    added (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        quantity: u32,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: State,
        /// The warehouse that stores the item.
        warehouse: String,
    }
    added_optional (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        quantity: u32,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: State,
        /// The warehouse that stores the item.
        #[serde(skip_serializing_if = "Option::is_none")]
        warehouse: Option<String>,
    }
    added_in_a_new_version (id = "item-imported-{item}", version = "2026-11-21.2") {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        quantity: u32,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: State,
        /// The warehouse that stores the item.
        warehouse: String,
    }
    two_changes_in_a_new_version (id = "item-imported-{item}", version = "2026-11-21.2") {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        quantity: u32,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: State,
        /// The warehouse that stores the item.
        warehouse: String,
        /// The shelf in the warehouse.
        #[serde(skip_serializing_if = "Option::is_none")]
        shelf: Option<String>,
    }
    unversioned () {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        quantity: u32,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: State,
    }
    reworded (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// The key of the item.
        item: String,
        /// How many items are in stock.
        quantity: u32,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: State,
    }
    in_another_order (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// The quantity in stock.
        quantity: u32,
        /// The key of the item.
        item: String,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: State,
    }
    with_a_renamed_type (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        quantity: u32,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: other::Condition,
    }
    with_another_id (id = "item-imported-{quantity}", version = "2026-11-21.1") {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        quantity: u32,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: State,
    }
    without_an_id (version = "2026-11-21.1") {
        /// The key of the item.
        item: String,
        /// The quantity in stock.
        quantity: u32,
        /// A remark.
        note: Option<String>,
        /// Whether the item is new.
        state: State,
    }
}

fn types<E: Event>() -> Catalogue {
    Catalogue::of(&Registry::new().with::<E>())
}

fn exported_folder() -> TempDir {
    let dir = TempDir::new().unwrap();
    let types = types::<exported::ItemImported>();
    Export::new().run(&types, dir.path()).unwrap();
    dir
}

fn check<E: Event>(dir: &TempDir, mode: Mode) -> CheckReport {
    let mut settings = Settings::default();
    settings.mode = mode;
    Check::new(settings).run(&types::<E>(), dir.path()).unwrap()
}

#[test]
fn edits_are_described() {
    let dir = exported_folder();
    let mut reports = String::new();
    macro_rules! describe {
        ($($shape:ident)*) => {$(
            let report = check::<$shape::ItemImported>(&dir, Mode::Full);
            assert_eq!(report.outcome(), CheckOutcome::Different, "{report}");
            writeln!(reports, "# {}\n\n{report}\n", stringify!($shape)).unwrap();
        )*};
    }
    describe! {
        renamed another_type never_null another_variant removed added added_optional
        added_in_a_new_version reworded in_another_order with_a_renamed_type with_another_id
        without_an_id
    }
    insta::assert_snapshot!(reports);
}

#[test]
fn changes_since_an_unversioned_or_unidentified_event_are_described() {
    let dir = TempDir::new().unwrap();
    let export = |types: &Catalogue| Export::new().run(types, dir.path()).unwrap();
    export(&types::<unversioned::ItemImported>());
    export(&types::<without_an_id::ItemImported>());
    let report = check::<exported::ItemImported>(&dir, Mode::FullTransitive);
    insta::assert_snapshot!(report);
}

#[test]
fn rename_advice_keeps_the_event_name() {
    let dir = exported_folder();
    let report = check::<renamed_in_rust::ItemImported>(&dir, Mode::Full);
    assert_eq!(report.outcome(), CheckOutcome::Same, "{report}");
}

#[test]
fn modes_judge_their_direction_and_versions() {
    let dir = exported_folder();
    let breaks = |report: &CheckReport| report.breaking().count() > 0;
    for &mode in Mode::ALL {
        // Stored events have no warehouse, and old readers do not know the variant.
        let added = check::<added::ItemImported>(&dir, mode);
        assert_eq!(breaks(&added), mode.is_backward(), "{mode}: {added}");
        let variant = check::<another_variant::ItemImported>(&dir, mode);
        assert_eq!(breaks(&variant), mode.is_forward(), "{mode}: {variant}");
        let harmless = check::<added_optional::ItemImported>(&dir, mode);
        assert!(!breaks(&harmless), "{mode}: {harmless}");
        let version = check::<added_in_a_new_version::ItemImported>(&dir, mode);
        let expected = mode.is_backward() && mode.is_transitive();
        assert_eq!(breaks(&version), expected, "{mode}: {version}");
        for report in [added, variant, harmless, version] {
            assert_eq!(
                report.outcome(),
                CheckOutcome::Different,
                "{mode}: {report}"
            );
        }
    }
}

#[test]
fn breaking_changes_are_not_called_allowed() {
    let dir = exported_folder();
    let newer = types::<two_changes_in_a_new_version::ItemImported>();
    Export::new().run(&newer, dir.path()).unwrap();
    let check = |mode| check::<two_changes_in_a_new_version::ItemImported>(&dir, mode);
    let transitive = check(Mode::FullTransitive);
    assert_eq!(transitive.breaking().count(), 1, "{transitive}");
    assert_eq!(transitive.unlisted_versions, 0, "{transitive}");
    let forward = check(Mode::ForwardTransitive);
    assert_eq!(forward.outcome(), CheckOutcome::Same, "{forward}");
    assert_eq!(forward.unlisted_versions, 1, "{forward}");
}

/// The reports for an edited index, before and after an export.
fn edited(edit: impl Fn(&str) -> String) -> (CheckReport, CheckReport) {
    let dir = exported_folder();
    let index = dir.path().join("index.json");
    let text = std::fs::read_to_string(&index).unwrap();
    let changed = edit(&text);
    assert_ne!(changed, text);
    std::fs::write(&index, changed).unwrap();
    let before = check::<exported::ItemImported>(&dir, Mode::Full);
    let types = types::<exported::ItemImported>();
    let exported = Export::new().run(&types, dir.path()).unwrap();
    assert_eq!(exported.written, ["index.json"]);
    (before, check::<exported::ItemImported>(&dir, Mode::Full))
}

#[test]
fn outdated_index_entry_is_a_difference() {
    let (wrong_hash, after) = edited(|text| text.replace("sha256:", "sha256:0"));
    assert_eq!(after.outcome(), CheckOutcome::Same, "{after}");
    let (no_description, after) =
        edited(|text| text.replace("\"An item entered the catalogue.\"", "null"));
    assert_eq!(after.outcome(), CheckOutcome::Same, "{after}");
    let both = edited(|text| {
        text.replace("sha256:", "sha256:0")
            .replace("entered", "left")
    });
    insta::assert_snapshot!(format!("{wrong_hash}\n\n{no_description}\n\n{}", both.0));
}

#[test]
fn changed_base_url_is_a_difference() {
    let dir = exported_folder();
    let address = "https://schemas.example.com/events/";
    let with = |address: &str| {
        let mut settings = Settings::default();
        settings.base_url = Some(address.to_owned());
        settings
    };
    let types = types::<exported::ItemImported>();
    let check = |settings| Check::new(settings).run(&types, dir.path()).unwrap();
    let mut reports = check(with(address)).to_string();
    let export = Export::new().base_url(address);
    assert_eq!(export.run(&types, dir.path()).unwrap().written.len(), 1);
    let same = check(with(address));
    assert_eq!(same.outcome(), CheckOutcome::Same, "{same}");
    for settings in [with("https://example.com"), Settings::default()] {
        write!(reports, "\n\n{}", check(settings)).unwrap();
    }
    insta::assert_snapshot!(reports);
    let wrong = Check::new(with("example.com")).run(&types, dir.path());
    assert!(wrong.is_err());
}

#[test]
fn unlisted_version_is_reported() {
    let dir = exported_folder();
    let newer = types::<added_in_a_new_version::ItemImported>();
    Export::new().run(&newer, dir.path()).unwrap();
    let mode = Mode::FullTransitive;
    let before = check::<added_in_a_new_version::ItemImported>(&dir, mode);
    assert!(before.breaking().count() > 0, "{before}");

    let index = dir.path().join("index.json");
    let text = std::fs::read_to_string(&index).unwrap();
    let mut index_json: serde_json::Value = serde_json::from_str(&text).unwrap();
    index_json["events"].as_array_mut().unwrap().remove(0);
    std::fs::write(&index, index_json.to_string()).unwrap();
    // Files that `export` did not write are not reported.
    let folder = dir.path().join("shop/item.imported");
    std::fs::write(folder.join("notes.json"), "{}").unwrap();
    std::fs::write(folder.join("notes.txt"), "{}").unwrap();
    let copy = std::fs::read_to_string(folder.join("2026-11-21.1.json")).unwrap();
    std::fs::write(folder.join("copy.json"), copy).unwrap();

    let after = check::<added_in_a_new_version::ItemImported>(&dir, mode);
    insta::assert_snapshot!(after);
    Export::new().run(&newer, dir.path()).unwrap();
    let exported = check::<added_in_a_new_version::ItemImported>(&dir, mode);
    assert_eq!(exported.findings, after.findings);

    std::fs::write(&index, text).unwrap();
    let restored = check::<added_in_a_new_version::ItemImported>(&dir, mode);
    assert_eq!(restored.findings, before.findings);
}
