//! Writes the input of the npm checks: the file of each exporter, and the schemas and events of odd
//! types.

#[path = "../support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::{env, fs};

use inngest_registry::exporters;
use serde_json::{Value, json};

fn main() {
    let folder = PathBuf::from(env::args_os().nth(1).expect("a folder to write to"));
    fs::create_dir_all(&folder).unwrap();
    let odd = support::Odd::all();
    let catalogue = odd.catalogue();
    for exporter in exporters::all() {
        let text = exporter.export(&catalogue).unwrap();
        fs::write(folder.join(exporter.file_name()), text).unwrap();
    }
    let schemas: Vec<Value> = catalogue
        .iter()
        .map(|event| json!({ "name": event.name, "v": event.version, "schema": event.schema }))
        .collect();
    fs::write(
        folder.join("schemas.json"),
        Value::from(schemas).to_string(),
    )
    .unwrap();
    fs::write(
        folder.join("sent.json"),
        Value::from(odd.events).to_string(),
    )
    .unwrap();
}
