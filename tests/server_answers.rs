//! The embedded server's other endpoints, headers and redirects, compared with the real server.

use inngest_core::testing::EventServer;
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Method, Response};
use serde_json::{Value, json};

const SEED: (&str, &str) = ("x-inngest-event-id-seed", "1743130137367,eii2YKXRVTJPuA==");
const SEEDED: &str = "01JQDAE4RQF8MBCR55T5AK4KXS";

async fn request(
    server: &EventServer,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let request = client
        .build()
        .unwrap()
        .request(method, format!("{}{path}", server.url()));
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request.body(body.to_owned()).send().await.unwrap()
}

async fn post(server: &EventServer, headers: &[(&str, &str)], body: &str) -> Value {
    body_of(request(server, Method::POST, "/e/key", headers, body).await).await
}

async fn get(server: &EventServer, path: &str) -> Value {
    let response = request(server, Method::GET, path, &[], "").await;
    assert_eq!(response.status(), 200, "{path}");
    body_of(response).await
}

async fn body_of(response: Response) -> Value {
    let text = response.bytes().await.unwrap();
    let mut reader = serde_json::Deserializer::from_slice(&text);
    serde::Deserialize::deserialize(&mut reader).unwrap_or_default()
}

#[tokio::test]
async fn listed_events_match_the_real_server() {
    let server = EventServer::start().unwrap();
    for body in [
        r#"{"name":"a"}"#,
        r#"{"name":"b","data":null,"user":{},"v":"","id":""}"#,
        r#"{"name":"c","data":{},"user":{"a":{"b":-0.0}},"v":"1","id":"i","ts":1743130137367}"#,
        r#"{"name":"d","data":{"n":[9007199254740993,1e3,5.0],"_inngest":1}}"#,
    ] {
        post(&server, &[], body).await;
    }
    let listed = get(&server, "/v1/events").await;
    assert!(listed["metadata"]["fetched_at"].is_string());
    assert_eq!(listed["metadata"]["cached_until"], Value::Null);
    let [d, c, b, a] = listed["data"].as_array().unwrap().as_slice() else {
        panic!("{listed}");
    };
    for (event, name) in [(a, "a"), (b, "b")] {
        assert_eq!(event["name"], name);
        assert_eq!(event["id"], event["internal_id"]);
        let members = event.as_object().unwrap();
        assert_eq!(members.get("data"), Some(&Value::Null), "{event}");
        assert!(
            !members.contains_key("v") && !members.contains_key("user"),
            "{event}"
        );
    }
    assert_eq!(c["data"], json!({}));
    assert_eq!(c["user"], json!({ "a": { "b": 0 } }));
    assert_eq!((&c["v"], &c["id"]), (&json!("1"), &json!("i")));
    assert_eq!(c["ts"], 1_743_130_137_367_i64);
    assert_ne!(c["id"], c["internal_id"]);
    assert_eq!(
        d["data"],
        json!({ "n": [9_007_199_254_740_992_i64, 1000, 5] })
    );
}

