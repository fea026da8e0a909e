//! The page of the embedded server, tested in Chromium if it is installed.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use inngest_core::Event;
use inngest_core::testing::EventServer;
use schemars::JsonSchema;
use serde::Serialize;

/// An item, with <angle brackets> in its description.
#[derive(Serialize, JsonSchema, Event)]
#[event(
    name = "page/item.imported",
    id = "item-imported-{item}",
    version = "2026-11-21.1"
)]
struct ItemImported {
    item: String,
}

fn item(item: &str) -> ItemImported {
    ItemImported { item: item.into() }
}

async fn get(server: &EventServer, path: &str) -> String {
    let response = reqwest::get(format!("{}{path}", server.url()))
        .await
        .unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "text/html; charset=utf-8"
    );
    String::from_utf8(response.bytes().await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn page_is_readable_without_scripts() {
    let server = EventServer::start().unwrap();
    assert!(get(&server, "/").await.contains("<h1>No events</h1>"));
    let client = server.client().unwrap();
    client
        .send(item("<script>alert(1)</script>"))
        .await
        .unwrap();
    client.send(item("second")).await.unwrap();
    client
        .send(
            item("second")
                .payload()
                .user(&serde_json::json!({ "a": 1 })),
        )
        .await
        .unwrap();
    let page = get(&server, "/").await;
    assert!(page.contains("<h1>3 events</h1>"));
    assert!(page.contains(r#"<noscript><meta http-equiv="refresh" content="3"></noscript>"#));
    let first_of_second = server.events()[1].event_id.to_string();
    assert!(page.contains(&format!(
        r##"<mark>duplicate</mark> <small>of <a href="#{first_of_second}">"##
    )));
    // The same id in another request: plain functions ignore the event, batched functions run it.
    assert!(page.contains("plain functions ignore it"));
    assert!(page.contains("<mark>batched functions run it again</mark>"));
    assert!(page.contains("<dt>would run</dt><dd>batched functions</dd>"));
    assert!(page.contains(
        "Of all 3 received events, plain functions would run 2 and functions with \
         <code>batchEvents</code> 3."
    ));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.contains("<script>alert"));
    assert!(page.contains("schema of page::ItemImported"));
    assert!(page.contains("item-imported-second"));
    for loads in ["src=", "href=\"http", "url(", "@import"] {
        assert!(
            !page.contains(loads),
            "nothing comes from elsewhere: {loads}"
        );
    }
    let newest = page.find("item-imported-second").unwrap();
    assert!(newest < page.find("alert(1)").unwrap(), "newest first");
}

/// The page marks which functions each event would run.
#[tokio::test]
async fn page_shows_which_functions_run() {
    const BATCHED_AGAIN: &str = "<mark>batched functions run it again</mark>";
    const BATCHED_IGNORE: &str = "<mark>batched functions ignore it</mark>";
    const NOTHING: &str = "; runs nothing</small>";
    const NEVER: &str = "<mark>never stored</mark>";
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(9_998), "]".repeat(9_998));
    for (after, second, seed, data, shown) in [
        (0, "i", "AAAAAAAAAAAAAA==", "{}", Some(NOTHING)),
        (30, "i", "AAAAAAAAAAAAAA==", "{}", Some(BATCHED_AGAIN)),
        (0, "i", "BBBBBBBBBBBBBA==", "{}", Some(BATCHED_AGAIN)),
        (0, "j", "AAAAAAAAAAAAAA==", "{}", Some(BATCHED_IGNORE)),
        (0, "j", "BBBBBBBBBBBBBA==", "{}", None),
        (24 * 60, "i", "AAAAAAAAAAAAAA==", "{}", None),
        (0, "j", "BBBBBBBBBBBBBA==", &deep, Some(NEVER)),
    ] {
        let server = EventServer::start().unwrap();
        let post = async |id: &str, seed: &str, data: &str| {
            let request = reqwest::Client::new()
                .post(format!("{}/e/key", server.url()))
                .header("x-inngest-event-id-seed", format!("1743130137367,{seed}"))
                .body(format!(r#"{{"name":"a","id":"{id}","data":{data}}}"#));
            assert_eq!(request.send().await.unwrap().status(), 200);
        };
        post("i", "AAAAAAAAAAAAAA==", "{}").await;
        server.advance(Duration::from_secs(after * 60));
        post(second, seed, data).await;
        let page = get(&server, "/events").await;
        for mark in [NOTHING, BATCHED_AGAIN, BATCHED_IGNORE, NEVER] {
            assert_eq!(
                page.contains(mark),
                Some(mark) == shown,
                "{after} {second} {seed}"
            );
        }
    }
}

fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let path = std::env::var_os("PATH")?;
    let candidates = std::env::split_paths(&path).flat_map(|dir| names.map(|name| dir.join(name)));
    candidates.into_iter().find(|candidate| candidate.is_file())
}

/// The page updates without a reload. The test sends the second event after the browser has fetched the
/// list, and finds it in the browser's final document.
#[test]
fn browser_shows_new_events_without_reload() {
    let Some(chromium) = chromium() else {
        eprintln!("*** SKIPPED: no Chromium on this machine (Debian's package is `chromium`) ***");
        return;
    };
    let server = EventServer::start().unwrap();
    let client = inngest_core::blocking::Client::builder()
        .dev(true)
        .base_url(server.url())
        .build()
        .unwrap();
    client.send(item("before")).unwrap();
    let profile = std::env::temp_dir().join(format!("inngest-page-{}", std::process::id()));
    let browser = Command::new(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
        ])
        .args(["--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(["--virtual-time-budget=8000", "--dump-dom", &server.url()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let asked = server.wait_until(Duration::from_secs(60), |received| {
        received
            .requests()
            .iter()
            .any(|request| request.path == "/events")
    });
    assert!(asked, "the browser asks for the list");
    client.send(item("while it is open")).unwrap();
    let document = browser.wait_with_output().unwrap().stdout;
    let _ = std::fs::remove_dir_all(profile);
    let document = String::from_utf8(document).unwrap();
    assert!(document.contains("<h1>2 events</h1>"), "{document}");
    assert!(document.contains("item-imported-while it is open"));
    assert!(document.contains("<summary>schema of page::ItemImported</summary>"));
}
