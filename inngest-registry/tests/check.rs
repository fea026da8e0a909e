//! `check` reports common edits of a struct, and its advice works.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use inngest_core::Event;
use inngest_registry::check::{Check, Outcome, Report};
use inngest_registry::export::Export;
use inngest_registry::settings::Settings;
use inngest_registry::{Catalogue, Mode, Registry};
use schemars::JsonSchema;
use serde::Serialize;
use tempfile::TempDir;

/// What state it is in.
#[derive(Serialize, JsonSchema)]
#[expect(dead_code, reason = "its schema is what counts")]
enum State {
    New,
    Used,
}

mod other {
    use super::*;

    /// What state it is in.
    #[derive(Serialize, JsonSchema)]
    #[expect(dead_code, reason = "its schema is what counts")]
    pub(crate) enum State {
        New,
        Used,
        Broken,
    }

    /// What state it is in.
    #[derive(Serialize, JsonSchema)]
    #[expect(dead_code, reason = "its schema is what counts")]
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
        /// Which.
        item: String,
        /// How many.
        quantity: u32,
        /// What was said of it.
        note: Option<String>,
        /// New or used.
        state: State,
    }
    renamed (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// Which.
        item: String,
        /// How many.
        amount: u32,
        /// What was said of it.
        note: Option<String>,
        /// New or used.
        state: State,
    }
    renamed_in_rust (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// Which.
        item: String,
        /// How many.
        #[serde(rename = "quantity")]
        amount: u32,
        /// What was said of it.
        note: Option<String>,
        /// New or used.
        state: State,
    }
    another_type (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// Which.
        item: String,
        /// How many.
        quantity: BTreeMap<String, u32>,
        /// What was said of it.
        note: Option<String>,
        /// New or used.
        state: State,
    }
    always_there (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// Which.
        item: String,
        /// How many.
        quantity: u32,
        /// What was said of it.
        note: String,
        /// New or used.
        state: State,
    }
    another_variant (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// Which.
        item: String,
        /// How many.
        quantity: u32,
        /// What was said of it.
        note: Option<String>,
        /// New or used.
        state: other::State,
    }
    removed (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// Which.
        item: String,
        /// How many.
        quantity: u32,
        /// New or used.
        state: State,
    }
    added (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// Which.
        item: String,
        /// How many.
        quantity: u32,
        /// What was said of it.
        note: Option<String>,
        /// New or used.
        state: State,
        /// Where it is kept.
        warehouse: String,
    }
    added_optional (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// Which.
        item: String,
        /// How many.
        quantity: u32,
        /// What was said of it.
        note: Option<String>,
        /// New or used.
        state: State,
        /// Where it is kept.
        #[serde(skip_serializing_if = "Option::is_none")]
        warehouse: Option<String>,
    }
    added_in_a_new_version (id = "item-imported-{item}", version = "2026-11-21.2") {
        /// Which.
        item: String,
        /// How many.
        quantity: u32,
        /// What was said of it.
        note: Option<String>,
        /// New or used.
        state: State,
        /// Where it is kept.
        warehouse: String,
    }
    two_changes_in_a_new_version (id = "item-imported-{item}", version = "2026-11-21.2") {
        /// Which.
        item: String,
        /// How many.
        quantity: u32,
        /// What was said of it.
        note: Option<String>,
        /// New or used.
        state: State,
        /// Where it is kept.
        warehouse: String,
        /// Which shelf it is on.
        #[serde(skip_serializing_if = "Option::is_none")]
        shelf: Option<String>,
    }
    reworded (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// Which.
        item: String,
        /// How many there are.
        quantity: u32,
        /// What was said of it.
        note: Option<String>,
        /// New or used.
        state: State,
    }
    in_another_order (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// How many.
        quantity: u32,
        /// Which.
        item: String,
        /// What was said of it.
        note: Option<String>,
        /// New or used.
        state: State,
    }
    with_a_renamed_type (id = "item-imported-{item}", version = "2026-11-21.1") {
        /// Which.
        item: String,
        /// How many.
        quantity: u32,
        /// What was said of it.
        note: Option<String>,
        /// New or used.
        state: other::Condition,
    }
    with_another_id (id = "item-imported-{quantity}", version = "2026-11-21.1") {
        /// Which.
        item: String,
        /// How many.
        quantity: u32,
        /// What was said of it.
        note: Option<String>,
        /// New or used.
        state: State,
    }
    without_an_id (version = "2026-11-21.1") {
        /// Which.
        item: String,
        /// How many.
        quantity: u32,
        /// What was said of it.
        note: Option<String>,
        /// New or used.
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

fn check<E: Event>(dir: &TempDir, mode: Mode) -> Report {
    let check = Check::new(Settings::new().with_mode(mode));
    check.run(&types::<E>(), dir.path()).unwrap()
}

#[test]
fn edits_are_described() {
    let dir = exported_folder();
    let mut said = String::new();
    macro_rules! say {
        ($($shape:ident)*) => {$(
            let report = check::<$shape::ItemImported>(&dir, Mode::Full);
            assert_eq!(report.outcome(), Outcome::Different, "{report}");
            writeln!(said, "# {}\n\n{report}\n", stringify!($shape)).unwrap();
        )*};
    }
    say! {
        renamed another_type always_there another_variant removed added added_optional
        added_in_a_new_version reworded in_another_order with_a_renamed_type with_another_id
        without_an_id
    }
    insta::assert_snapshot!(said);
}

#[test]
fn rename_advice_keeps_the_event_name() {
    let dir = exported_folder();
    let report = check::<renamed_in_rust::ItemImported>(&dir, Mode::Full);
    assert_eq!(report.outcome(), Outcome::Same, "{report}");
}

#[test]
fn modes_judge_their_direction_and_versions() {
    let dir = exported_folder();
    let breaks = |report: &Report| report.breaking().count() > 0;
    for mode in Mode::ALL {
        // Events that are stored have no warehouse; readers of old do not know the variant.
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
            assert_eq!(report.outcome(), Outcome::Different, "{mode}: {report}");
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
    assert_eq!(forward.outcome(), Outcome::Same, "{forward}");
    assert_eq!(forward.unlisted_versions, 1, "{forward}");
}

/// What a check says of an index with this edit, before and after an export.
fn edited(edit: impl Fn(&str) -> String) -> (Report, Report) {
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
    assert_eq!(after.outcome(), Outcome::Same, "{after}");
    let (no_description, after) =
        edited(|text| text.replace("\"An item entered the catalogue.\"", "null"));
    assert_eq!(after.outcome(), Outcome::Same, "{after}");
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
    let with = |address: &str| Settings::new().with_base_url(address);
    let types = types::<exported::ItemImported>();
    let check = |settings| Check::new(settings).run(&types, dir.path()).unwrap();
    let mut said = check(with(address)).to_string();
    let export = Export::new().base_url(address);
    assert_eq!(export.run(&types, dir.path()).unwrap().written.len(), 1);
    let same = check(with(address));
    assert_eq!(same.outcome(), Outcome::Same, "{same}");
    for settings in [with("https://example.com"), Settings::new()] {
        write!(said, "\n\n{}", check(settings)).unwrap();
    }
    insta::assert_snapshot!(said);
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
    let mut lines: serde_json::Value = serde_json::from_str(&text).unwrap();
    lines["events"].as_array_mut().unwrap().remove(0);
    std::fs::write(&index, lines.to_string()).unwrap();
    // Files of others are none of ours.
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
    let mended = check::<added_in_a_new_version::ItemImported>(&dir, mode);
    assert_eq!(mended.findings, before.findings);
}
