//! The embedded server behaves as the event API is documented and measured.

use std::time::Duration;

use inngest_core::testing::EventServer;
use serde_json::{Value, json};

const SEED: (&str, &str) = ("x-inngest-event-id-seed", "1743130137367,eii2YKXRVTJPuA==");

async fn post(
    server: &EventServer,
    path: &str,
    header: Option<(&str, &str)>,
    body: &str,
) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}{path}", server.url()));
    let request = request
        .header("content-type", "application/json")
        .body(body.to_owned());
    let request = match header {
        Some((name, value)) => request.header(name, value),
        None => request,
    };
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

const GOOD: &str = r#"{"name":"storefront/item.imported","data":{"item_id":"9f08sdh84"}}"#;

#[tokio::test]
async fn event_ids_derive_from_the_seed() {
    let server = EventServer::start().unwrap();
    let body = format!("[{GOOD},{GOOD},{GOOD}]");
    let (status, answer) = post(&server, "/e/key", Some(SEED), &body).await;
    assert_eq!(status, 200);
    let ids = [
        "01JQDAE4RQF8MBCR55T5AK4KXS",
        "01JQDAE4RQF8MBCR55T5AK4KXT",
        "01JQDAE4RQF8MBCR55T5AK4KXV",
    ];
    assert_eq!(answer, json!({ "ids": ids, "status": 200 }));
    // Repeating the request repeats the event ids, so nothing new runs.
    post(&server, "/e/key", Some(SEED), &body).await;
    assert_eq!((server.events().len(), server.runs().len()), (6, 3));
}

