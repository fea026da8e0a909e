//! The program reads events from Insights.
#![cfg(feature = "cli")]

#[path = "../src/http/test_server.rs"]
mod test_server;

use std::process::Command;
use std::thread;

use serde_json::{Value, json};

const SECRET: &str = "signkey-test-5ec5e7";

const SCHEMAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/shop/schemas");

/// Starts a server that gives each connection the next answer. Returns the URL of its Insights, and a thread
/// that returns the requests.
fn server(answers: Vec<(u16, Value)>) -> (String, thread::JoinHandle<Vec<String>>) {
    let answer = |(status, body): (u16, Value)| {
        let body = body.to_string();
        let length = body.len();
        format!(
            "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
    };
    let (url, requests) = test_server::start(answers.into_iter().map(answer).collect());
    (url + "/api/v2/insights", requests)
}

/// The heads and the SQL of requests.
fn received(requests: thread::JoinHandle<Vec<String>>) -> Vec<(String, String)> {
    let parts = |request: String| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        let query = body["query"].as_str().unwrap().to_owned();
        (format!("{head}\r\n"), query)
    };
    requests.join().unwrap().into_iter().map(parts).collect()
}

/// An answer with these events: name, version and data.
fn events(events: &[(&str, &str, Value)]) -> (u16, Value) {
    let columns = ["id", "name", "v", "data", "received_at"];
    let columns = columns.map(|name| json!({ "name": name, "type": "STRING" }));
    let rows = events.iter().enumerate().map(|(index, (name, v, data))| {
        let id = format!("01JQDAE4RQF8MBCR55T5AK{index:04}");
        json!({ "values": [id, name, v, data, "2026-11-21T18:32:00Z"] })
    });
    let rows: Vec<_> = rows.collect();
    let data = json!({ "columns": columns, "rows": rows, "diagnostics": [] });
    (200, json!({ "data": data }))
}

/// The exit code and the output of a command.
fn run(arguments: &[&str], key: Option<&str>) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inngest-registry"));
    command
        .args(arguments)
        .env_remove("INNGEST_SIGNING_KEY")
        .env("INNGEST_ENV", "branch");
    if let Some(key) = key {
        command.env("INNGEST_SIGNING_KEY", key);
    }
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains(SECRET), "{text}");
    (output.status.code().unwrap(), text)
}

/// `drift` of the shop's schemas with these answers.
fn drift(answers: Vec<(u16, Value)>, arguments: &[&str]) -> (i32, String) {
    let (url, requests) = server(answers);
    let all = [&["drift", SCHEMAS, "--from", &url], arguments].concat();
    let (code, text) = run(&all, Some(SECRET));
    for (head, _) in received(requests) {
        let head = head.to_lowercase();
        assert!(
            head.contains(&format!("authorization: bearer {SECRET}\r\n")),
            "{head}"
        );
        assert!(head.contains("x-inngest-env: branch\r\n"), "{head}");
    }
    (code, text.replace(&url, "http://SERVER/insights"))
}

#[test]
fn events_are_compared_without_their_ids() {
    let paid = |cents: Value| {
        let data = json!({ "order_id": 7, "method": { "kind": "gift_card" }, "cents": cents });
        ("storefront/order.paid", "2026-11-21.1", data)
    };
    let name = ["--name", "storefront/order.paid"];
    let (code, text) = drift(vec![events(&[paid(json!(1))])], &name);
    assert_eq!(code, 0, "{text}");
    let end = "no drift: 1 sample of 1 event type, 0 breaking, 2 notes, ids not compared\n";
    assert!(text.ends_with(end), "{text}");
    let (code, text) = drift(vec![events(&[paid(json!(1)), paid(json!("Jane"))])], &name);
    assert_eq!(code, 1, "{text}");
    assert!(!text.contains("Jane"), "{text}");
    insta::assert_snapshot!(text);
    let json = ["--format", "json", "--name", "storefront/order.paid"];
    let (_, text) = drift(vec![events(&[paid(json!(1))])], &json);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&report["samples"], &report["without_ids"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn exit_codes_tell_what_was_read() {
    assert_eq!(drift(vec![events(&[])], &[]).0, 2);
    let refused = json!({ "errors": [{ "code": "c", "message": format!("bad key {SECRET}") }] });
    let (code, text) = drift(vec![(401, refused)], &[]);
    assert_eq!(code, 3);
    assert!(
        text.contains("it refuses the key (`bad key ***`)"),
        "{text}"
    );
    for from in [
        "https://api.inngest.com",
        "https://api.inngest.com/v2/insights",
    ] {
        let (code, text) = run(&["drift", SCHEMAS, "--from", from], None);
        assert_eq!(code, 3);
        assert!(
            text.starts_with("error: INNGEST_SIGNING_KEY is not set"),
            "{text}"
        );
    }
    let from = "http://inngest.example/api/v2/insights";
    let (code, text) = run(&["drift", SCHEMAS, "--from", from], Some(SECRET));
    assert_eq!(code, 3);
    assert!(text.ends_with("write `https://`\n"), "{text}");
}

#[test]
fn types_are_written_for_selected_events() {
    let placed = |n: u64| ("shop/order.placed", "", json!({ "order_id": n }));
    let time = json!({ "data": { "columns": [{ "type": "DATETIME" }], "rows": [] } });
    let (url, requests) = server(vec![(200, time), events(&[placed(2), placed(1)])]);
    let arguments = ["--name", "shop/order.placed", "--limit", "2"];
    let after = ["--received-after", "2026-11-21T00:00:00Z"];
    let all = [&["scaffold", &url], &arguments[..], &after[..]].concat();
    let (code, text) = run(&all, Some(SECRET));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("order_id: u64"), "{text}");
    let (_, query) = &received(requests)[1];
    let filter = "name = 'shop/order.placed' AND received_at > '2026-11-21 00:00:00'";
    assert!(
        query.contains(&format!(" WHERE {filter} ORDER BY ")),
        "{query}"
    );
    assert!(query.ends_with(" LIMIT 2"), "{query}");
}
