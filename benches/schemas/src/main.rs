//! Compares and checks 1,000 event types: `cargo run --release -p schema_benches`.
//!
//! The types are copies of the shop's types with other names. In the second folder, each type and each of its
//! definitions has one more field, which every second type requires.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use inngest_registry::check::Check;
use inngest_registry::compat::{Strictness, compare};
use inngest_registry::diff::diff;
use inngest_registry::export::Export;
use inngest_registry::{Catalogue, Settings};
use serde_json::{Value, json};

const TYPES: usize = 1_000;

type Anything = Box<dyn std::error::Error>;

fn main() -> Result<(), Anything> {
    let folder = tempfile::tempdir()?;
    let [old, new] = ["old", "new"].map(|name| folder.path().join(name));
    write_types(&old, false)?;
    write_types(&new, true)?;
    // Write an index with the hashes of the copied types.
    Export::new().run(&Catalogue::read(&old)?, &old)?;
    let before = measure("read a folder", || Catalogue::read(&old))?;
    let after = Catalogue::read(&new)?;
    assert_eq!((before.len(), after.len()), (TYPES, TYPES));
    let breaking = measure("compare each pair", || {
        let pairs = before.iter().zip(&after);
        let compared =
            pairs.map(|(old, new)| compare(&old.schema, &new.schema, Strictness::Standard));
        compared
            .map(|comparison| comparison.changes.len())
            .sum::<usize>()
    });
    assert!(breaking >= TYPES);
    let entries = measure("compare the folders", || {
        diff(&before, &after, Strictness::Standard).entries
    });
    assert_eq!(entries.len(), TYPES);
    let same = measure("check a folder that is up to date", || {
        Check::new(Settings::default()).run(&before, &old)
    })?;
    assert!(same.findings.is_empty());
    let different = measure("check a folder whose types all changed", || {
        Check::new(Settings::default()).run(&after, &old)
    })?;
    assert!(different.findings.len() >= TYPES);
    Ok(())
}

fn measure<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    let millis = start.elapsed().as_secs_f64() * 1e3;
    println!("{millis:8.1} ms  {what}");
    result
}

/// Writes a folder with all types.
fn write_types(to: &Path, is_changed: bool) -> Result<(), Anything> {
    let shop = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop/schemas");
    let index: Value = serde_json::from_str(&fs::read_to_string(shop.join("index.json"))?)?;
    let shops = index["events"].as_array().ok_or("no events")?;
    let mut entries = Vec::new();
    for (number, entry) in shops.iter().cycle().take(TYPES).enumerate() {
        let text = |key: &str| entry[key].as_str().ok_or("no text");
        let mut schema: Value =
            serde_json::from_str(&fs::read_to_string(shop.join(text("path")?))?)?;
        let prefix = format!("shop{}/", number / shops.len());
        let [name, path] =
            [text("name")?, text("path")?].map(|text| text.replace("storefront/", &prefix));
        schema["properties"]["name"]["const"] = name.as_str().into();
        if is_changed {
            change(&mut schema, number % 2 == 0)?;
        }
        let file = to.join(&path);
        fs::create_dir_all(file.parent().ok_or("no folder")?)?;
        fs::write(file, serde_json::to_string_pretty(&schema)?)?;
        let mut entry = entry.clone();
        entry["name"] = name.into();
        entry["path"] = path.into();
        entries.push(entry);
    }
    let index = json!({ "format": index["format"], "events": entries });
    fs::write(to.join("index.json"), index.to_string())?;
    Ok(())
}

fn change(schema: &mut Value, is_required: bool) -> Result<(), Anything> {
    let data = &mut schema["properties"]["data"];
    data["properties"]["added"] = json!({ "type": "string" });
    if is_required {
        let required = data["required"]
            .as_array_mut()
            .ok_or("nothing is required")?;
        required.push("added".into());
    }
    for definition in schema["$defs"]
        .as_object_mut()
        .into_iter()
        .flat_map(|all| all.values_mut())
    {
        if definition.get("properties").is_some() {
            definition["properties"]["inner"] = json!({ "type": "integer" });
        }
    }
    Ok(())
}
