//! The page in Chromium.

use super::*;

fn selected() -> String {
    "document.querySelector('.row[aria-selected=true]')".to_owned()
}

#[tokio::test]
#[ignore = "needs Chromium and ChromeDriver"]
async fn browser_shows_new_events_and_what_failed() {
    let server = EventServer::start().unwrap();
    let client = server.client().unwrap();
    client.send(item("first")).await.unwrap();
    let browser = Browser::open(&server.url()).await;
    browser.wait("return document.title === '1 event'").await;
    // Without a reload.
    client.send(item("first")).await.unwrap();
    let broken = r#"{"name":"page/item.imported","v":"2026-11-21.1","id":"item-imported-x","ts":1743130137367,"data":{"item":7}}"#;
    post(&server, broken, "").await;
    post(&server, r#"{"name":"inngest/reserved"}"#, "").await;
    server.inject(Fault::status(503));
    post(&server, r#"{"name":"page/lost"}"#, "").await;
    let rows = browser
        .wait(&format!(
            "const rows = {ROWS}; return rows.length === 5 && rows"
        ))
        .await;
    let row = |index: usize| rows[index].as_str().unwrap();
    assert!(
        row(0).contains("page/lost failed 503 an injected fault"),
        "{rows}"
    );
    assert!(
        row(1).contains("inngest/reserved refused event name is reserved"),
        "{rows}"
    );
    assert!(
        row(2).contains("page/item.imported breaks schema /data/item: 7 is not of type"),
        "{rows}"
    );
    assert!(
        row(3).contains("page/item.imported duplicate, batched functions run it ✓"),
        "{rows}"
    );
    assert!(
        row(4).contains("page/item.imported ✓ item-imported-first"),
        "{rows}"
    );
    let shows = async |index: usize, text: &str| {
        let script = format!(
            "document.querySelectorAll('.row')[{index}].click();
            return document.getElementById('detail').innerText.includes({})",
            json!(text)
        );
        browser.wait(&script).await;
    };
    shows(0, "status 503").await;
    shows(0, r#""name": "page/lost""#).await;
    shows(
        1,
        "event name is reserved for internal use: inngest/reserved",
    )
    .await;
    shows(2, "/data/item: 7 is not of type \"string\"").await;
    shows(3, &format!("duplicate of\n{}", server.events()[0].event_id)).await;
    let marked = "return document.querySelector('#detail mark')?.textContent";
    shows(2, "Breaks its schema").await;
    assert_eq!(browser.wait(marked).await, "    \"item\": 7\n");
    // Each kind can be shown alone.
    for (kind, number) in [("failed", 2), ("invalid", 1), ("duplicate", 1), ("all", 5)] {
        let script = format!(
            "document.querySelector('input[value={kind}]').click(); return {ROWS}.length === {number}"
        );
        browser.wait(&script).await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium and ChromeDriver"]
async fn browser_shows_hostile_events_as_text() {
    let server = EventServer::start().unwrap();
    let event = json!({ "name": HOSTILE, "id": HOSTILE, "v": HOSTILE, "data": { HOSTILE: HOSTILE }, "user": { HOSTILE: HOSTILE } });
    post(&server, &event.to_string(), "").await;
    post(
        &server,
        &json!({ "name": HOSTILE, "data": HOSTILE }).to_string(),
        "",
    )
    .await;
    server.refuse(|_| Some(HOSTILE.into()));
    post(&server, &event.to_string(), "").await;
    let broken =
        json!({ "name": "page/item.imported", "v": HOSTILE, "data": { "item": [HOSTILE] } });
    server.refuse(|_| None);
    post(&server, &broken.to_string(), "").await;
    let browser = Browser::open(&server.url()).await;
    browser.wait(&format!("return {ROWS}.length === 4")).await;
    for index in 0..4 {
        let script = format!(
            "document.querySelectorAll('.row')[{index}].click();
            return document.getElementById('detail').innerText.includes('<script>window.broken')"
        );
        browser.wait(&script).await;
    }
    let elements = "return document.querySelectorAll('img').length + document.scripts.length";
    assert_eq!(browser.wait(elements).await, 1, "only the page's script");
    assert_eq!(
        browser.wait("return String(window.broken)").await,
        "undefined"
    );
}

/// Copies are complete and correct, and sending again keeps the event id.
#[tokio::test]
#[ignore = "needs Chromium and ChromeDriver"]
async fn browser_copies_and_sends_again() {
    let server = EventServer::start().unwrap();
    let sent = ItemImported {
        item: "it's \"x\"\n".into(),
        size: Some(Size {
            width: 3,
            unit: None,
        }),
    };
    let client = server.client().unwrap();
    client.send_many([item("other"), sent]).await.unwrap();
    let untyped = r#"{"name":"untyped","id":"u-1","data":{"x":"\u0001é"}}"#;
    post(&server, untyped, "").await;
    let browser = Browser::open(&server.url()).await;
    browser.wait(&format!("return {ROWS}.length === 3")).await;
    let script = "navigator.clipboard.writeText = async (text) => { window.copied = text; };
        document.getElementById('list').focus(); return true";
    browser.wait(script).await;
    let copied = async |key: &str| {
        browser.wait("window.copied = null; return true").await;
        browser.type_keys(key).await;
        let text = browser.wait("return window.copied").await;
        text.as_str().unwrap().to_owned()
    };
    // The newest event: the one without a type.
    browser.type_keys("j").await;
    browser
        .wait("return document.querySelector('#detail pre') !== null")
        .await;
    assert_eq!(
        copied("r").await,
        "RawEvent::new(\"untyped\", serde_json::json!({\n  \"x\": \"\\u{0001}é\"\n}))\n    .id(\"u-1\")"
    );
    browser.type_keys("j").await;
    browser
        .wait("return document.querySelector('#detail').innerText.includes(`it's`)")
        .await;
    let second = server.events()[1].clone();
    let json: Value = serde_json::from_str(&copied("c").await).unwrap();
    assert_eq!(json, second.to_json());
    assert_eq!(
        copied("r").await,
        "ItemImported {\n    item: \"it's \\\"x\\\"\\n\".into(),\n    size: Some(Size {\n        \
         unit: None,\n        width: 3,\n    }),\n}"
    );
    let curl = copied("u").await;
    let quoted = second.to_json().to_string().replace('\'', r"'\''");
    assert!(curl.ends_with(&format!("--data-raw '{quoted}'")), "{curl}");
    browser.type_keys("s").await;
    browser
        .wait("return document.getElementById('status').innerText.includes('sent')")
        .await;
    browser.type_keys("n").await;
    browser.wait("return document.title === '5 events'").await;
    let [.., again, new] = &server.events()[..] else {
        panic!();
    };
    assert_eq!(again.event_id, second.event_id);
    assert_eq!(again.to_json(), second.to_json());
    assert_ne!(new.event_id, second.event_id);
    assert_eq!((&new.id, &new.data), (&None, &second.data));
    // The seed in the command also gives this event id.
    let seed = curl.split("seed: 1743130137367,").nth(1);
    assert!(seed.is_none(), "the seed has the time of the request");
    let seed = curl.split("x-inngest-event-id-seed: ").nth(1).unwrap();
    let seed = seed.split('\'').next().unwrap().to_owned();
    let request = reqwest::Client::new().post(format!("{}/e/key", server.url()));
    let request = request
        .header("x-inngest-event-id-seed", seed)
        .body("{\"name\":\"a\"}");
    assert!(request.send().await.unwrap().status().is_success());
    assert_eq!(server.events()[5].event_id, second.event_id);
}

/// With 20,000 events, the page has elements only for the rows in view, asks only for new events, and
/// keeps the selection and the scroll position.
#[tokio::test]
#[ignore = "needs Chromium and ChromeDriver"]
async fn browser_keeps_its_place_among_many_events() {
    let server = EventServer::start().unwrap();
    let client = server.client().unwrap();
    let items: Vec<_> = (0..19_000).map(|index| item(&index.to_string())).collect();
    client.send_many(&items).await.unwrap();
    for index in 0..500 {
        let events =
            json!([{ "name": "page/a", "id": format!("a-{index}") }, { "name": "page/b" }]);
        post(&server, &events.to_string(), "").await;
    }
    let browser = Browser::open(&server.url()).await;
    browser
        .wait("return document.querySelector('#kinds output').value === '20,000'")
        .await;
    // 1,000 single rows, and a group.
    let rows = browser
        .wait("return document.querySelector('.row')?.ariaSetSize")
        .await;
    assert_eq!(rows, "1001");
    let script = "document.getElementById('list').focus(); return true";
    browser.wait(script).await;
    // End, and right arrow.
    browser.type_keys("\u{e010}\u{e014}").await;
    let script = format!(
        "const row = {}; return row?.ariaExpanded === 'true' && row.ariaSetSize",
        selected()
    );
    assert_eq!(browser.wait(&script).await, "20001");
    let elements = browser
        .wait("return document.querySelectorAll('.row').length")
        .await;
    assert!(elements.as_u64().unwrap() < 60, "{elements}");
    // Down, to the newest event of the group. Then other events arrive.
    browser.type_keys("\u{e015}").await;
    let position = format!(
        "const row = {}; return [row.id, row.getBoundingClientRect().top]",
        selected()
    );
    let before = browser.wait(&position).await;
    post(&server, r#"[{"name":"page/a"},{"name":"page/b"}]"#, "").await;
    browser
        .wait("return document.getElementById('newer').textContent === '↑ 2 newer'")
        .await;
    assert_eq!(browser.wait(&position).await, before);
    // While the list is scrolled to the top, the selected row and its new neighbors become a group.
    let script = "document.getElementById('list').scrollTop = 0;
        return document.querySelector('.row').dataset.index === '0'";
    browser.wait(script).await;
    let script = "document.querySelector('.row').click(); return true";
    browser.wait(script).await;
    let before = browser.wait(&position).await;
    post(
        &server,
        r#"[{"name":"page/b"},{"name":"page/b"},{"name":"page/b"}]"#,
        "",
    )
    .await;
    browser
        .wait("return document.title === '20,005 events'")
        .await;
    assert_eq!(browser.wait(&position).await, before);
    let level = format!("return {}.ariaLevel", selected());
    assert_eq!(browser.wait(&level).await, "2");
    let asked = "const entries = performance.getEntriesByType('resource').map((it) => it.name);
        return entries.filter((name) => name.endsWith('?after=0')).length";
    assert_eq!(browser.wait(asked).await, 1);
    // The search finds events by their data.
    browser.type_keys("/\"18999\"").await;
    browser
        .wait(&format!(
            "return {ROWS}.length === 1 && {ROWS}[0].includes('item-imported-18999')"
        ))
        .await;
}

/// The page starts over with a new server, and drops the events that the server drops.
#[tokio::test]
#[ignore = "needs Chromium and ChromeDriver"]
async fn browser_follows_the_server() {
    let server = EventServer::start().unwrap();
    let url = server.url();
    post(&server, r#"{"name":"page/before"}"#, "").await;
    let browser = Browser::open(&url).await;
    browser.wait(&format!("return {ROWS}.length === 1")).await;
    drop(server);
    let stopped = "return document.getElementById('status').innerText.includes('not respond')";
    browser.wait(stopped).await;
    let port = url.rsplit_once(':').unwrap().1.parse().unwrap();
    let server = EventServer::builder()
        .port(port)
        .keep_events(2)
        .start()
        .unwrap();
    browser.wait(&format!("return {ROWS}.length === 0")).await;
    post(&server, r#"[{"name":"page/a"},{"name":"page/b"}]"#, "").await;
    browser.wait("return document.title === '2 events'").await;
    let names =
        "return [...document.querySelectorAll('.row .name')].map((it) => it.innerText).join()";
    assert_eq!(browser.wait(names).await, "page/b,page/a");
    assert_eq!(
        browser
            .wait("return document.getElementById('status').innerText")
            .await,
        ""
    );
    post(&server, r#"{"name":"page/c"}"#, "").await;
    browser.wait("return document.title === '3 events'").await;
    assert_eq!(browser.wait(names).await, "page/c,page/b");
}
