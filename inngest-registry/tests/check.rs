//! What `check` says of the edits that people make to a struct, and that its advice holds.

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

/// One event type in several shapes, each in a module of its own.
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
fn what_is_said_of_an_edit() {
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
fn the_name_in_events_is_kept_as_advised() {
    let dir = exported_folder();
    let report = check::<renamed_in_rust::ItemImported>(&dir, Mode::Full);
    assert_eq!(report.outcome(), Outcome::Same, "{report}");
}

#[test]
fn a_mode_judges_its_direction_and_versions() {
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
