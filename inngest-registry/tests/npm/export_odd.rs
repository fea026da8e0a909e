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
    let typescript = exporters::typescript(&catalogue).unwrap();
    fs::write(folder.join("events.ts"), typescript).unwrap();
    let asyncapi = exporters::asyncapi(&catalogue).unwrap();
    fs::write(folder.join("asyncapi.json"), asyncapi).unwrap();
    for (path, text) in exporters::eventcatalog(&catalogue).unwrap() {
        let path = folder.join("eventcatalog").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
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
