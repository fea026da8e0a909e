//! Scaffolded types compile, read and write the samples that they come from, and have the schemas that
//! they come from.
#![cfg(feature = "cli")]

#[path = "../shapes/mod.rs"]
#[expect(dead_code, reason = "other tests edit the types too")]
mod shapes;
#[path = "../support/mod.rs"]
mod support;
mod test_crate;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use inngest_core::RawEvent;
use inngest_core::blocking::Client;
use inngest_core::testing::EventServer;
use inngest_registry::Catalogue;
use inngest_registry::export::Export;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::json;
use test_crate::TestCrate;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inngest-registry"))
        .args(arguments)
        .output()
        .unwrap()
}

/// The code for a source, and the notes.
fn scaffold(source: &Path, options: &[&str]) -> (String, String) {
    let mut arguments = vec!["scaffold", source.to_str().unwrap()];
    arguments.extend(options);
    let output = run(&arguments);
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{notes}");
    let code = String::from_utf8(output.stdout).unwrap();
    assert_formatted(&code);
    (code, notes)
}

/// Checks that rustfmt, where it is installed, leaves the code as it is.
fn assert_formatted(code: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.rs");
    fs::write(&file, code).unwrap();
    let output = Command::new("rustfmt")
        .args(["--edition", "2024", "--check"])
        .arg(&file)
        .output();
    if let Ok(output) = output {
        let difference = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{difference}");
    }
}

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn scaffolded_types_compile_and_are_faithful() {
    let mut test = TestCrate::new();

    let samples = file("tests/scaffold/samples.jsonl");
    let (code, notes) = scaffold(&samples, &[]);
    insta::assert_snapshot!("samples", code);
    insta::assert_snapshot!("samples_notes", notes);
    test.add_samples("samples", &code, &samples);

    let shop = file("../examples/shop/schemas");
    let (code, notes) = scaffold(&shop, &[]);
    insta::assert_snapshot!("shop", code);
    assert_eq!(notes, "");
    test.add_export("shop", &code, &shop);

    let odd = tempfile::tempdir().unwrap();
    // These have schemas that were written by hand, and a `Result`.
    let other = ["containers.by_hand", "containers.generic"];
    let types = support::Odd::all().catalogue();
    let types: Catalogue = types
        .iter()
        .filter(|event| !other.iter().any(|name| event.name.ends_with(name)))
        .cloned()
        .collect();
    Export::new().run(&types, odd.path()).unwrap();
    let (code, notes) = scaffold(odd.path(), &[]);
    insta::assert_snapshot!("odd", code);
    assert_eq!(notes, "");
    test.add_export("odd", &code, odd.path());

    let generated = tempfile::tempdir().unwrap();
    let values = generated.path().join("values.jsonl");
    write_generated(generated.path(), &values);
    let (code, notes) = scaffold(generated.path(), &[]);
    let schema = |name: &str| {
        generated
            .path()
            .join(format!("{}.json", name.replace('/', "-")))
    };
    test.add_schemas("generated", &code, schema, &values);

    let changes = test.run();
    assert!(notes.contains("integers without a bound"), "{notes}");
    let changes = changes.lines();
    for change in changes.filter(|change| !change.contains("9007199254740991 was added")) {
        let (event, _) = change.split_once(':').unwrap();
        let has_note = notes.contains(&format!("`{event}`"));
        assert!(has_note, "nothing notes that {change}");
    }
}

/// Writes schemas of random types, and values of each.
fn write_generated(folder: &Path, values: &Path) {
    let mut runner = TestRunner::deterministic();
    let mut lines = String::new();
    for index in 0..40 {
        let document = shapes::document().new_tree(&mut runner).unwrap().current();
        let mut data = document.schema();
        let validator = jsonschema::validator_for(&data).unwrap();
        let name = format!("generated/event.{index}");
        let mut writer = shapes::Writer::new(index, false);
        for _ in 0..10 {
            let value = writer.write(&document);
            if validator.is_valid(&value) {
                writeln!(lines, "{}", json!({ "name": name, "data": value })).unwrap();
            }
        }
        let definitions = data.as_object_mut().unwrap().remove("$defs");
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "properties": { "name": { "const": name }, "data": data },
            "$defs": definitions,
        });
        let path = folder.join(format!("{}.json", name.replace('/', "-")));
        fs::write(path, schema.to_string()).unwrap();
    }
    fs::write(values, lines).unwrap();
}

#[test]
fn asyncapi_documents_give_the_same_types() {
    let shop = file("../examples/shop/schemas");
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("asyncapi.json");
    let output = run(&["asyncapi", "--from", shop.to_str().unwrap()]);
    fs::write(&document, output.stdout).unwrap();
    let (code, notes) = scaffold(&document, &[]);
    assert_eq!(notes, "");
    let (own, _) = scaffold(&shop, &[]);
    assert_eq!(code, own);
}

