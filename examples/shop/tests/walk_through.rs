//! Checks that the README shows the actual output of the commands.
//!
//! The changed types from the README are defined below and replace the shop's types of the same
//! name. `UPDATE_EXPECTED=1` rewrites the README.

use std::fs;
use std::path::Path;

use inngest_registry::check::{Check, CheckOutcome, CheckReport};
use inngest_registry::diff::diff;
use inngest_registry::export::Export;
use inngest_registry::{Catalogue, EventType, Registry, Settings, compat::Strictness};
use shop as _;

macro_rules! item_imported {
    ($module:ident, $version:literal, $($warehouse:tt)*) => {
        mod $module {
            use inngest_core::Event;
            use schemars::JsonSchema;
            use serde::Serialize;
            use shop::v2::Supplier;

            /// A supplier's item entered the catalogue.
            #[derive(Serialize, JsonSchema, Event)]
            #[event(name = "storefront/item.imported", version = $version)]
            pub(crate) struct ItemImported {
                /// The supplier's item number.
                #[event(id)]
                pub item_id: String,
                /// Our item number.
                pub sku: String,
                /// The quantity in stock; `null` if the supplier does not report it.
                pub quantity: Option<u32>,
                /// The supplier of the item.
                pub supplier: Supplier,
                /// The warehouse that stores the item.
                $($warehouse)*
            }
        }
    };
}

item_imported!(required, "2026-11-21.1", pub warehouse: String,);
item_imported!(optional, "2026-11-21.1",
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub warehouse: Option<String>,
);
item_imported!(new_version, "2026-11-21.2", pub warehouse: String,);

/// The shop's types, with `E` instead of the current `ItemImported`.
fn shop_with<E: inngest_core::Event>() -> Catalogue {
    let shop = Catalogue::of(&Registry::collect());
    let is_of_shop = |event: &&EventType| {
        event
            .rust_type
            .as_deref()
            .is_some_and(|path| path.starts_with("shop::"))
    };
    let (mut others, today): (Vec<EventType>, Vec<EventType>) = shop
        .iter()
        .filter(is_of_shop)
        .cloned()
        .partition(|event| event.rust_type.as_deref() != Some("shop::v2::ItemImported"));
    assert_eq!((others.len(), today.len()), (15, 1));
    for mut event in Catalogue::of(&Registry::new().with::<E>()).iter().cloned() {
        event.source.clone_from(&today[0].source);
        others.push(event);
    }
    others.into_iter().collect()
}

fn check(types: &Catalogue, dir: &Path) -> CheckReport {
    let settings = Settings::of_folder(dir).unwrap();
    Check::new(settings).run(types, dir).unwrap()
}

/// Exports the shop's files to a temporary folder.
fn exported(name: &str) -> std::path::PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    let types = shop_with::<shop::v2::ItemImported>();
    Export::new().run(&types, &dir).unwrap();
    let settings = "inngest-registry.toml";
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    fs::copy(own.join(settings), dir.join(settings)).unwrap();
    dir
}

/// The outputs, in the order of the README's output blocks.
fn outputs() -> Vec<String> {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut outputs = Vec::new();
    let mut check_and_record = |types: &Catalogue, dir: &Path, expected| {
        let report = check(types, dir);
        assert_eq!(report.outcome(), expected, "{report}");
        outputs.push(report.to_string());
    };
    check_and_record(
        &shop_with::<shop::v2::ItemImported>(),
        &schemas,
        CheckOutcome::Same,
    );
    check_and_record(
        &shop_with::<required::ItemImported>(),
        &schemas,
        CheckOutcome::Different,
    );
    let optional = shop_with::<optional::ItemImported>();
    check_and_record(&optional, &schemas, CheckOutcome::Different);
    let dir = exported("optional");
    Export::new().run(&optional, &dir).unwrap();
    check_and_record(&optional, &dir, CheckOutcome::Same);
    let new_version = shop_with::<new_version::ItemImported>();
    check_and_record(&new_version, &schemas, CheckOutcome::Different);
    let dir = exported("new_version");
    Export::new().run(&new_version, &dir).unwrap();
    check_and_record(&new_version, &dir, CheckOutcome::Same);
    let new = Catalogue::read(&dir).unwrap();
    let old = Catalogue::read(&schemas).unwrap();
    outputs.push(diff(&old, &new, Strictness::Standard).to_string());
    outputs
}

#[test]
fn readme_shows_the_actual_output() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let mut expected = String::new();
    let mut outputs = outputs().into_iter();
    let mut rest = readme.as_str();
    while let Some((before, block)) = rest.split_once("```text\n") {
        let (_, after) = block.split_once("```").unwrap();
        let output = outputs.next().expect("more blocks than outputs");
        for part in [before, "```text\n", output.trim_end(), "\n```"] {
            expected.push_str(part);
        }
        rest = after;
    }
    expected.push_str(rest);
    assert_eq!(outputs.next(), None, "an output is missing in the README");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, &expected).unwrap();
    } else {
        assert_eq!(readme, expected);
    }
}