#[tokio::test]
async fn events_before_an_invalid_one_are_accepted() {
    let server = EventServer::start().unwrap();
    let body = format!(r#"[{GOOD},{{"name":""}},{GOOD}]"#);
    let (status, answer) = post(&server, "/e/key", Some(SEED), &body).await;
    assert_eq!(status, 400);
    assert_eq!(answer["ids"], json!(["01JQDAE4RQF8MBCR55T5AK4KXS"]));
    assert_eq!(answer["error"], "event name is empty");
    assert_eq!(server.events().len(), 1);
    assert_eq!(
        (server.requests()[0].events, server.requests()[0].status),
        (1, Some(400))
    );
}

#[tokio::test]
async fn server_accepts_and_rejects_as_measured() {
    for (body, status, ids) in [
        (GOOD.to_owned(), 200, 1),
        (format!(" [ {GOOD} , {GOOD} ] "), 200, 2),
        (String::new(), 200, 0),
        ("[]".into(), 200, 0),
        (r#"{"name":"a/b.c"}"#.into(), 200, 1),
        (r#"{"Name":"a/b.c","DATA":{"x":1}}"#.into(), 200, 1),
        (
            r#"{"name":"a","data":null,"ts":null,"user":null}"#.into(),
            200,
            1,
        ),
        (r#"{"name":"a","data":[1]}"#.into(), 400, 0),
        (r#"{"name":"a","data":1}"#.into(), 400, 0),
        (r#"{"name":1}"#.into(), 400, 0),
        (r#"{"name":"inngest/x"}"#.into(), 400, 0),
        (r#"{"name":"INNGEST/x"}"#.into(), 400, 0),
        (r#"{"name":"inngest"}"#.into(), 200, 1),
        (r#"{"name":"a","ts":0}"#.into(), 200, 1),
        (r#"{"name":"a","ts":1}"#.into(), 400, 0),
        (r#"{"name":"a","ts":1.5}"#.into(), 400, 0),
        (r#"{"name":"a","ts":315532800000}"#.into(), 200, 1),
        (r#"{"name":"a","ts":4102444800001}"#.into(), 400, 0),
        (r#"{"name":"a","id":5}"#.into(), 400, 0),
        (r#"{"name":"a","v":1}"#.into(), 400, 0),
        (
            r#"{"name":"a","meta":{"sessions":{"k":true}}}"#.into(),
            400,
            0,
        ),
        (
            r#"{"name":"a","meta":{"sessions":{"":"v"}}}"#.into(),
            400,
            0,
        ),
        (r#"{"name":"a","meta":{"sessions":[]}}"#.into(), 400, 0),
        (r#"{"name":"a","meta":{"x":1}}"#.into(), 200, 1),
        (r#"{"name":"a/b.c","data":{"#.into(), 400, 0),
        (format!("{GOOD}xyz"), 400, 0),
        (format!("[{GOOD}]xyz"), 200, 1),
        ("[".into(), 200, 0),
        (format!("[{GOOD}"), 200, 1),
        (format!("[{GOOD},"), 400, 0),
        ("null".into(), 400, 0),
        ("5".into(), 400, 0),
        (r#"["a"]"#.into(), 400, 0),
    ] {
        let server = EventServer::start().unwrap();
        let (found, answer) = post(&server, "/e/key", None, &body).await;
        let named = answer["ids"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|id| **id != json!(""))
            .count();
        assert_eq!((found, named), (status, ids), "{body}: {answer}");
        if status == 400 {
            assert!(answer["error"].is_string(), "{body}");
        }
    }
}

#[tokio::test]
async fn server_accepts_at_most_5000_events_per_request() {
    let server = EventServer::start().unwrap();
    let body = format!(
        "[{}]",
        vec![r#"{"name":"a/b.c","data":{}}"#; 5_001].join(",")
    );
    let (status, answer) = post(&server, "/e/key", None, &body).await;
    assert_eq!(
        (status, answer["ids"].as_array().unwrap().len()),
        (400, 4_999)
    );
    assert_eq!(server.events().len(), 5_000);
}

#[tokio::test]
async fn event_over_3_mib_is_rejected() {
    let server = EventServer::start().unwrap();
    let frame = r#"{"name":"a/b.c","data":{"x":""}}"#.len();
    for (bytes, expected) in [(3 << 20, 200), ((3 << 20) + 1, 400)] {
        let y = "y".repeat(bytes - frame);
        let body = format!(r#"{{"name":"a/b.c","data":{{"x":"{y}"}}}}"#);
        assert_eq!(
            post(&server, "/e/key", None, &body).await.0,
            expected,
            "{bytes}"
        );
    }
}

#[tokio::test]
async fn ids_are_global_across_types_for_24_hours() {
    let server = EventServer::start().unwrap();
    let send = async |name: &str| {
        let body = json!({ "name": name, "id": "shared" }).to_string();
        assert_eq!(post(&server, "/e/key", None, &body).await.0, 200);
    };
    send("shop/order.paid").await;
    send("shop/invoice.sent").await;
    server.advance(Duration::from_secs(24 * 60 * 60 - 60));
    send("shop/order.paid").await;
    server.advance(Duration::from_secs(120));
    send("shop/order.paid").await;
    send("shop/order.paid").await;
    let runs: Vec<_> = server.runs().into_iter().map(|event| event.name).collect();
    assert_eq!(runs, ["shop/order.paid", "shop/order.paid"]);
    let [first, second, third] = server.duplicates().try_into().unwrap();
    assert_eq!(first.event.name, "shop/invoice.sent");
    assert_eq!(first.first.name, "shop/order.paid");
    assert_eq!(second.first, first.first);
    assert_ne!(third.first, first.first);
}

#[tokio::test]
async fn data_is_normalized_like_the_server() {
    let server = EventServer::start().unwrap();
    let body = r#"{"name":"a","data":{"_inngest":{"x":1},"n":9007199254740993,"m":[18446744073709551615],"d":"\u0000"}}"#;
    post(&server, "/e/key", None, body).await;
    let stored = server.events()[0].data.clone();
    assert_eq!(stored["n"].as_f64(), Some(9_007_199_254_740_992.0));
    assert_eq!(stored["m"][0].as_f64(), Some(18_446_744_073_709_552_000.0));
    assert_eq!(stored["d"], "\0");
    assert_eq!(stored.get("_inngest"), None);
}

#[tokio::test]
async fn requests_need_a_key_method_and_path() {
    let server = EventServer::builder()
        .event_key("k1")
        .event_key("k2")
        .start()
        .unwrap();
    assert_eq!(post(&server, "/e/k2", None, GOOD).await.0, 200);
    let (status, answer) = post(&server, "/e/other", None, GOOD).await;
    let refused = json!({ "status": 401, "message": "", "error": "Event key not found" });
    assert_eq!((status, answer), (401, refused));
    assert_eq!(server.events().len(), 1);

    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.build().unwrap();
    let status = async |method, path: &str| {
        let request = client.request(method, format!("{}{path}", server.url()));
        request.body(GOOD).send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(reqwest::Method::PUT, "/e/k1").await, 405);
    assert_eq!(status(reqwest::Method::POST, "/e/k1/").await, 303);
    assert_eq!(status(reqwest::Method::POST, "/e/").await, 303);
    assert_eq!(status(reqwest::Method::POST, "/elsewhere").await, 200);
}

#[test]
fn used_port_is_an_error_and_drop_frees_it() {
    let server = EventServer::start().unwrap();
    let port = server.url().rsplit_once(':').unwrap().1.parse().unwrap();
    assert!(EventServer::builder().port(port).start().is_err());
    drop(server);
    EventServer::builder().port(port).start().unwrap();
}

#[tokio::test]
async fn nesting_is_accepted_up_to_a_limit() {
    for (levels, expected) in [(500, 200), (20_000, 400)] {
        let server = EventServer::start().unwrap();
        let deep = "[".repeat(levels) + &"]".repeat(levels);
        let body = format!(r#"{{"name":"a/b.c","data":{{"x":{deep}}}}}"#);
        assert_eq!(
            post(&server, "/e/key", None, &body).await.0,
            expected,
            "{levels}"
        );
        // Cloning, printing and dropping the event must not overflow the stack of a test thread.
        assert!(!format!("{:?}", server.events()).is_empty());
    }
}

#[tokio::test]
async fn events_are_listed_newest_first() {
    let server = EventServer::start().unwrap();
    for (name, n) in [("a/b.c", 1), ("a/d", 2), ("a/b.c", 3)] {
        let body =
            json!({ "name": name, "data": { "n": n }, "ts": 1_743_130_137_367_i64, "v": "1" });
        post(&server, "/e/key", None, &body.to_string()).await;
    }
    let list = async |query: &str| {
        let url = format!("{}/v1/events{query}", server.url());
        let text = reqwest::get(url).await.unwrap().bytes().await.unwrap();
        serde_json::from_slice::<Value>(&text).unwrap()["data"].clone()
    };
    let all = list("").await;
    let numbers: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["data"]["n"].clone())
        .collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert_eq!(
        list("?name=a%2Fb.c&limit=1")
            .await
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(list("?name=a/b.c").await.as_array().unwrap().len(), 2);
    let event = &all[0];
    assert_eq!(event["internal_id"], event["id"]);
    assert_eq!(
        (event["ts"].as_i64(), event["v"].as_str()),
        (Some(1_743_130_137_367), Some("1"))
    );
    let received_at = event["received_at"].as_str().unwrap();
    assert!(
        received_at.ends_with('Z') && received_at.len() == 24,
        "{received_at}"
    );
}

#[tokio::test]
async fn server_keeps_only_the_newest_events() {
    let server = EventServer::builder().keep_events(3).start().unwrap();
    for n in 0..5 {
        let body = json!({ "name": "a", "id": format!("{n}") });
        post(&server, "/e/key", None, &body.to_string()).await;
    }
    let ids: Vec<_> = server
        .events()
        .into_iter()
        .filter_map(|event| event.id)
        .collect();
    assert_eq!(ids, ["2", "3", "4"]);
    assert_eq!((server.counts().events, server.counts().runs), (5, 5));
    // The server remembers the ids of events that it keeps and forgets the ids of dropped events.
    for id in ["4", "0"] {
        post(
            &server,
            "/e/key",
            None,
            &json!({ "name": "a", "id": id }).to_string(),
        )
        .await;
    }
    assert_eq!((server.counts().events, server.counts().runs), (7, 6));
    assert_eq!(server.duplicates().len(), 1);
    assert_eq!(server.duplicates()[0].event.id.as_deref(), Some("4"));
}

/// 64 connections send 5,000 events per request. The server accepts all but keeps a limited number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_large_requests_are_accepted() {
    let server = EventServer::builder().keep_events(1_000).start().unwrap();
    let body = format!("[{}]", vec![GOOD; 5_000].join(","));
    let client = reqwest::Client::new();
    let requests = (0..64).map(|_| {
        let request = client
            .post(format!("{}/e/key", server.url()))
            .body(body.clone());
        tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
    });
    let requests: Vec<_> = requests.collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), 200);
    }
    let taken: usize = server.requests().iter().map(|request| request.events).sum();
    assert_eq!((taken, server.events().len()), (320_000, 1_000));
}

mod functions_of_a_test {
    use std::sync::{Arc, Mutex, OnceLock, Weak};

    use inngest_core::testing::Fault;

    use super::*;

    #[tokio::test]
    async fn they_can_call_the_server() {
        let server = Arc::new(EventServer::start().unwrap());
        // A server that its own functions own would never be dropped.
        let weak = Arc::downgrade(&server);
        let handle = move || weak.upgrade().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        server.refuse({
            let (handle, seen) = (handle.clone(), Arc::clone(&seen));
            move |event| {
                let server = handle();
                let before = server.events().len();
                seen.lock().unwrap().push((before, event.would_run.plain));
                server.advance(Duration::from_secs(1));
                (event.name == "last").then(|| {
                    server.refuse(|_| Some("closed".to_owned()));
                    "the last".to_owned()
                })
            }
        });
        server.inject(Fault::status(503).when(move |_| {
            let server = handle();
            server.clear_faults();
            server.requests().len() == 1
        }));
        let body = r#"[{"name":"a","id":"1"},{"name":"b","id":"1"},{"name":"last"},{"name":"c"}]"#;
        let (status, answer) = post(&server, "/e/key", None, body).await;
        assert_eq!((status, &answer["error"]), (400, &json!("the last")));
        assert_eq!(*seen.lock().unwrap(), [(0, true), (0, false), (0, true)]);
        assert_eq!((server.events().len(), server.duplicates().len()), (2, 1));
        let (_, answer) = post(&server, "/e/key", None, GOOD).await;
        assert_eq!(answer["error"], "closed");
    }

    #[tokio::test]
    async fn schemas_can_call_the_server() {
        let cell: Arc<OnceLock<Weak<EventServer>>> = Arc::default();
        let inner = Arc::clone(&cell);
        let server = EventServer::builder().schemas(move |_, _| {
            let server = inner.get().unwrap().upgrade().unwrap();
            assert_eq!(server.events().len(), 1);
            Some(json!({ "required": ["v"] }))
        });
        let server = Arc::new(server.start().unwrap());
        assert!(cell.set(Arc::downgrade(&server)).is_ok());
        post(&server, "/e/key", None, GOOD).await;
        let url = format!("{}/_page/entries?after=0", server.url());
        let page = reqwest::get(url).await.unwrap().text().await.unwrap();
        assert!(page.contains(r#"\"v\" is a required property"#), "{page}");
    }

    #[tokio::test]
    async fn observers_get_all_events_of_a_request() {
        for keep in [0, 2] {
            let seen = Arc::new(Mutex::new(Vec::new()));
            let inner = Arc::clone(&seen);
            let server = EventServer::builder().keep_events(keep);
            let server = server.on_request(move |request, events| {
                let ids = events.iter().map(|event| event.id.clone().unwrap());
                inner
                    .lock()
                    .unwrap()
                    .push((request.events, ids.collect::<Vec<_>>()));
            });
            let server = server.start().unwrap();
            let events = ["1", "1", "2", "3"].map(|id| json!({ "name": "a", "id": id }));
            post(&server, "/e/key", None, &json!(events).to_string()).await;
            let expected = ["1", "1", "2", "3"].map(str::to_owned).to_vec();
            assert_eq!(*seen.lock().unwrap(), [(4, expected)]);
            assert_eq!(server.events().len(), keep);
            assert_eq!((server.counts().events, server.counts().runs), (4, 3));
        }
    }
}

#[tokio::test]
async fn clients_of_a_server_use_its_first_key() {
    let server = EventServer::builder().event_key("k1").event_key("k2");
    let server = server.start().unwrap();
    let event = inngest_core::RawEvent::new("storefront/cart.cleared", json!({}));
    server.client().unwrap().send(event).await.unwrap();
    assert_eq!(server.events().len(), 1);
}

#[tokio::test]
async fn the_url_works_on_this_machine() {
    for (address, expected) in [
        ("0.0.0.0", "http://127.0.0.1:"),
        ("::", "http://[::1]:"),
        ("127.0.0.1", "http://127.0.0.1:"),
    ] {
        let builder = EventServer::builder().address(address.parse().unwrap());
        // The machine may have no IPv6.
        let Ok(server) = builder.start() else {
            assert_eq!(address, "::");
            continue;
        };
        assert!(server.url().starts_with(expected), "{}", server.url());
        let (status, _) = post(&server, "/e/key", None, GOOD).await;
        assert_eq!(status, 200, "{address}");
    }
}

#[tokio::test]
async fn a_fault_is_recorded_with_the_status_that_was_sent() {
    use inngest_core::testing::Fault;

    let server = EventServer::start().unwrap();
    for (status, expected) in [(100, 500), (101, 500), (204, 204), (999, 999), (1_000, 500)] {
        server.inject(Fault::status(status));
        let (sent, _) = post(&server, "/e/key", None, GOOD).await;
        let recorded = server.requests().pop().unwrap().status;
        assert_eq!((sent, recorded), (expected, Some(expected)), "{status}");
    }
}
