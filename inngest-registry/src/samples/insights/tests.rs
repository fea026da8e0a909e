//! Tests queries against servers with prepared answers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use super::*;

const SECRET: &str = "signkey-test-5ec5e7";

/// A status and a body.
type Reply = (u16, String);

/// Starts a server that gives each connection the next answer. Returns its URL, and a thread that returns
/// the requests.
fn server(replies: Vec<Reply>) -> (String, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v2/insights", listener.local_addr().unwrap());
    let requests = thread::spawn(move || {
        let replies = replies.into_iter().zip(listener.incoming());
        let requests = replies.map(|((status, body), stream)| {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") {
                let start = head.len();
                assert_ne!(stream.read_line(&mut head).unwrap(), 0);
                let line = head[start..].to_lowercase();
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut request = vec![0; length];
            stream.read_exact(&mut request).unwrap();
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            head + str::from_utf8(&request).unwrap()
        });
        requests.collect()
    });
    (url, requests)
}

/// The SQL of requests.
fn queries(requests: thread::JoinHandle<Vec<String>>) -> Vec<String> {
    let requests = requests.join().unwrap();
    let query = |request: &String| {
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body.as_object().unwrap().len(), 1);
        body["query"].as_str().unwrap().to_owned()
    };
    requests.iter().map(query).collect()
}

/// Rows as an answer of Insights, with the type of the column `received_at`.
fn answer(time: &str, rows: &[Value], diagnostics: &Value) -> Reply {
    let types = ["STRING", "STRING", "STRING", "COMPLEX", time];
    let columns = COLUMNS.iter().zip(types);
    let columns = columns.map(|(name, kind)| json!({ "name": name, "type": kind }));
    let rows = rows.iter().map(|values| json!({ "values": values }));
    let body = json!({
        "data": {
            "columns": columns.collect::<Vec<_>>(),
            "rows": rows.collect::<Vec<_>>(),
            "diagnostics": diagnostics,
        },
        "metadata": { "fetchedAt": "2026-11-21T18:32:00Z" },
    });
    (200, body.to_string())
}

fn ulid(n: usize) -> String {
    format!("01JQDAE4RQF8MBCR55T5A{n:05}")
}

/// Rows of the events from `last` down to `first`. Ten at a time were received in the same millisecond.
fn rows(last: usize, first: usize) -> Vec<Value> {
    let row = |n: usize| {
        let millis = n / 10;
        let time = format!("2026-11-21T18:{:02}:{:02}.5Z", millis / 60, millis % 60);
        json!([ulid(n), "shop/a", "", { "n": n }, time])
    };
    (first..=last).rev().map(row).collect()
}

fn query(name: Option<&str>, limit: Option<usize>, received_after: Option<&str>) -> Query {
    Query {
        name: name.map(str::to_owned),
        limit,
        received_after: received_after.map(str::to_owned),
    }
}

/// Environment variables with a key.
fn with_key(name: &str) -> Option<OsString> {
    (name == KEY).then(|| SECRET.into())
}

fn without_key(_: &str) -> Option<OsString> {
    None
}

fn read(url: &str, query: &Query) -> Result<Vec<Sample>, String> {
    let events = Insights::new(url, query, &with_key).map_err(|error| error.to_string())?;
    let samples: Result<_, Error> = events.collect();
    samples.map_err(|error| error.to_string())
}

fn numbers(samples: &[Sample]) -> Vec<u64> {
    let number = |sample: &Sample| sample.data()["n"].as_u64().unwrap();
    samples.iter().map(number).collect()
}

const SELECT: &str = "SELECT id, name, v, data, received_at FROM events";
const ORDER: &str = "ORDER BY received_at DESC, id DESC LIMIT";

#[test]
fn all_pages_are_read() {
    let none = json!([{ "severity": "WARNING", "code": "slow", "message": "slow" }]);
    let (url, requests) = server(vec![
        answer("DATETIME", &rows(2100, 1101), &json!([])),
        answer("DATETIME", &rows(1100, 101), &none),
        answer("DATETIME", &rows(100, 1), &Value::Null),
    ]);
    let samples = read(&url, &Query::default()).unwrap();
    assert_eq!(numbers(&samples), (1..=2100).rev().collect::<Vec<_>>());
    assert_eq!(*samples[0].origin(), Origin::EventId(ulid(2100)));
    let [first, second] = ["2026-11-21 18:01:50.5", "2026-11-21 18:00:10.5"];
    let (newer, older) = (ulid(1101), ulid(101));
    assert_eq!(
        queries(requests),
        [
            format!("{SELECT} {ORDER} 1000"),
            format!(
                "{SELECT} WHERE (received_at < '{first}' OR (received_at = '{first}' AND id < '{newer}')) \
                 {ORDER} 1000"
            ),
            format!(
                "{SELECT} WHERE (received_at < '{second}' OR (received_at = '{second}' AND id < '{older}')) \
                 {ORDER} 1000"
            ),
        ]
    );
}
