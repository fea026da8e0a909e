//! What the client does when something fails.

use std::collections::HashMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use inngest_core::testing::{EventServer, Fault};
use inngest_core::transport::{Answer, Request, Transport, TransportError, TransportFuture};
use inngest_core::{Batch, Client, Outcome, RetryPolicy, SendError};
use serde_json::json;
use support::{CartCleared, KEY, Script, dedup_ids, item, items};

mod support;

#[tokio::test]
async fn an_unknown_key_is_an_error_with_the_fix() {
    let server = EventServer::builder().event_key("another").start().unwrap();
    let client = Client::builder()
        .event_key(KEY)
        .base_url(server.url())
        .build()
        .unwrap();
    let error = client.send(item(1)).await.unwrap_err();
    assert!(matches!(error, SendError::UnknownEventKey { .. }));
    assert!(
        error
            .to_string()
            .contains("Event key not found; check INNGEST_EVENT_KEY")
    );
    let error = client.send_many(items(2)).await.unwrap_err();
    assert_eq!(error.rejected().count(), 2);
    assert_eq!(error.into_unsent().len(), 2);
    assert!(server.events().is_empty());
}

#[tokio::test]
async fn the_key_is_in_no_text() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let builder = Client::builder().event_key(KEY).base_url(&url);
    let builder = builder.retry(RetryPolicy::none());
    let mut texts = vec![format!("{builder:?}")];
    let client = builder.clone().build().unwrap();
    texts.push(format!("{client:?}"));
    let error = client.send(item(1)).await.unwrap_err();
    assert!(matches!(&error, SendError::NoConnection { source, .. } if source.is_connect()));
    texts.push(format!("{error} {error:?}"));
    let through_reqwest = builder.http_client(reqwest::Client::new()).build().unwrap();
    let error = through_reqwest.send(item(1)).await.unwrap_err();
    assert!(matches!(&error, SendError::NoConnection { source, .. } if source.is_connect()));
    texts.push(format!("{error} {error:?}"));
    let error = client.send_many(items(2)).await.unwrap_err();
    texts.push(format!("{error} {error:?}"));
    let script = Script::new([Ok(Answer::new(500, ""))]);
    let error = script.client().send(item(1)).await.unwrap_err();
    texts.push(format!(
        "{error} {error:?} {:?}",
        script.requests.lock().unwrap()
    ));
    for text in texts {
        assert!(!text.contains(KEY), "{text}");
    }
}

#[tokio::test]
async fn a_dev_server_that_is_not_there_is_asked_for() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let client = Client::builder().dev(true).base_url(&url);
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    let error = client.send(item(1)).await.unwrap_err().to_string();
    let expected = format!("no connection to the dev server at {url}/e/; start it with");
    assert!(error.starts_with(&expected), "{error}");
}

/// Names only so many of the events that were taken in answers that refuse one.
#[derive(Clone)]
struct Forgetful {
    client: reqwest::Client,
    named: usize,
}
impl Transport for Forgetful {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        Box::pin(async move {
            let url = request.uri().to_string();
            let headers = request.headers().clone();
            let body = request.body().clone();
            let sent = self
                .client
                .post(url)
                .headers(headers)
                .body(body)
                .send()
                .await;
            let response = sent.map_err(TransportError::other)?;
            let status = response.status().as_u16();
            let body = response.bytes().await.map_err(TransportError::other)?;
            let mut body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            if status == 400 {
                body["ids"].as_array_mut().unwrap().truncate(self.named);
            }
            Ok(Answer::new(status, body.to_string()))
        })
    }
}

/// Refuses these items, and names only so many of the events before them in its answer.
fn refusing(places: &'static [usize], named: usize) -> (EventServer, Client) {
    let server = EventServer::start().unwrap();
    server.refuse(move |event| {
        let place: usize = event.data["item_id"]
            .as_str()?
            .strip_prefix('i')?
            .parse()
            .ok()?;
        places.contains(&place).then(|| format!("no item {place}"))
    });
    let transport = Forgetful {
        client: reqwest::Client::new(),
        named,
    };
    let client = Client::builder()
        .event_key(KEY)
        .base_url(server.url())
        .transport(transport);
    (server, client.build().unwrap())
}

