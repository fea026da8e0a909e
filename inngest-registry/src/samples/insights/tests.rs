//! Tests queries against servers with prepared answers.

use std::thread;

use super::*;
use crate::http::test_server;

const SECRET: &str = "signkey-test-5ec5e7";

/// A status and a body.
type Reply = (u16, String);

/// Starts a server that gives each connection the next answer. Returns the URL of its Insights, and a thread
/// that returns the requests.
fn server(replies: Vec<Reply>) -> (String, thread::JoinHandle<Vec<String>>) {
    let answer = |(status, body): Reply| {
        let length = body.len();
        format!(
            "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
    };
    let (url, requests) = test_server::start(replies.into_iter().map(answer).collect());
    (url + "/api/v2/insights", requests)
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

/// The answer to the query for the type of the column `received_at`.
fn time_column(kind: &str) -> Reply {
    let columns = json!([{ "name": "received_at", "type": kind }]);
    let body = json!({ "data": { "columns": columns, "rows": [] } });
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

#[test]
fn a_query_selects_events() {
    let (url, requests) = server(vec![
        time_column("DATETIME"),
        answer("DATETIME", &rows(3, 1), &json!([])),
    ]);
    let after = Some("2026-11-21T01:00:00.25+01:00");
    let samples = read(&url, &query(Some("shop/a"), Some(7), after)).unwrap();
    assert_eq!(numbers(&samples), [3, 2, 1]);
    let filter = "name = 'shop/a' AND received_at > '2026-11-21 00:00:00.25'";
    assert_eq!(
        queries(requests),
        [
            "SELECT received_at FROM events LIMIT 1".to_owned(),
            format!("{SELECT} WHERE {filter} {ORDER} 7"),
        ]
    );
}

#[test]
fn texts_are_escaped() {
    let (url, requests) = server(vec![answer("DATETIME", &[], &json!([]))]);
    let name = "it's' OR name <> '";
    assert!(
        read(&url, &query(Some(name), None, None))
            .unwrap()
            .is_empty()
    );
    let literal = "'it''s'' OR name <> '''";
    assert_eq!(
        queries(requests),
        [format!("{SELECT} WHERE name = {literal} {ORDER} 1000")]
    );
    // Databases differ in what a backslash means, so the name is not in the query.
    for name in ["a\\' OR 1=1 --", "a\nb"] {
        let (url, requests) = server(vec![answer("DATETIME", &rows(3, 1), &json!([]))]);
        read(&url, &query(Some(name), Some(1), None)).unwrap();
        assert_eq!(queries(requests), [format!("{SELECT} {ORDER} 1000")]);
    }
}

#[test]
fn times_are_compared_as_the_column_has_them() {
    // Inngest Cloud has milliseconds as numbers.
    let row = |n: usize, time: Value| json!([ulid(n), "a", "", {}, time]);
    for (time, literal) in [
        (json!(1_795_220_999_500_i64), "1795220999500"),
        (json!(1_795_220_999_500.0), "1795220999500"),
        (
            json!("2026-11-21T18:32:00.125Z"),
            "'2026-11-21 18:32:00.125'",
        ),
        (json!("2026-11-21 18:32:00"), "'2026-11-21 18:32:00'"),
        (json!("2026-11-21T19:32:00+01:00"), "'2026-11-21 18:32:00'"),
    ] {
        let page: Vec<_> = (0..1000).rev().map(|n| row(n, time.clone())).collect();
        let (url, requests) = server(vec![
            time_column("NUMBER"),
            answer("NUMBER", &page, &json!([])),
            answer("NUMBER", &[], &json!([])),
        ]);
        let after = Some("2026-11-21T00:00:00.5Z");
        assert_eq!(read(&url, &query(None, None, after)).unwrap().len(), 1000);
        let filter = "received_at > 1795219200500";
        let id = ulid(0);
        assert_eq!(
            queries(requests)[1..],
            [
                format!("{SELECT} WHERE {filter} {ORDER} 1000"),
                format!(
                    "{SELECT} WHERE {filter} AND (received_at < {literal} OR (received_at = {literal} \
                     AND id < '{id}')) {ORDER} 1000"
                ),
            ]
        );
    }
    for time in [json!(null), json!("yesterday")] {
        let page: Vec<_> = (0..1000).rev().map(|n| row(n, time.clone())).collect();
        let (url, requests) = server(vec![answer("DATETIME", &page, &json!([]))]);
        let error = read(&url, &Query::default()).unwrap_err();
        assert!(
            error.ends_with("the column `received_at` has an unknown form"),
            "{error}"
        );
        assert_eq!(requests.join().unwrap().len(), 1);
    }
}

#[test]
fn limit_ends_the_pages() {
    let (url, requests) = server(vec![
        answer("DATETIME", &rows(2000, 1001), &json!([])),
        answer("DATETIME", &rows(1000, 501), &json!([])),
    ]);
    assert_eq!(
        read(&url, &query(None, Some(1500), None)).unwrap().len(),
        1500
    );
    let queries = queries(requests);
    assert!(queries[0].ends_with("LIMIT 1000") && queries[1].ends_with("LIMIT 500"));
    // A server may answer fewer rows than the query asks for.
    let capped = json!([{ "severity": "INFO", "code": "limit-capped", "message": "m" }]);
    let (url, requests) = server(vec![
        answer("DATETIME", &rows(30, 21), &capped),
        answer("DATETIME", &rows(20, 11), &capped),
        answer("DATETIME", &[], &json!([])),
    ]);
    assert_eq!(read(&url, &Query::default()).unwrap().len(), 20);
    assert_eq!(requests.join().unwrap().len(), 3);
    let none = Insights::new(
        "https://api.inngest.com",
        &query(None, Some(0), None),
        &with_key,
    );
    assert_eq!(none.unwrap().take(0).count(), 0);
}

#[test]
fn events_of_the_server_do_not_count_towards_the_limit() {
    let internal = |n: usize| {
        let time = "2026-11-21T19:00:00Z";
        json!([ulid(n), "inngest/function.failed", "", { "n": n }, time])
    };
    let page = [internal(9), internal(8)];
    let (url, requests) = server(vec![
        answer("DATETIME", &[&page[..], &rows(7, 7)].concat(), &json!([])),
        answer("DATETIME", &rows(6, 5), &json!([])),
    ]);
    let samples = read(&url, &query(None, Some(3), None)).unwrap();
    assert_eq!(numbers(&samples), [9, 8, 7, 6, 5]);
    let queries = queries(requests);
    assert!(queries[0].ends_with("LIMIT 3") && queries[1].ends_with("LIMIT 2"));
    let (url, requests) = server(vec![answer("DATETIME", &page, &json!([]))]);
    let name = Some("inngest/function.failed");
    assert_eq!(read(&url, &query(name, Some(2), None)).unwrap().len(), 2);
    assert_eq!(requests.join().unwrap().len(), 1);
}

#[test]
fn pages_become_smaller_if_a_result_is_too_large() {
    let too_large = json!([{
        "severity": "ERROR", "code": "execution-error",
        "message": "query result exceeds the 32 MiB limit; select fewer columns or rows",
    }]);
    let refusal = || answer("DATETIME", &[], &too_large);
    let (url, requests) = server(vec![
        refusal(),
        refusal(),
        answer("DATETIME", &rows(70, 9), &json!([])),
        answer("DATETIME", &rows(8, 1), &json!([])),
    ]);
    let samples = read(&url, &Query::default()).unwrap();
    assert_eq!(numbers(&samples), (1..=70).rev().collect::<Vec<_>>());
    let limits: Vec<String> = queries(requests)
        .iter()
        .map(|query| query.rsplit_once(' ').unwrap().1.to_owned())
        .collect();
    assert_eq!(limits, ["1000", "250", "62", "62"]);
    let (url, requests) = server(vec![refusal(), refusal(), refusal(), refusal()]);
    let error = read(&url, &Query::default()).unwrap_err();
    assert!(error.contains("exceeds the 32 MiB limit"), "{error}");
    assert_eq!(requests.join().unwrap().len(), 4);
}

#[test]
fn servers_that_ignore_the_cursor_are_reported() {
    let page = || answer("DATETIME", &rows(1000, 1), &json!([]));
    let (url, _requests) = server(vec![page(), page()]);
    let mut events = Insights::new(&url, &Query::default(), &with_key).unwrap();
    assert!(events.by_ref().take(1000).all(|sample| sample.is_ok()));
    let error = events.next().unwrap().unwrap_err().to_string();
    assert!(
        error.ends_with("it answers with the same events again"),
        "{error}"
    );
    assert!(events.next().is_none());
}

#[test]
fn events_keep_their_data() {
    let data = json!({
        "n": 18_014_398_509_481_985_u64, "f": 0.1, "none": null, "text": "{\"a\":1}", "list": [[], {}],
    });
    let time = "2026-11-21T18:32:00Z";
    let rows = [
        json!([ulid(3), "shop/a", "2026-11-21.1", data, time]),
        json!([ulid(2), "shop/a", null, data.to_string(), time]),
        json!([ulid(1), "shop/a", "", null, time]),
        // A server may have the deduplication id in this column, which can be personal data.
        json!(["paid-Jane", "shop/a", "", "{}", time]),
    ];
    let (url, _requests) = server(vec![answer("DATETIME", &rows, &json!([]))]);
    let samples = read(&url, &Query::default()).unwrap();
    let versions: Vec<_> = samples.iter().map(Sample::version).collect();
    assert_eq!(versions, [Some("2026-11-21.1"), None, None, None]);
    assert_eq!([samples[0].data(), samples[1].data()], [&data, &data]);
    assert_eq!(
        [samples[2].data(), samples[3].data()],
        [&json!({}), &json!({})]
    );
    for sample in &samples {
        assert!(sample.is_listed() && !sample.has_known_id());
        assert_eq!(
            (sample.id(), sample.user(), sample.ts()),
            (None, None, None)
        );
    }
    let members = samples[1].as_value().as_object().unwrap();
    assert_eq!(members.keys().collect::<Vec<_>>(), ["data", "name"]);
    let origins: Vec<_> = samples
        .iter()
        .map(|sample| sample.origin().to_string())
        .collect();
    let events = [3, 2, 1].map(|n| format!("event {}", ulid(n)));
    assert_eq!(origins[..3], events);
    assert_eq!(origins[3], "event 4");
}

#[test]
fn unexpected_answers_are_reported_without_values() {
    let time = "2026-11-21T18:32:00Z";
    let table = |rows: &[Value]| answer("DATETIME", rows, &json!([]));
    let error = |code: &str, message: &str| {
        let body = json!({ "errors": [{ "code": code, "message": message }] });
        body.to_string()
    };
    let diagnostic = |message: &str| {
        let diagnostics = json!([
            { "severity": "INFO", "code": "default-limit-applied", "message": "capped" },
            { "severity": "ERROR", "code": "validation-error", "message": message,
              "position": { "start": 0, "end": 1, "context": "S" } },
        ]);
        json!({ "data": { "columns": [], "rows": [], "diagnostics": diagnostics } }).to_string()
    };
    let without = |column: &str| {
        let (_, body) = table(&[json!(["a", "b", "", {}, time])]);
        (
            200,
            body.replace(&format!("\"name\":\"{column}\""), "\"name\":\"other\""),
        )
    };
    let replies = vec![
        (200, diagnostic("unknown table `events`\u{1b}[31m\nat 1:1.")),
        (200, diagnostic(&format!("no {SECRET}"))),
        (400, error("validation_error", "parsing query: syntax")),
        (
            401,
            error("invalid_signing_key", &format!("Invalid key {SECRET}")),
        ),
        (401, "Authentication failed".to_owned()),
        (403, error("access_denied", "no grant")),
        (404, "<html>404</html>".to_owned()),
        (
            501,
            error("not_implemented", "Insights requires dual-write (--duckdb)"),
        ),
        (302, String::new()),
        (200, "<html>".to_owned()),
        (200, "[]".to_owned()),
        (200, json!({ "data": { "columns": [] } }).to_string()),
        without("data"),
        without("id"),
        table(&[json!(["Jane", "b"])]),
        table(&[json!([7, "Jane", "", {}, time])]),
        table(&[json!(["Jane", "", "", {}, time])]),
        table(&[json!([ulid(1), "a", "", "Jane", time])]),
        table(&[json!([ulid(1), "a", "", "\"Jane\"", time])]),
        table(&[json!([ulid(1), "a", { "Jane": 1 }, {}, time])]),
    ];
    let mut errors = Vec::new();
    for reply in replies {
        let (url, requests) = server(vec![reply]);
        let error = read(&url, &Query::default()).unwrap_err();
        assert_eq!(requests.join().unwrap().len(), 1, "{error}");
        errors.push(error.replace(&url, "http://SERVER/insights"));
    }
    let errors = errors.join("\n");
    for secret in [SECRET, "Jane", "\u{1b}"] {
        assert!(!errors.contains(secret), "{errors}");
    }
    insta::assert_snapshot!(errors);
}

#[test]
fn faults_of_the_server_are_retried() {
    let busy = |status| {
        (
            status,
            json!({ "errors": [{ "message": "busy" }] }).to_string(),
        )
    };
    let (url, requests) = server(vec![
        busy(503),
        busy(429),
        answer("DATETIME", &rows(1, 1), &json!([])),
    ]);
    assert_eq!(read(&url, &Query::default()).unwrap().len(), 1);
    assert_eq!(requests.join().unwrap().len(), 3);
    let (url, _requests) = server(vec![busy(500), busy(500), busy(500)]);
    let error = read(&url, &Query::default()).unwrap_err();
    assert!(
        error.ends_with("it answered with status 500 (`busy`)"),
        "{error}"
    );
}

#[test]
fn requests_have_the_key_and_the_environment() {
    let environment = |name: &str| match name {
        KEY => Some(format!(" {SECRET}\n").into()),
        ENVIRONMENT => Some(" branch 1 ".into()),
        _ => None,
    };
    let (url, requests) = server(vec![answer("DATETIME", &[], &json!([]))]);
    let url = url + "/query/";
    let mut events = Insights::new(&url, &Query::default(), &environment).unwrap();
    assert!(events.next().is_none());
    let request = requests.join().unwrap().remove(0);
    assert!(
        request.starts_with("POST /api/v2/insights/query HTTP/1.1\r\n"),
        "{request}"
    );
    for line in [
        &format!("authorization: Bearer {SECRET}\r\n"),
        "x-inngest-env: branch 1\r\n",
        "content-type: application/json\r\n",
    ] {
        assert!(request.contains(line), "{request}");
    }
    // A local server asks for no key.
    let (url, requests) = server(vec![answer("DATETIME", &[], &json!([]))]);
    let mut events = Insights::new(&url, &Query::default(), &without_key).unwrap();
    assert!(events.next().is_none());
    let request = requests.join().unwrap().remove(0);
    assert!(!request.contains("authorization") && !request.contains("x-inngest-env"));
    let reply = (
        401,
        json!({ "errors": [{ "message": "no key" }] }).to_string(),
    );
    let (url, _requests) = server(vec![reply]);
    let mut events = Insights::new(&url, &Query::default(), &without_key).unwrap();
    let error = events.next().unwrap().unwrap_err().to_string();
    assert!(
        error.contains("it asks for a key (`no key`); set INNGEST_SIGNING_KEY"),
        "{error}"
    );
}

#[test]
fn unusable_settings_are_reported_without_the_key() {
    let none = Query::default();
    let cloud = "https://api.inngest.com/v2/insights";
    let environment = |key: &'static str, env: &'static str| {
        move |name: &str| match name {
            KEY => Some(key.into()),
            ENVIRONMENT => Some(env.into()),
            _ => None,
        }
    };
    let error = |url: &str, query: &Query, key, env| {
        let error = Insights::new(url, query, &environment(key, env))
            .err()
            .unwrap();
        error.to_string()
    };
    let errors = [
        error(cloud, &none, "", ""),
        error("http://API.inngest.com", &none, " ", ""),
        error("http://api.inngest.com", &none, SECRET, ""),
        error("http://inngest.example/api/v2/insights", &none, SECRET, ""),
        error("http://me:5ec5e7@inngest.example/insights", &none, "", ""),
        error("https://me:5ec5e7@[/insights", &none, "", ""),
        error(cloud, &none, "5ec5e7 5ec5e7", ""),
        error(cloud, &none, "5ec5e7\u{e9}", ""),
        error(cloud, &none, SECRET, "br\u{e4}nch"),
        error(cloud, &none, SECRET, "a\tb"),
        error(cloud, &query(None, None, Some("yesterday")), SECRET, ""),
        error(
            cloud,
            &query(None, None, Some("2026-11-21T00:00:00")),
            SECRET,
            "",
        ),
    ];
    let errors = errors.join("\n");
    assert!(!errors.contains("5ec5e7"), "{errors}");
    insta::assert_snapshot!(errors);
}

#[test]
fn urls_of_insights_are_recognized() {
    use crate::samples::Source;
    for (url, address) in [
        (
            "https://api.inngest.com",
            "https://api.inngest.com/v2/insights",
        ),
        (
            "https://api.inngest.com/",
            "https://api.inngest.com/v2/insights",
        ),
        (
            "https://API.inngest.com:443/v1/events",
            "https://API.inngest.com:443/v2/insights",
        ),
        (
            "https://api.inngest.com/v2/insights/query",
            "https://api.inngest.com/v2/insights",
        ),
        (
            "https://api.inngest.com/v3/insights/",
            "https://api.inngest.com/v3/insights",
        ),
        (
            "http://127.0.0.1:8288/api/v2/insights",
            "http://127.0.0.1:8288/api/v2/insights",
        ),
        (
            "http://localhost:8288/insights",
            "http://localhost:8288/insights",
        ),
        (
            "https://me:x@eu.example/v2/insights",
            "https://eu.example/v2/insights",
        ),
    ] {
        assert_eq!(Source::from(url), Source::Insights(url.to_owned()), "{url}");
        let events = Insights::new(url, &Query::default(), &with_key).unwrap();
        assert_eq!(events.pages.http.address().to_string(), address);
    }
    for url in [
        "http://127.0.0.1:8288",
        "http://insights",
        "https://insights.example/",
        "https://api.inngest.com.example",
        "https://api.inngest.com@a.example",
        "http://127.0.0.1/insights/v1",
        "http://127.0.0.1/query",
        "http://127.0.0.1/?q=/insights",
    ] {
        assert_eq!(Source::from(url), Source::Server(url.to_owned()), "{url}");
    }
    assert_eq!(
        Source::from("exports/insights"),
        Source::File("exports/insights".into())
    );
}
