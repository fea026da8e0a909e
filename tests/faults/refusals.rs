//! Events that the server refuses.

use super::*;

/// A server that rejects these items, behind a transport that keeps at most `max_ids` accepted ids.
fn rejecting(indices: &'static [usize], max_ids: usize) -> (EventServer, Client) {
    let server = EventServer::start().unwrap();
    server.refuse(move |event| {
        let index: usize = event.data["item_id"]
            .as_str()?
            .strip_prefix('i')?
            .parse()
            .ok()?;
        indices.contains(&index).then(|| format!("no item {index}"))
    });
    let transport = TruncateIds {
        client: reqwest::Client::new(),
        max_ids,
    };
    let client = Client::builder()
        .event_key(KEY)
        .base_url(server.url())
        .transport(transport);
    (server, client.build().unwrap())
}

fn rejection_message(item: usize) -> String {
    format!("the server refused the event: no item {item}; correct the event, or leave it out")
}

#[tokio::test]
async fn rejected_events_do_not_block_other_events() {
    for (indices, max_ids) in [
        (&[0][..], 0),
        (&[49], 49),
        (&[20], 20),
        (&[20], 7),
        (&[20], 0),
        (&[0, 1, 48, 49], 100),
        (&[3, 17, 18, 40], 2),
    ] {
        let (server, client) = rejecting(indices, max_ids);
        let error = client.send_many(items(50)).await.unwrap_err();
        let rejected: Vec<_> = error
            .rejected()
            .map(|(index, e)| (index, e.to_string()))
            .collect();
        let refusal = |n: &usize| (*n, rejection_message(*n));
        assert_eq!(
            rejected,
            indices.iter().map(refusal).collect::<Vec<_>>(),
            "{indices:?} {max_ids}"
        );
        assert_eq!(error.unknown().count(), 0);
        let runs: Vec<_> = server
            .runs()
            .into_iter()
            .map(|event| event.event_id)
            .collect();
        let accepted: Vec<_> = error.accepted().map(|(_, r)| r.event_id.clone()).collect();
        assert_eq!(
            accepted, runs,
            "each event runs once, under the id in its receipt"
        );
        assert_eq!(runs.len(), 50 - indices.len());
        assert!(error.into_unsent().is_empty());
        if max_ids == 20 {
            assert_eq!(
                server.requests().len(),
                3,
                "the ids in the response save requests"
            );
        }
    }
}

#[tokio::test]
async fn rejection_of_a_single_event_takes_one_request() {
    let (server, client) = rejecting(&[1], 0);
    let error = client.send(item(1)).await.unwrap_err();
    assert_eq!(error.to_string(), rejection_message(1));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn rest_of_a_rejected_request_keeps_its_event_ids() {
    for before in 1..3 {
        let server = EventServer::start().unwrap();
        reject_when(&server, "c", |_| true);
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
        assert!(failed <= 1, "only c may fail again");
        assert_eq!(sorted_runs(&server), ["a", "b", "d", "e"], "{before}");
    }
}

/// The server accepted the event without answering and rejects it on retry. The outcome is unknown,
/// and later events keep their event ids.
#[tokio::test]
async fn rejection_after_an_uncertain_attempt_is_unknown() {
    let all = ["a", "b", "c", "d", "e"];
    for many in [true, false] {
        let server = EventServer::start().unwrap();
        reject_when(&server, "c", |before| before > 0);
        server.inject(Fault::status(503).after_taking());
        let client = retrying_client(&server);
        if many {
            let error = client.send_many(notes(&all)).await.unwrap_err();
            let unknown: Vec<_> = error.unknown().map(|(index, _)| index).collect();
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

/// The server also answers 400 when its queue is briefly unavailable.
#[tokio::test]
async fn temporary_rejection_loses_no_event() {
    for all in [&["a", "b", "c", "d", "e"][..], &["c"]] {
        let server = EventServer::start().unwrap();
        reject_when(&server, "c", |before| before == 0);
        let receipts = retrying_client(&server)
            .send_many(notes(all))
            .await
            .unwrap();
        assert_eq!(receipts.len(), all.len());
        assert_eq!(sorted_runs(&server), all);
    }
}

/// If the server ignores the seed, or a proxy removes it, resent events get new ids and run again.
#[tokio::test]
async fn nothing_is_resent_to_a_server_without_seeds() {
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
    let unknown: Vec<_> = error.unknown().map(|(index, _)| index).collect();
    assert_eq!(unknown, [2, 3, 4]);
    assert_eq!(error.into_unsent().len(), 3);
    assert_eq!(script.seeds_and_bodies().len(), 1);
}

/// For example, a suspended account: events that the server has not processed are returned as unsent
/// and are not retried forever.
#[tokio::test]
async fn sending_stops_if_the_server_rejects_everything() {
    let server = EventServer::start().unwrap();
    server.refuse(|_| Some("suspended".to_owned()));
    let error = retrying_client(&server)
        .send_many(items(1_000))
        .await
        .unwrap_err();
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
    retrying_client(&server).send_batch(unsent).await.unwrap();
    assert_eq!(server.runs().len(), 990);
}

/// The bytes sent stay within a small multiple of the batch, even if most events are rejected.
#[tokio::test]
async fn cost_of_rejections_is_not_quadratic() {
    let server = EventServer::start().unwrap();
    server.refuse(|event| {
        let item = event.data["item_id"].as_str()?;
        (!item.ends_with('7')).then(|| format!("no {item}"))
    });
    let error = retrying_client(&server)
        .send_many(items(300))
        .await
        .unwrap_err();
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

/// An event key's deny list blocks only events with the listed names.
#[tokio::test]
async fn forbidden_event_does_not_block_other_events() {
    let server = EventServer::start().unwrap();
    let denied = |request: &[u8]| String::from_utf8_lossy(request).contains("cart.cleared");
    let words = r#"{"error":"storefront/cart.cleared is on the deny list","status":403}"#;
    let fault = Fault::status(403).body(words).always();
    server.inject(fault.when(move |request| denied(request.body)));
    let mut batch = Batch::new();
    batch.extend(items(3)).unwrap();
    batch.extend(notes(&["a"])).unwrap();
    batch.extend(items(5).split_off(3)).unwrap();
    let error = retrying_client(&server)
        .send_batch(batch)
        .await
        .unwrap_err();
    let rejected: Vec<_> = error.rejected().collect();
    assert!(
        matches!(rejected[..], [(3, SendError::NotAllowed { .. })]),
        "{rejected:?}"
    );
    assert_eq!((error.accepted().count(), server.runs().len()), (5, 5));
    // The event itself is valid, so it can be resent with another key.
    assert_eq!(error.into_unsent().len(), 1);
}