fn refused(item: usize) -> String {
    format!(
        "the server refused an event: no item {item}; change what it says is wrong, or leave the \
         event out"
    )
}

#[tokio::test]
async fn a_refused_event_is_found_and_the_others_are_delivered() {
    for (places, named) in [
        (&[0][..], 0),
        (&[49], 49),
        (&[20], 20),
        (&[20], 7),
        (&[20], 0),
        (&[0, 1, 48, 49], 100),
        (&[3, 17, 18, 40], 2),
    ] {
        let (server, client) = refusing(places, named);
        let error = client.send_many(items(50)).await.unwrap_err();
        let rejected: Vec<_> = error
            .rejected()
            .map(|(index, e)| (index, e.to_string()))
            .collect();
        let refusal = |n: &usize| (*n, refused(*n));
        assert_eq!(
            rejected,
            places.iter().map(refusal).collect::<Vec<_>>(),
            "{places:?} {named}"
        );
        assert_eq!(error.unknown().count(), 0);
        let runs: Vec<_> = server
            .runs()
            .into_iter()
            .map(|event| event.event_id)
            .collect();
        let accepted: Vec<_> = error.accepted().map(|(_, r)| r.event_id.clone()).collect();
        assert_eq!(accepted, runs, "each once, under the id of its receipt");
        assert_eq!(runs.len(), 50 - places.len());
        assert!(error.into_unsent().is_empty());
        if named == 20 {
            assert_eq!(
                server.requests().len(),
                3,
                "the answer is a hint that saves requests"
            );
        }
    }
}