/// Also with `serde_json/preserve_order`.
#[tokio::test]
async fn members_are_sorted_by_key() {
    let server = EventServer::start().unwrap();
    let body = r#"{"data":{"b":1,"a":{"d":[{"f":1,"e":2}],"c":2}},"name":"a",
        "data":{"ab":3,"b":2},"meta":{"sessions":{"s":1,"r":null}}}"#;
    post(&server, &[SEED], body).await;
    let event = server.events().remove(0);
    let data = r#"{"a":{"c":2,"d":[{"e":2,"f":1}]},"ab":3,"b":2}"#;
    assert_eq!(event.data.to_string(), data);
    assert_eq!(event.data_json(), data);
    assert_eq!(
        Value::from(event.sessions).to_string(),
        r#"{"r":null,"s":"1"}"#
    );
    let found = request(
        &server,
        Method::GET,
        &format!("/v1/events/{SEEDED}"),
        &[],
        "",
    )
    .await;
    let found = found.bytes().await.unwrap();
    let found = String::from_utf8_lossy(&found).into_owned();
    assert!(found.contains(&format!(r#""data":{data}"#)), "{found}");
}

#[tokio::test]
async fn event_is_found_by_its_event_id() {
    let server = EventServer::start().unwrap();
    post(
        &server,
        &[SEED],
        r#"{"name":"a","data":{"x":1},"user":{"y":2}}"#,
    )
    .await;
    for id in [SEEDED, &SEEDED.to_lowercase()] {
        let found = get(&server, &format!("/v1/events/{id}")).await;
        assert_eq!(found["data"]["internal_id"], SEEDED);
        assert_eq!(found["data"]["data"], json!({ "x": 1 }));
        assert_eq!(found["data"]["user"], json!({ "y": 2 }));
        assert!(found["metadata"]["cached_until"].is_string());
    }
    let runs = get(&server, &format!("/v1/events/{SEEDED}/runs")).await;
    assert_eq!(runs["data"], json!([]));
    // The HTTP status is 200. The body contains the actual status.
    for (id, error, status) in [
        ("xyz", "Invalid event ID: xyz", 400),
        (
            "81JQDAE4RQF8MBCR55T5AK4KXS",
            "Invalid event ID: 81JQDAE4RQF8MBCR55T5AK4KXS",
            400,
        ),
        (
            "01JQDAE4RQF8MBCR55T5AK4KX",
            "Invalid event ID: 01JQDAE4RQF8MBCR55T5AK4KX",
            400,
        ),
        ("a%20b", "Invalid event ID: a b", 400),
        ("01JQDAE4RQF8MBCR55T5AK4KXT", "Event not found", 404),
        ("0!JQDAE4RQF8MBCR55T5AK4KXT", "Event not found", 404),
    ] {
        let found = get(&server, &format!("/v1/events/{id}")).await;
        assert_eq!(
            found,
            json!({ "error": error, "data": null, "status": status })
        );
    }
}

#[tokio::test]
async fn repeated_seed_is_stored_once() {
    let server = EventServer::start().unwrap();
    post(&server, &[SEED], r#"{"name":"first"}"#).await;
    let answer = post(&server, &[SEED], r#"{"name":"second"}"#).await;
    assert_eq!(answer, json!({ "ids": [SEEDED], "status": 200 }));
    let listed = get(&server, "/v1/events").await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!(listed["data"][0]["name"], "first");
    // Both were received.
    assert_eq!(server.events().len(), 2);
    let stored: Vec<_> = server.events().iter().map(|event| event.stored).collect();
    assert_eq!(stored, [true, false]);
}

#[tokio::test]
async fn seeds_out_of_range_are_ignored() {
    for seed in [
        "0,eii2YKXRVTJPuA==",
        "-1,eii2YKXRVTJPuA==",
        "281474976710656,eii2YKXRVTJPuA==",
        "1743130137367,eii2YKXRVTJPuA",
        "1743130137367,",
        ",eii2YKXRVTJPuA==",
        ",",
        "",
    ] {
        let server = EventServer::start().unwrap();
        let before = server.events().len();
        let answer = post(
            &server,
            &[("x-inngest-event-id-seed", seed)],
            r#"[{"name":"a"},{"name":"a"}]"#,
        )
        .await;
        let again = post(
            &server,
            &[("x-inngest-event-id-seed", seed)],
            r#"[{"name":"a"},{"name":"a"}]"#,
        )
        .await;
        assert_ne!(answer["ids"], again["ids"], "{seed}");
        assert_eq!(
            (before, server.runs().len(), server.batched_runs().len()),
            (0, 4, 4)
        );
    }
    let server = EventServer::start().unwrap();
    let latest = [(
        "x-inngest-event-id-seed",
        "281474976710655,AAAAAAAAAAAAAA==",
    )];
    let answer = post(&server, &latest, r#"{"name":"a"}"#).await;
    assert_eq!(answer["ids"], json!(["7ZZZZZZZZZ0000000000000001"]));
}

#[tokio::test]
async fn event_list_supports_limits_names_and_cursors() {
    let server = EventServer::start().unwrap();
    let body: Vec<_> = (0..60)
        .map(|n| json!({ "name": format!("n/{}", n % 2), "data": { "n": n } }))
        .collect();
    post(&server, &[SEED], &json!(body).to_string()).await;
    let numbers = async |query: &str| -> Vec<u64> {
        let listed = get(&server, &format!("/v1/events{query}")).await;
        let events = listed["data"].as_array().unwrap().clone();
        events
            .iter()
            .map(|event| event["data"]["n"].as_u64().unwrap())
            .collect()
    };
    for (query, count) in [
        ("", 20),
        ("?", 20),
        ("?limit=0", 20),
        ("?limit=", 20),
        ("?limit", 20),
        ("?limit=x", 20),
        ("?limit=1.5", 20),
        ("?limit=-1", 1),
        ("?limit=1", 1),
        ("?limit=%2B7", 7),
        ("?limit=51", 51),
        ("?limit=52", 51),
        ("?limit=99999999999999999999", 51),
        ("?limit=-99999999999999999999", 1),
        ("?limit=5&limit=9", 5),
        ("?name=n%2F1&limit=50", 30),
        ("?name=n/0&limit=3", 3),
        ("?name=none", 0),
        ("?name=&limit=2", 2),
        ("?%6Eame=none", 0),
    ] {
        assert_eq!(numbers(query).await.len(), count, "{query}");
    }
    assert_eq!(numbers("?limit=3").await, [59, 58, 57]);
    let third = server.events()[57].event_id.to_string();
    assert_eq!(numbers(&format!("?limit=2&cursor={third}")).await, [56, 55]);
    let refused = get(&server, "/v1/events?cursor=x").await;
    assert_eq!(
        refused,
        json!({ "error": "Invalid cursor query parameter", "data": null, "status": 400 })
    );
}

#[tokio::test]
async fn sdk_discovery_endpoints_respond() {
    let server = EventServer::start().unwrap();
    let health = request(&server, Method::GET, "/health", &[], "").await;
    assert_eq!(health.headers()["content-type"], "application/json");
    assert_eq!(health.headers()["x-inngest-server-kind"], "dev");
    assert_eq!(
        body_of(health).await,
        json!({ "status": 200, "message": "OK" })
    );
    let info = get(&server, "/dev").await;
    assert!(info["version"].is_string());
    for list in ["functions", "handlers"] {
        assert_eq!(info[list], json!([]));
    }
}

#[tokio::test]
async fn unknown_methods_and_paths_match_the_server() {
    const PAGE: (u16, &str) = (200, "");
    let server = EventServer::start().unwrap();
    for (method, path, (status, header)) in [
        ("GET", "/e/key", (405, "POST")),
        ("HEAD", "/e/key", (405, "POST")),
        ("PUT", "/e/key", (405, "POST")),
        ("DELETE", "/e/key", (405, "POST")),
        ("OPTIONS", "/e/key", (405, "POST")),
        ("POST", "/health", (405, "GET")),
        ("POST", "/dev", (405, "GET")),
        ("POST", "/v1/events", (405, "GET")),
        ("DELETE", "/v1/events/xyz", (405, "GET")),
        ("POST", "/e/key/", (303, "/e/key")),
        ("PUT", "/e/key/", (303, "/e/key")),
        ("POST", "/e/", (303, "/e")),
        ("GET", "/e/", (303, "/e")),
        ("POST", "/e/key/?a=b", (303, "/e/key?a=b")),
        ("GET", "/v1/events/", (303, "/v1/events")),
        ("GET", "/health/", (303, "/health")),
        ("GET", "//example.org/", (303, "/example.org")),
        ("POST", "/e/a/b", PAGE),
        ("GET", "/e", PAGE),
        ("POST", "/e", PAGE),
        ("POST", "/", PAGE),
        ("GET", "/elsewhere", PAGE),
        ("GET", "/v1/eventsx", PAGE),
        ("GET", "/v1/events/a/b", PAGE),
    ] {
        let found = request(&server, method.parse().unwrap(), path, &[], "").await;
        assert_eq!(found.status().as_u16(), status, "{method} {path}");
        let name = if status == 405 { "allow" } else { "location" };
        let value = found
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap());
        assert_eq!(value, header, "{method} {path}");
    }
    assert!(server.events().is_empty());
    // No recorded path contains an event key.
    assert!(
        server
            .requests()
            .iter()
            .all(|request| !request.path.contains("key"))
    );
}

#[tokio::test]
async fn event_keys_can_be_percent_encoded() {
    let server = EventServer::builder().event_key("a b+c").start().unwrap();
    for (path, status) in [
        ("/e/a%20b+c", 200),
        ("/e/a%20b%2Bc", 200),
        ("/e/a+b+c", 401),
    ] {
        let found = request(&server, Method::POST, path, &[], "").await;
        assert_eq!(found.status().as_u16(), status, "{path}");
    }
}

/// The CORS headers of a response.
fn cors(headers: &HeaderMap) -> Vec<String> {
    let of = |name: &HeaderName| name.as_str().starts_with("access-control-") || name == "vary";
    let mut lines: Vec<_> = headers
        .iter()
        .filter(|(name, _)| of(name))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn cors_allows_all_origins() {
    const ORIGIN: (&str, &str) = ("origin", "http://localhost:3000");
    let server = EventServer::start().unwrap();
    let expected = [
        "access-control-allow-origin: http://localhost:3000",
        "access-control-expose-headers: Link, Mcp-Session-Id",
        "vary: Origin",
    ];
    for (method, path) in [
        (Method::POST, "/e/key"),
        (Method::PUT, "/e/key"),
        (Method::POST, "/e/"),
        (Method::OPTIONS, "/e/key"),
        (Method::GET, "/v1/events"),
        (Method::GET, "/health"),
        (Method::GET, "/"),
    ] {
        let found = request(&server, method, path, &[ORIGIN], r#"{"name":"a"}"#).await;
        assert_eq!(cors(found.headers()), expected, "{path}");
    }
    let found = request(&server, Method::POST, "/e/key", &[], r#"{"name":"a"}"#).await;
    assert_eq!(cors(found.headers()), ["vary: Origin"]);
    let found = request(&server, Method::PATCH, "/e/key", &[ORIGIN], "").await;
    assert_eq!(cors(found.headers()), ["vary: Origin"]);
}

#[tokio::test]
async fn preflights_are_answered_everywhere() {
    const ORIGIN: (&str, &str) = ("origin", "https://shop.example");
    const METHOD: (&str, &str) = ("access-control-request-method", "post");
    const VARY: [&str; 3] = [
        "vary: Access-Control-Request-Headers",
        "vary: Access-Control-Request-Method",
        "vary: Origin",
    ];
    let server = EventServer::start().unwrap();
    for path in ["/e/key", "/e/", "/e/a/b", "/health", "/elsewhere/"] {
        let headers = [
            ORIGIN,
            METHOD,
            (
                "access-control-request-headers",
                "content-type,X-INNGEST-SDK, x-a",
            ),
        ];
        let found = request(&server, Method::OPTIONS, path, &headers, "").await;
        assert_eq!(found.status(), 200);
        let mut expected = vec![
            "access-control-allow-headers: Content-Type, X-Inngest-Sdk, X-A",
            "access-control-allow-methods: POST",
            "access-control-allow-origin: https://shop.example",
            "access-control-max-age: 3600",
        ];
        expected.extend(VARY);
        assert_eq!(cors(found.headers()), expected, "{path}");
        assert!(found.bytes().await.unwrap().is_empty());
    }
    // Nothing is allowed without an origin, or for a method that is not allowed.
    for headers in [
        vec![METHOD],
        vec![ORIGIN, ("access-control-request-method", "PATCH")],
    ] {
        let found = request(&server, Method::OPTIONS, "/e/key", &headers, "").await;
        assert_eq!(
            (found.status().as_u16(), cors(found.headers())),
            (200, VARY.map(String::from).to_vec())
        );
    }
    // Recorded preflights contain no event key.
    assert!(
        server
            .requests()
            .iter()
            .all(|request| !request.path.contains("key"))
    );
}

/// Endpoints show events of any depth without overflowing the server's stack.
#[tokio::test]
async fn endpoints_show_deep_events() {
    let server = EventServer::start().unwrap();
    for (open, closed) in [("[", "]"), (r#"{"a":"#, "}")] {
        for levels in [500, 700, 3_000, 9_997, 9_998] {
            let deep = open.repeat(levels) + "1" + &closed.repeat(levels);
            let body = format!(r#"{{"name":"a","data":{{"x":{deep}}},"user":{{"y":{deep}}}}}"#);
            let answer = post(&server, &[], &body).await;
            let id = answer["ids"][0].as_str().unwrap().to_owned();
            let event = server.events().pop().unwrap();
            assert_eq!(event.event_id, id.as_str());
            assert_eq!(event.data_json(), format!(r#"{{"x":{deep}}}"#));
            assert!(!format!("{event:?}{}", event.to_json()).is_empty());
            // With one more level, the event gets an id but is never stored.
            let kept = levels < 9_998;
            assert_eq!(event.stored, kept, "{levels}");
            assert_eq!(
                (event.would_run.plain, event.would_run.batched),
                (kept, kept)
            );
            let found = request(&server, Method::GET, &format!("/v1/events/{id}"), &[], "").await;
            let found = String::from_utf8(found.bytes().await.unwrap().to_vec()).unwrap();
            assert_eq!(
                found.contains(&format!(r#""data":{{"x":{deep}}},"user":{{"y":{deep}}}"#)),
                kept
            );
            assert_eq!(found.contains("Event not found"), !kept);
        }
    }
    for path in ["/_page/entries?after=0", "/_page/find?after=0&text=x"] {
        let found = request(&server, Method::GET, path, &[], "").await;
        assert_eq!(found.status(), 200, "{path}");
    }
    for path in ["/_page/event?entry=10", "/v1/events?limit=51"] {
        let found = request(&server, Method::GET, path, &[], "").await;
        assert_eq!(found.status(), 200, "{path}");
        let length = found.bytes().await.unwrap().len();
        assert!((100_000..3_000_000).contains(&length), "{path} {length}");
    }
    assert_eq!(server.runs().len(), 8);
    let again: Vec<Value> = server
        .events()
        .into_iter()
        .map(|event| event.data)
        .collect();
    assert_eq!(again.len(), 10);
}
