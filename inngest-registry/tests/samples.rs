//! Reads the events that a server lists.
#![cfg(feature = "http")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use inngest_core::RawEvent;
use inngest_core::blocking::Client;
use inngest_core::testing::EventServer;
use inngest_registry::samples::{Origin, Query, Sample, Source, read};
use serde_json::json;

fn all(url: &str, query: &Query) -> Result<Vec<Sample>, String> {
    let samples = read(&Source::from(url), query).map_err(|error| error.to_string())?;
    samples
        .map(|sample| sample.map_err(|error| error.to_string()))
        .collect()
}

fn numbers(samples: &[Sample]) -> Vec<u64> {
    let number = |sample: &Sample| sample.data()["n"].as_u64().unwrap();
    samples.iter().map(number).collect()
}

/// A server that received 130 events, which are three pages.
fn server() -> EventServer {
    let server = EventServer::start().unwrap();
    let client = Client::builder()
        .dev(true)
        .base_url(server.url())
        .build()
        .unwrap();
    let events = (0..130).map(|n| {
        let event = RawEvent::new(format!("shop/event.{}", n % 2), json!({ "n": n }));
        match n % 2 {
            0 => event.id(format!("id-{n}")).version("2026-11-21.1"),
            _ => event.user(&json!({ "email": "e" })),
        }
    });
    let events: Vec<_> = events.collect();
    client.send_many(&events).unwrap();
    server
}

#[test]
fn all_pages_of_a_list_are_read() {
    let server = server();
    let samples = all(&server.url(), &Query::default()).unwrap();
    assert_eq!(numbers(&samples), (0..130).rev().collect::<Vec<_>>());
    let [last, before] = [&samples[0], &samples[1]];
    assert_eq!((last.id(), last.version()), (None, None));
    assert_eq!(last.user(), Some(&json!({ "email": "e" })));
    assert_eq!(before.id(), Some("id-128"));
    assert_eq!(before.version(), Some("2026-11-21.1"));
    assert!(before.is_listed() && before.ts().is_some());
    assert!(matches!(before.origin(), Origin::EventId(id) if id.len() == 26));
}

#[test]
fn a_query_selects_listed_events() {
    let server = server();
    let mut query = Query {
        name: Some("shop/event.1".to_owned()),
        ..Query::default()
    };
    let samples = all(&server.url(), &query).unwrap();
    assert_eq!(numbers(&samples).len(), 65);
    query.limit = Some(60);
    let samples = all(&format!("{}/", server.url()), &query).unwrap();
    assert_eq!(numbers(&samples).len(), 60);
    assert_eq!(numbers(&samples)[59], 11);
}

/// Answers each request with the same response, and returns the paths and bodies of the requests.
fn answering(
    status: &'static str,
    body: &'static str,
    requests: usize,
) -> (String, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answered = thread::spawn(move || {
        let mut paths = Vec::new();
        while paths.len() < requests {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut part = [0; 1024];
            while !request.ends_with(b"\r\n\r\n") {
                let read = stream.read(&mut part).unwrap();
                request.extend_from_slice(&part[..read]);
            }
            let request = String::from_utf8(request).unwrap();
            paths.push(request.lines().next().unwrap().to_owned());
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(body.as_bytes()).unwrap();
        }
        paths
    });
    (url, answered)
}

#[test]
fn a_server_without_cursors_ends_after_a_page() {
    let page = r#"{"data":[{"internal_id":"01B","name":"b"},{"internal_id":"01A","name":"a"}]}"#;
    let (url, answered) = answering("200 OK", page, 2);
    let query = Query {
        received_after: Some("2026-11-21T00:00:00+01:00".to_owned()),
        ..Query::default()
    };
    let names: Vec<_> = all(&url, &query).unwrap();
    let names: Vec<_> = names.iter().map(Sample::name).collect();
    assert_eq!(names, ["b", "a"]);
    let after = "received_after=2026-11-21T00%3A00%3A00%2B01%3A00";
    assert_eq!(
        answered.join().unwrap(),
        [
            format!("GET /v1/events?limit=100&{after} HTTP/1.1"),
            format!("GET /v1/events?limit=100&{after}&cursor=01A HTTP/1.1"),
        ]
    );
}

#[test]
fn what_lists_no_events_is_reported() {
    let mut errors = Vec::new();
    for (status, body) in [
        ("404 Not Found", "not here"),
        ("200 OK", "<html>"),
        (
            "200 OK",
            r#"{"data":null,"error":"Invalid query","status":400}"#,
        ),
        ("200 OK", r#"{"data":[{"internal_id":"01B","secret":1}]}"#),
    ] {
        let (url, answered) = answering(status, body, 1);
        let error = all(&url, &Query::default()).unwrap_err();
        errors.push(error.replace(&url, "http://SERVER"));
        answered.join().unwrap();
    }
    insta::assert_snapshot!(errors.join("\n"));
    let unused = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", unused.local_addr().unwrap());
    drop(unused);
    let error = all(&url, &Query::default()).unwrap_err();
    assert!(
        error.starts_with(&format!("cannot reach {url}: ")),
        "{error}"
    );
}
