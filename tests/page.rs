//! The page of the embedded server. The tests with a browser need Chromium, so they are ignored by
//! default; `.ci/run` runs them.

use std::time::Duration;

use inngest_core::Event;
use inngest_core::testing::{EventServer, Fault};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

#[path = "page/browser.rs"]
mod browser;
mod webdriver;

use webdriver::Browser;

/// An item, with <angle brackets> in its description.
#[derive(Serialize, JsonSchema, Event)]
#[event(
    name = "page/item.imported",
    id = "item-imported-{item}",
    version = "2026-11-21.1"
)]
struct ItemImported {
    item: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<Size>,
}

#[derive(Serialize, JsonSchema)]
struct Size {
    width: u32,
    unit: Option<String>,
}

fn item(item: &str) -> ItemImported {
    ItemImported {
        item: item.into(),
        size: None,
    }
}

/// Text that would break the page if it became HTML, a script, or the end of a string.
const HOSTILE: &str = "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'>\"'`${window.broken = 1}\\";

async fn get(server: &EventServer, path: &str) -> String {
    let response = reqwest::get(format!("{}{path}", server.url())).await;
    let bytes = response.unwrap().bytes().await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn post(server: &EventServer, body: &str, seed: &str) -> u16 {
    let request = reqwest::Client::new()
        .post(format!("{}/e/key", server.url()))
        .header("x-inngest-event-id-seed", format!("1743130137367,{seed}"))
        .body(body.to_owned());
    request.send().await.unwrap().status().as_u16()
}

/// The entries after a number.
async fn entries(server: &EventServer, after: usize) -> Vec<Value> {
    let body = get(server, &format!("/_page/entries?after={after}")).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    body["entries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn page_loads_nothing_from_elsewhere() {
    let server = EventServer::start().unwrap();
    let page = get(&server, "/").await;
    for placeholder in [".css */", ".js */"] {
        assert!(
            !page.contains(placeholder),
            "all parts are in place: {page}"
        );
    }
    for loads in ["src=", "href=\"http", " url(", "@import", "innerHTML"] {
        assert!(!page.contains(loads), "{loads}");
    }
}

/// A test must not see the page's own requests.
#[tokio::test]
async fn requests_of_the_page_are_not_recorded() {
    let server = EventServer::start().unwrap();
    for path in [
        "/_page/entries?after=0",
        "/_page/find?text=a&after=0",
        "/_page/event?entry=1",
        "/_page/schema?entry=1",
        "/_page/entries?after=x",
        "/_page/",
    ] {
        get(&server, path).await;
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn entries_tell_which_functions_run() {
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(9_998), "]".repeat(9_998));
    let (same, other) = ("AAAAAAAAAAAAAA==", "BBBBBBBBBBBBBA==");
    for (after, id, seed, data, plain, batched) in [
        (0, "i", same, "{}", false, false),
        (30, "i", same, "{}", false, true),
        (0, "i", other, "{}", false, true),
        (0, "j", same, "{}", true, false),
        (0, "j", other, "{}", true, true),
        (24 * 60, "i", same, "{}", true, true),
        (0, "j", other, &deep, false, false),
    ] {
        let server = EventServer::start().unwrap();
        let event = |id, data| format!(r#"{{"name":"a","id":"{id}","data":{data}}}"#);
        post(&server, &event("i", "{}"), same).await;
        server.advance(Duration::from_secs(after * 60));
        post(&server, &event(id, data), seed).await;
        let second = &entries(&server, 1).await[0];
        assert_eq!(second["plain"], plain, "{after} {id} {seed}");
        assert_eq!(second["batched"], batched, "{after} {id} {seed}");
        let is_duplicate = !plain && data == "{}";
        assert_eq!(second["duplicateOf"].is_string(), is_duplicate);
        assert_eq!(second["violations"], Value::Null, "its type is unknown");
    }
}

/// The entry of a failed request has the reason and the refused event.
#[tokio::test]
async fn entries_tell_why_requests_failed() {
    let server = EventServer::start().unwrap();
    post(
        &server,
        r#"[{"name":"a"}, {"name":"b","data":[]}, {"name":"c"}]"#,
        "",
    )
    .await;
    server.refuse(|event| (event.name == "d").then(|| "no such function".into()));
    post(&server, r#"{"name":"d"}"#, "").await;
    server.inject(Fault::status(503));
    post(&server, r#"{"name":"e"}"#, "").await;
    let long = format!(r#"{{"name":"","data":{{"x":"{}"}}}}"#, "y".repeat(100_000));
    post(&server, &long, "").await;
    let found = entries(&server, 0).await;
    let shown = |entry: &Value| {
        let text = entry["text"].as_str().map(str::to_owned);
        (entry["status"].clone(), entry["error"].clone(), text)
    };
    assert_eq!(found[0]["name"], "a");
    assert_eq!(found[1]["accepted"], 1);
    let (status, error, text) = shown(&found[1]);
    assert_eq!(
        (status, text.as_deref()),
        (400.into(), Some(r#"{"name":"b","data":[]}"#))
    );
    assert!(error.as_str().unwrap().contains("cannot unmarshal array"));
    let (status, error, text) = shown(&found[2]);
    assert_eq!((status, error), (400.into(), "no such function".into()));
    assert!(text.unwrap().contains(r#""name":"d""#));
    let (status, error, text) = shown(&found[3]);
    assert_eq!(
        (status, text.as_deref()),
        (503.into(), Some(r#"{"name":"e"}"#))
    );
    assert!(error.as_str().unwrap().contains("fault"));
    assert_eq!(shown(&found[4]).2.unwrap().len(), 16 << 10);
    assert_eq!(found.len(), 5);
    let errors: Vec<_> = server.requests().into_iter().map(|it| it.error).collect();
    assert_eq!(errors[1].as_deref(), Some("no such function"));
}

/// The search finds text anywhere in an event, in any letter case, also beyond the part that the page
/// holds.
#[tokio::test]
async fn text_is_found_in_whole_events() {
    let server = EventServer::start().unwrap();
    let long = json!({ "name": "a/b", "data": { "x": "y".repeat(9_000), "z": "Needle" } });
    post(&server, &long.to_string(), "").await;
    post(&server, r#"{"name":"needle","data":[]}"#, "").await;
    post(&server, r#"{"name":"other"}"#, "").await;
    assert_eq!(
        get(&server, "/_page/find?after=0&text=nEEdle").await,
        "[1,2]"
    );
    assert_eq!(get(&server, "/_page/find?after=1&text=needle").await, "[2]");
    assert_eq!(
        get(&server, "/_page/find?after=0&text=%22OTHER").await,
        "[3]"
    );
}

/// A server can use schemas that differ from the linked types.
#[tokio::test]
async fn given_schemas_are_checked() {
    let server = EventServer::builder()
        .schemas(|name, version| {
            let schema = json!({ "properties": { "data": { "required": ["x"] } } });
            (name == "given/event" && version == Some("1")).then_some(schema)
        })
        .start()
        .unwrap();
    post(
        &server,
        r#"{"name":"given/event","v":"1","data":{"x":1}}"#,
        "",
    )
    .await;
    post(&server, r#"{"name":"given/event","v":"1"}"#, "").await;
    post(&server, r#"{"name":"page/item.imported"}"#, "").await;
    let found = entries(&server, 0).await;
    assert_eq!(found[0]["violations"], json!([]));
    let expected = json!([["/data", "\"x\" is a required property"]]);
    assert_eq!(found[1]["violations"], expected);
    assert_eq!(found[2]["violations"], Value::Null);
}

/// The rows in view, as text.
const ROWS: &str =
    "[...document.querySelectorAll('.row')].map((row) => row.innerText.replaceAll('\\n', ' '))";