#[tokio::test]
async fn an_event_refused_alone_is_rejected() {
    let (server, client) = refusing(&[1], 0);
    let error = client.send(item(1)).await.unwrap_err();
    assert_eq!(error.to_string(), refused(1));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_request_that_is_too_large_is_halved() {
    let server = EventServer::start().unwrap();
    server.inject(Fault::too_large(600));
    let client = server.client().unwrap();
    let mut all = items(40);
    all[11].item_id = "x".repeat(700);
    let error = client.send_many(&all).await.unwrap_err();
    let rejected: Vec<_> = error.rejected().collect();
    assert!(matches!(
        rejected[..],
        [(11, SendError::RequestTooLarge { .. })]
    ));
    assert_eq!((error.accepted().count(), server.runs().len()), (39, 39));
    assert!(error.into_unsent().is_empty());
}

/// Events without ids of their own: those of the requests are all that keeps them from running
/// twice.
fn notes(notes: &[&str]) -> Vec<CartCleared> {
    let event = |note: &&str| CartCleared {
        note: (*note).to_owned(),
    };
    notes.iter().map(event).collect()
}

/// The server refuses the event with this text whenever this says so, which is told how often it
/// came to it before.
fn refuses(server: &EventServer, text: &'static str, refuses: fn(usize) -> bool) {
    let came = AtomicUsize::new(0);
    server.refuse(move |event| {
        let is_it = event.data["note"] == text;
        (is_it && refuses(came.fetch_add(1, Ordering::Relaxed))).then(|| format!("no {text}"))
    });
}

fn patient(server: &EventServer) -> Client {
    let policy = RetryPolicy::default().max_delay(Duration::ZERO);
    let builder = Client::builder().dev(true).base_url(server.url());
    builder.retry(policy).build().unwrap()
}

fn sorted_runs(server: &EventServer) -> Vec<String> {
    let runs = server.runs().into_iter();
    let mut notes: Vec<_> = runs
        .map(|event| event.data["note"].as_str().unwrap().to_owned())
        .collect();
    notes.sort();
    notes
}

#[tokio::test]
async fn what_is_left_of_a_refused_request_is_sent_again_as_the_same_events() {
    for before in 1..3 {
        let server = EventServer::start().unwrap();
        refuses(&server, "c", |_| true);
        let mut script = vec![None; before];
        script.push(Some(Fault::status(503).after_taking()));
        server.script(script);
        let client = Client::builder().dev(true).base_url(server.url());
        let client = client.retry(RetryPolicy::none()).build().unwrap();
        let sent = client.send_many(notes(&["a", "b", "c", "d", "e"])).await;
        let error = sent.unwrap_err();
        assert_eq!(error.accepted().count(), 2);
        let sent = client.send_batch(error.into_unsent()).await;
        let failed = sent.map_or_else(
            |error| error.outcomes().len() - error.accepted().count(),
            |_| 0,
        );
        assert!(failed <= 1, "c, once more");
        assert_eq!(sorted_runs(&server), ["a", "b", "d", "e"], "{before}");
    }
}

/// An event that was taken and not answered is not called refused, and those after it do not get
/// other ids.
#[tokio::test]
async fn a_refusal_after_a_doubt_says_nothing_for_certain() {
    let all = ["a", "b", "c", "d", "e"];
    for many in [true, false] {
        let server = EventServer::start().unwrap();
        refuses(&server, "c", |before| before > 0);
        server.inject(Fault::status(503).after_taking());
        let client = patient(&server);
        if many {
            let error = client.send_many(notes(&all)).await.unwrap_err();
            let unknown: Vec<_> = error.unknown().map(|(place, _)| place).collect();
            assert_eq!((unknown, error.accepted().count()), (vec![2], 4));
            assert_eq!(error.into_unsent().len(), 1);
            assert_eq!(sorted_runs(&server), all);
        } else {
            let error = client.send(&notes(&["c"])[0]).await.unwrap_err();
            assert!(error.may_have_been_accepted(), "{error}");
            assert!(error.to_string().contains("no c"), "{error}");
            assert_eq!(sorted_runs(&server), ["c"]);
        }
    }
}

/// The server answers 400 when its queue is not there for a moment, too.
#[tokio::test]
async fn a_refusal_that_passes_loses_no_event() {
    for all in [&["a", "b", "c", "d", "e"][..], &["c"]] {
        let server = EventServer::start().unwrap();
        refuses(&server, "c", |before| before == 0);
        let receipts = patient(&server).send_many(notes(all)).await.unwrap();
        assert_eq!(receipts.len(), all.len());
        assert_eq!(sorted_runs(&server), all);
    }
}

/// A server, or a proxy that takes the seed away, gives ids of its own, and what is sent to it again
/// runs again.
#[tokio::test]
async fn a_server_that_does_not_follow_the_seed_is_sent_nothing_twice() {
    let refusal = json!({ "ids": ["a", "b"], "status": 400, "error": "no" });
    let script = Script::new([Ok(Answer::new(400, refusal.to_string()))]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let error = client
        .build()
        .unwrap()
        .send_many(items(5))
        .await
        .unwrap_err();
    let accepted: Vec<_> = error
        .accepted()
        .map(|(_, receipt)| receipt.event_id.to_string())
        .collect();
    assert_eq!(accepted, ["a", "b"]);
    let unknown: Vec<_> = error.unknown().map(|(place, _)| place).collect();
    assert_eq!(unknown, [2, 3, 4]);
    assert_eq!(error.into_unsent().len(), 3);
    assert_eq!(script.seeds_and_bodies().len(), 1);
}

/// A suspended account, say: what the server has not come to is not lost, and is not sent over and
/// over.
#[tokio::test]
async fn a_server_that_refuses_everything_is_soon_left_alone() {
    let server = EventServer::start().unwrap();
    server.refuse(|_| Some("suspended".to_owned()));
    let error = patient(&server).send_many(items(1_000)).await.unwrap_err();
    let refused = |error: &SendError| matches!(error, SendError::Refused { .. });
    assert_eq!(error.rejected().filter(|(_, e)| refused(e)).count(), 10);
    let (_, last) = error.rejected().last().unwrap();
    let text = last.to_string();
    assert!(
        text.starts_with("the 10 events before this one were refused"),
        "{text}"
    );
    assert_eq!(error.unknown().count(), 0);
    let requests = server.requests();
    assert!(requests.len() < 25, "{}", requests.len());
    let bytes: usize = requests.iter().map(|request| request.bytes).sum();
    assert!(bytes < 2 * requests[0].bytes, "{bytes}");

    server.refuse(|_| None);
    let unsent = error.into_unsent();
    assert_eq!(unsent.len(), 990);
    patient(&server).send_batch(unsent).await.unwrap();
    assert_eq!(server.runs().len(), 990);
}

/// What is sent for nothing stays a few times the batch, however many are refused.
#[tokio::test]
async fn refusals_do_not_cost_the_square_of_the_batch() {
    let server = EventServer::start().unwrap();
    server.refuse(|event| {
        let item = event.data["item_id"].as_str()?;
        (!item.ends_with('7')).then(|| format!("no {item}"))
    });
    let error = patient(&server).send_many(items(300)).await.unwrap_err();
    assert_eq!(
        (error.rejected().count(), error.accepted().count()),
        (270, 30)
    );
    let requests = server.requests();
    let bytes: usize = requests.iter().map(|request| request.bytes).sum();
    assert!(
        bytes < 8 * requests[0].bytes,
        "{bytes} {}",
        requests[0].bytes
    );
}

/// A key's deny list is about names: it holds up the events with these alone.
#[tokio::test]
async fn an_event_that_the_key_may_not_send_holds_up_no_other() {
    let server = EventServer::start().unwrap();
    let denied = |request: &[u8]| String::from_utf8_lossy(request).contains("cart.cleared");
    let words = r#"{"error":"storefront/cart.cleared is on the deny list","status":403}"#;
    let fault = Fault::status(403).body(words).always();
    server.inject(fault.when(move |request| denied(request.body)));
    let mut batch = Batch::new();
    batch.extend(items(3)).unwrap();
    batch.extend(notes(&["a"])).unwrap();
    batch.extend(items(5).split_off(3)).unwrap();
    let error = patient(&server).send_batch(batch).await.unwrap_err();
    let rejected: Vec<_> = error.rejected().collect();
    assert!(
        matches!(rejected[..], [(3, SendError::NotAllowed { .. })]),
        "{rejected:?}"
    );
    assert_eq!((error.accepted().count(), server.runs().len()), (5, 5));
    // It is not wrong for what it is.
    assert_eq!(error.into_unsent().len(), 1);
}

/// `d` is refused for a time when `c` was taken, of which the answer does not speak; then `c` is.
#[tokio::test]
async fn an_event_that_a_refused_request_may_have_brought_is_not_called_refused() {
    let server = EventServer::start().unwrap();
    let came = Mutex::new(HashMap::<String, usize>::new());
    server.refuse(move |event| {
        let note = event.data["note"].as_str().unwrap().to_owned();
        let mut came = came.lock().unwrap();
        let before = came.entry(note.clone()).or_default();
        *before += 1;
        let refused = (note == "d" && *before == 1) || (note == "c" && *before > 1);
        refused.then(|| format!("no {note}"))
    });
    let forgetful = Forgetful {
        client: reqwest::Client::new(),
        named: 2,
    };
    let client = Client::builder().event_key(KEY).base_url(server.url());
    let client = client.transport(forgetful).build().unwrap();
    let all = ["a", "b", "c", "d", "e"];
    let error = client.send_many(notes(&all)).await.unwrap_err();
    let unknown: Vec<_> = error.unknown().map(|(place, _)| place).collect();
    assert_eq!((unknown, error.accepted().count()), (vec![2], 4));
    assert_eq!(sorted_runs(&server), all);
}

#[tokio::test]
async fn what_may_have_arrived_is_unknown_and_sent_again_as_the_same_events() {
    let script = Script::new([
        Ok(Answer::new(
            200,
            r#"{"ids":["01JQDAE4RQF8MBCR55T5AK4KXS"],"status":200}"#,
        )),
        Ok(Answer::new(200, "<html></html>")),
        Err(TransportError::other("connection reset")),
        Err(TransportError::connect("connection refused")),
        Ok(Answer::new(503, "")),
        Ok(Answer::new(429, "")),
    ]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let client = client.retry(RetryPolicy::none());
    let client = client.max_request_events(2).concurrency(1).build().unwrap();
    let error = client.send_many(items(13)).await.unwrap_err();
    let kinds: Vec<_> = error
        .outcomes()
        .iter()
        .map(|outcome| match outcome {
            Outcome::Accepted(_) => 'a',
            Outcome::Rejected(_) => 'r',
            Outcome::Unknown { .. } => 'u',
            _ => '?',
        })
        .collect();
    assert_eq!(kinds.iter().collect::<String>(), "uuuuuurruurra");
    let unknown: Vec<_> = error.unknown().map(|(_, id)| id.clone()).collect();

    let before = script.seeds_and_bodies();
    let unsent = error.into_unsent();
    assert_eq!(unsent.len(), 12);
    assert_eq!(client.plan(&unsent).requests.len(), 6);
    let receipts = client.send_batch(unsent).await.unwrap();
    let after = script.seeds_and_bodies();
    assert_eq!(before[..6], after[7..], "same seeds, same bytes");
    let ids: Vec<_> = receipts
        .iter()
        .map(|receipt| receipt.event_id.clone())
        .collect();
    assert_eq!(ids[..6], unknown[..6], "the ids that were announced");
    let expected: Vec<_> = (0..12).map(|n| format!("item-imported-i{n}")).collect();
    assert_eq!(dedup_ids(&receipts), expected);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_given_up() {
    struct Silent;
    impl Transport for Silent {
        fn post(&self, _: Request) -> TransportFuture<'_> {
            Box::pin(std::future::pending())
        }
    }
    let timeout = Duration::from_secs(7);
    let client = Client::builder()
        .event_key(KEY)
        .transport(Silent)
        .timeout(timeout)
        .retry(RetryPolicy::none());
    let started = tokio::time::Instant::now();
    let error = client.build().unwrap().send(item(1)).await.unwrap_err();
    assert!(matches!(error, SendError::Timeout { .. }));
    assert_eq!(started.elapsed(), timeout);
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_the_same_request() {
    let faults = [
        Ok(Answer::new(503, "")),
        Err(TransportError::other("connection reset")),
        Ok(Answer::new(200, "<html></html>")),
        Ok(Answer::new(429, "")),
    ];
    let script = Script::new(faults);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let receipt = client.build().unwrap().send(item(1)).await.unwrap();
    let requests = script.seeds_and_bodies();
    assert_eq!(requests.len(), 5);
    assert!(requests.iter().all(|request| *request == requests[0]));
    assert_eq!(script.recorder.events()[0].event_id, receipt.event_id);
}

#[tokio::test(start_paused = true)]
async fn a_time_that_the_server_asks_for_is_kept() {
    let wait = |seconds: &'static str| {
        let headers = http::HeaderMap::from_iter([(
            http::header::RETRY_AFTER,
            http::HeaderValue::from_static(seconds),
        )]);
        Ok(Answer::new(429, "").with_headers(headers))
    };
    let script = Script::new([wait("3"), wait("4")]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let started = tokio::time::Instant::now();
    client.build().unwrap().send(item(1)).await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_later_is_tried_again() {
    for status in [408, 425, 429, 500, 503] {
        let script = Script::new([Ok(Answer::new(status, "{}"))]);
        let client = Client::builder().event_key(KEY).transport(script.clone());
        client.build().unwrap().send(item(1)).await.unwrap();
        assert_eq!(script.seeds_and_bodies().len(), 2, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_pass_later_is_not_tried_again() {
    for status in [400, 401, 403, 404, 413] {
        let script = Script::new([Ok(Answer::new(status, "{}"))]);
        let client = Client::builder().event_key(KEY).transport(script.clone());
        client.build().unwrap().send(item(1)).await.unwrap_err();
        assert_eq!(script.seeds_and_bodies().len(), 1, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_try_may_have_brought_is_unknown() {
    let refused = || Err(TransportError::connect("connection refused"));
    let script = Script::new([Err(TransportError::other("connection reset")), refused()]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let client = client
        .retry(RetryPolicy::default().attempts(2))
        .build()
        .unwrap();
    let error = client.send_many(items(1)).await.unwrap_err();
    assert!(matches!(error.outcomes(), [Outcome::Unknown { .. }]));
    let script = Script::new([refused(), refused()]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let client = client
        .retry(RetryPolicy::default().attempts(2))
        .build()
        .unwrap();
    let error = client.send_many(items(1)).await.unwrap_err();
    assert!(matches!(error.outcomes(), [Outcome::Rejected(_)]));
}

#[tokio::test(start_paused = true)]
async fn a_dev_server_that_is_not_there_is_soon_given_up() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let refused = || TransportError::connect("connection refused");
    let script = Script::new((0..20).map(|_| Err(refused())));
    let builder = Client::builder().transport(script.clone());
    let dev = builder.clone().dev(true).base_url(&url).build().unwrap();
    dev.send(item(1)).await.unwrap_err();
    assert_eq!(script.requests.lock().unwrap().len(), 3);
    let cloud = builder.event_key(KEY).build().unwrap();
    cloud.send(item(1)).await.unwrap_err();
    assert_eq!(script.requests.lock().unwrap().len(), 3 + 12);
}

/// A dev server may well run when this program has no file left for a connection to it.
#[tokio::test(start_paused = true)]
async fn what_keeps_a_program_from_connecting_is_not_taken_for_a_missing_dev_server() {
    const TOO_MANY_OPEN_FILES: i32 = 24;
    let failed = || TransportError::connect(io::Error::from_raw_os_error(TOO_MANY_OPEN_FILES));
    let script = Script::new((0..20).map(|_| Err(failed())));
    let client = Client::builder().dev(true).transport(script.clone());
    let client = client.build().unwrap();
    let error = client.send(item(1)).await.unwrap_err();
    assert!(matches!(error, SendError::NoConnection { .. }), "{error}");
    assert_eq!(script.requests.lock().unwrap().len(), 12);
}

/// What is said of a future that is dropped: the server has the events or not, and the client goes
/// on.
#[tokio::test]
async fn a_dropped_future_leaves_a_client_that_works() {
    let server = EventServer::start().unwrap();
    // It takes the events and says so later than anybody waits.
    server.inject(Fault::late(Duration::from_secs(3600)).after_taking());
    let builder = Client::builder().dev(true).base_url(server.url());
    let client = builder
        .concurrency(1)
        .max_request_events(2)
        .build()
        .unwrap();
    let sending = tokio::spawn(client.send_many(items(4)));
    while server.events().len() < 2 {
        tokio::task::yield_now().await;
    }
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled());
    let receipts = client.send_many(items(4)).await.unwrap();
    assert_eq!(receipts.len(), 4);
    // The first two came before too, whole; their ids keep them from running twice.
    assert_eq!((server.events().len(), server.runs().len()), (6, 4));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let script = Script::new([Ok(Answer::new(303, ""))]);
    let error = script.client().send(item(1)).await.unwrap_err();
    assert!(matches!(error, SendError::WrongUrl { status: 303, .. }));
    assert_eq!(script.seeds_and_bodies().len(), 1);
}

/// The first of them may have been taken before, and it alone is too large.
#[tokio::test(start_paused = true)]
async fn an_event_that_is_too_large_and_in_doubt_holds_up_no_other() {
    let script = Script::new([
        Ok(Answer::new(503, "")),
        Ok(Answer::new(413, "")),
        Ok(Answer::new(413, "")),
    ]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let error = client.build().unwrap().send_many(items(2)).await;
    let error = error.unwrap_err();
    assert_eq!(
        error.unknown().map(|(place, _)| place).collect::<Vec<_>>(),
        [0]
    );
    assert_eq!(
        (error.accepted().count(), error.into_unsent().len()),
        (1, 1)
    );
}

#[tokio::test]
async fn what_is_in_doubt_stays_in_doubt_when_it_is_sent_again() {
    let script = Script::new([
        Err(TransportError::other("connection reset")),
        Err(TransportError::connect("connection refused")),
        Ok(Answer::new(413, "")),
    ]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    let error = client.send_many(items(2)).await.unwrap_err();
    let unknown: Vec<_> = error.unknown().map(|(_, id)| id.clone()).collect();
    let error = client.send_batch(error.into_unsent()).await.unwrap_err();
    let still: Vec<_> = error.unknown().map(|(_, id)| id.clone()).collect();
    assert_eq!(still, unknown, "the first request may have arrived");
    // Its halves have the same ids.
    let receipts = client.send_batch(error.into_unsent()).await.unwrap();
    let ids: Vec<_> = receipts
        .into_iter()
        .map(|receipt| receipt.event_id)
        .collect();
    assert_eq!(ids, unknown);
    let requests = script.seeds_and_bodies();
    assert!(requests.len() == 5 && requests[..3].iter().all(|request| *request == requests[0]));
}
