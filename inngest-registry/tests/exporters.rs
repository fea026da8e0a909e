//! What the exporters make of odd event types. `tests/npm/run` checks the same with the tools that
//! read it.

mod support;

use std::collections::BTreeSet;

use inngest_registry::exporters::{self, Exporter};
use inngest_registry::{Catalogue, EventType};
use serde_json::{Value, json};
use support::Odd;

fn exporter(name: &str) -> &'static dyn Exporter {
    let mut all = exporters::all().iter().copied();
    all.find(|exporter| exporter.name() == name).unwrap()
}

fn export(name: &str, catalogue: &Catalogue) -> String {
    exporter(name).export(catalogue).unwrap()
}

#[test]
fn typescript() {
    insta::assert_snapshot!(export("typescript", &Odd::all().catalogue()));
}

#[test]
fn asyncapi() {
    insta::assert_snapshot!(export("asyncapi", &Odd::all().catalogue()));
}

#[test]
fn nothing_to_export() {
    let nothing = Catalogue::default();
    insta::assert_snapshot!(export("typescript", &nothing), @r"
    // Made by inngest-registry from the Rust types of the events. Changes made here are lost.
    /* eslint-disable */

    export {};
    ");
    let document: Value = serde_json::from_str(&export("asyncapi", &nothing)).unwrap();
    assert_eq!(document["channels"], json!({}));
}

#[test]
fn exporters_are_listed_in_order_and_by_names_of_their_own() {
    let names: Vec<_> = exporters::all().iter().map(|e| e.name()).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    let files: BTreeSet<_> = exporters::all()
        .iter()
        .map(|exporter| exporter.file_name())
        .collect();
    assert_eq!(files.len(), exporters::all().len());
    for exporter in exporters::all() {
        assert!(!exporter.about().ends_with('.'));
        assert!(exporter.about().len() < 80);
    }
}

#[test]
fn the_same_types_give_the_same_bytes() {
    let catalogue = Odd::all().catalogue();
    let events: Vec<EventType> = catalogue.iter().cloned().collect();
    let mut reversed = events.clone();
    reversed.reverse();
    let mut rotated = events.clone();
    rotated.rotate_left(events.len() / 3);
    // Added twice, as a list by hand beside what is linked in.
    let twice = [events.clone(), reversed.clone()].concat();
    for exporter in exporters::all() {
        let text = exporter.export(&catalogue).unwrap();
        for events in [&reversed, &rotated, &twice] {
            let shuffled: Catalogue = events.iter().cloned().collect();
            assert!(
                exporter.export(&shuffled).unwrap() == text,
                "{}",
                exporter.name()
            );
        }
    }
}

#[test]
fn two_types_that_differ_and_have_one_name_and_version_are_refused() {
    let mut events: Vec<EventType> = Odd::all().catalogue().iter().take(1).cloned().collect();
    let mut other = events[0].clone();
    other.schema["properties"]["data"] = json!({ "type": "object" });
    events.push(other);
    let catalogue: Catalogue = events.into_iter().collect();
    for exporter in exporters::all() {
        let error = exporter.export(&catalogue).unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"`even/same.name`: two event types that differ have this name and the same version; give one of them another name or version");
        }
    }
}

#[test]
fn a_name_has_one_meaning() {
    let text = export("typescript", &Odd::all().catalogue());
    let types = |prefix: &str| {
        let names = text
            .lines()
            .filter_map(|line| line.strip_prefix("export type "));
        let names = names.filter_map(|line| Some(line.split_once(" =")?.0));
        let mut names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
        names.sort_unstable();
        names
    };
    // The same in two versions.
    assert_eq!(types("Customer"), ["Customer"]);
    // Another in each.
    let addresses = [
        "Address_in_OrderPlacedData_2026_11_21_10",
        "Address_in_OrderPlacedData_2026_11_21_9",
    ];
    assert_eq!(types("Address"), addresses);
    // The same text in both, which refers to something else.
    assert_eq!(types("List_").len(), 2);
    // Of the user, which is not in the data.
    assert_eq!(types("User"), [""; 0]);
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| references(value, found));
            }
            _ => {}
        }
    }
    let document: Value =
        serde_json::from_str(&export("asyncapi", &Odd::all().catalogue())).unwrap();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn payloads_accept_what_the_schemas_accept() {
    let odd = Odd::all();
    let catalogue = odd.catalogue();
    let document: Value = serde_json::from_str(&export("asyncapi", &catalogue)).unwrap();
    let components = &document["components"];
    let mut counts = [0, 0];
    for event in &catalogue {
        let messages = components["messages"].as_object().unwrap().values();
        let payloads = messages.filter(|message| message["name"] == event.name.as_str());
        let (payload, schema) = payloads
            .map(|message| {
                let payload = message["payload"]["$ref"].as_str().unwrap();
                (payload, document.pointer(&payload[1..]).unwrap())
            })
            .find(|(_, schema)| {
                let version = schema["properties"]["v"]["const"].as_str();
                version == event.version.as_deref()
            })
            .unwrap();
        jsonschema::draft7::meta::validate(schema).unwrap();
        let ours = jsonschema::draft202012::new(&event.schema).unwrap();
        let theirs = json!({ "$ref": payload, "components": components });
        // 2020-12 leaves it open whether formats are checked, and draft-07 as well.
        let theirs = jsonschema::draft7::options()
            .should_validate_formats(false)
            .build(&theirs)
            .unwrap();
        // Has `unevaluatedProperties`, for which draft-07 has no form.
        let wider = event.name == "odd/enums.flattened_option";

        let sent = odd.events.iter().filter(|sent| {
            sent["name"] == event.name.as_str() && sent["v"].as_str() == event.version.as_deref()
        });
        for sent in sent {
            assert!(ours.is_valid(sent) && theirs.is_valid(sent), "{sent}");
            for changed in changes(sent) {
                let (ours, theirs) = (ours.is_valid(&changed), theirs.is_valid(&changed));
                counts[usize::from(ours)] += 1;
                assert!(ours == theirs || (wider && theirs), "{ours}: {changed}");
            }
        }
    }
    assert!(counts.iter().all(|count| *count > 200), "{counts:?}");
}

/// The value with each part of it changed once in each way.
fn changes(value: &Value) -> Vec<Value> {
    let mut all: Vec<Value> = [
        json!(null),
        json!("other"),
        json!("b"),
        json!(-1),
        json!(1),
        json!([]),
        json!({}),
    ]
    .into_iter()
    .filter(|other| other != value)
    .collect();
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let mut less = items.clone();
                less.remove(index);
                all.push(less.into());
                for changed in changes(item) {
                    let mut items = items.clone();
                    items[index] = changed;
                    all.push(items.into());
                }
            }
            all.push([items.as_slice(), &[json!("more")]].concat().into());
        }
        Value::Object(members) => {
            for (name, member) in members {
                let mut less = members.clone();
                less.remove(name);
                all.push(less.into());
                for changed in changes(member) {
                    let mut members = members.clone();
                    members.insert(name.clone(), changed);
                    all.push(members.into());
                }
            }
            let mut more = members.clone();
            more.insert("more".to_owned(), json!(true));
            all.push(more.into());
        }
        _ => {}
    }
    all
}