/// The index has the id templates. Without it, they are found by the patterns of the ids.
#[test]
fn schemas_without_an_index_give_the_same_types() {
    let shop = file("../examples/shop/schemas");
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for event in fs::read_dir(shop.join("storefront")).unwrap() {
        let event = event.unwrap();
        for version in fs::read_dir(event.path()).unwrap() {
            let version = version.unwrap();
            let name = event.file_name().into_string().unwrap();
            let to = folder.path().join(name);
            fs::create_dir_all(&to).unwrap();
            fs::copy(version.path(), to.join(version.file_name())).unwrap();
            count += 1;
        }
    }
    let (code, notes) = scaffold(folder.path(), &[]);
    let (own, _) = scaffold(&shop, &[]);
    assert_eq!(code, own);
    assert_eq!(
        notes.matches("is proposed because its ids").count(),
        count,
        "{notes}"
    );
}

#[test]
fn documents_of_other_tools_are_read() {
    let (code, notes) = scaffold(&file("tests/scaffold/catalog"), &[]);
    insta::assert_snapshot!("catalog", format!("{code}\n// {notes}"));
    let (code, notes) = scaffold(&file("tests/scaffold/asyncapi-2.json"), &[]);
    insta::assert_snapshot!("asyncapi_2", format!("{code}\n// {notes}"));
}

#[test]
fn documents_may_be_data_alone() {
    let folder = tempfile::tempdir().unwrap();
    let hook = folder.path().join("hook.json");
    fs::write(
        &hook,
        r##"{ "action": "opened", "name": "#1001", "number": 7 }"##,
    )
    .unwrap();
    let (code, notes) = scaffold(&hook, &["--name", "github/issues"]);
    assert_eq!(notes, "");
    insta::assert_snapshot!(code);
    let (_, notes) = scaffold(&hook, &[]);
    assert!(
        notes.contains("`action`, `number` beside `data`"),
        "{notes}"
    );

    let schema = folder.path().join("order.schema.json");
    let text =
        r#"{ "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"] }"#;
    fs::write(&schema, text).unwrap();
    let (code, _) = scaffold(&schema, &["--name", "shop/order.placed"]);
    assert!(
        code.contains("pub struct OrderPlaced {\n    pub id: String,\n}"),
        "{code}"
    );
}

#[test]
fn events_of_a_server_are_read() {
    let server = EventServer::start().unwrap();
    let client = Client::builder()
        .dev(true)
        .base_url(server.url())
        .build()
        .unwrap();
    let events: Vec<_> = (0..3)
        .map(|n| RawEvent::new("shop/order.placed", json!({ "order_id": n })))
        .collect();
    client.send_many(&events).unwrap();
    let (code, notes) = scaffold(Path::new(&server.url()), &[]);
    insta::assert_snapshot!(format!("{code}\n// {notes}"));
}

#[test]
fn no_file_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("events.rs");
    let samples = file("tests/scaffold/samples.jsonl");
    let arguments = [
        "scaffold",
        samples.to_str().unwrap(),
        "--into",
        into.to_str().unwrap(),
    ];
    let first = run(&arguments);
    assert_eq!(first.status.code(), Some(0));
    let printed = String::from_utf8(first.stdout).unwrap();
    assert_eq!(printed, format!("wrote {}\n", into.display()));
    let code = fs::read_to_string(&into).unwrap();
    assert_eq!(code, scaffold(&samples, &[]).0);

    fs::write(&into, "// mine").unwrap();
    let second = run(&arguments);
    assert_eq!(second.status.code(), Some(3));
    let error = String::from_utf8(second.stderr).unwrap();
    let error = error.replace(folder.path().to_str().unwrap(), "<folder>");
    insta::assert_snapshot!(error, @"error: `<folder>/events.rs` already exists, and `scaffold` never overwrites a file; name another file, or remove it first");
    assert_eq!(fs::read_to_string(&into).unwrap(), "// mine");
}

#[test]
fn unusable_sources_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let unnamed = at(
        "unnamed.json",
        r#"{ "type": "object", "properties": { "a": {} } }"#,
    );
    let yaml = at("asyncapi.yaml", "asyncapi: 3.0.0\n");
    let empty = at("empty.jsonl", "");
    let event = at("event.jsonl", r#"{ "name": "a/b", "data": {} }"#);
    let broken = at("broken.json", "{");
    fs::create_dir(folder.path().join("none")).unwrap();
    let none = folder.path().join("none").to_str().unwrap().to_owned();
    let shop = file("../examples/shop/schemas")
        .to_str()
        .unwrap()
        .to_owned();
    let mut errors = String::new();
    for sources in [
        &[&unnamed][..],
        &[&yaml],
        &[&empty],
        &[&event, &shop],
        &[&broken],
        &[&none],
    ] {
        let mut arguments = vec!["scaffold"];
        arguments.extend(sources.iter().map(|source| source.as_str()));
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(3), "{sources:?}");
        assert!(output.stdout.is_empty());
        errors += &String::from_utf8(output.stderr).unwrap();
    }
    insta::assert_snapshot!(errors.replace(folder.path().to_str().unwrap(), "<folder>"));
}
