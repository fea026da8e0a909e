//! Deduplication windows: plain functions use the `id` for 24 hours, functions with `batchEvents` use the
//! event id for 30 minutes.

use std::time::Duration;

use inngest_core::Event;
use inngest_core::testing::{EventServer, ReceivedEvent, Recorder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

const HALF_HOUR: Duration = Duration::from_secs(30 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// One minute before each limit, which is longer than the test takes.
const BEFORE_HALF_HOUR: Duration = Duration::from_secs(29 * 60);
const BEFORE_DAY: Duration = Duration::from_secs((24 * 60 - 1) * 60);

async fn post(server: &EventServer, seed: &str, ids: &[Option<&str>]) {
    // A `null` id counts as absent.
    let event = |id| json!({ "name": "a/b.c", "id": id });
    let events: Vec<_> = ids.iter().map(event).collect();
    let request = reqwest::Client::new()
        .post(format!("{}/e/key", server.url()))
        .header("x-inngest-event-id-seed", seed)
        .body(serde_json::to_vec(&events).unwrap());
    assert_eq!(request.send().await.unwrap().status(), 200);
}

const SEED: &str = "1743130137367,eii2YKXRVTJPuA==";
const OTHER_SEED: &str = "1743130137367,AAAAAAAAAAAAAA==";

/// Whether plain and batched functions would run the event.
fn runs(event: &ReceivedEvent) -> (bool, bool) {
    (event.would_run.plain, event.would_run.batched)
}

/// Tests each kind of repeated event at the limits of both windows.
#[tokio::test]
async fn repeated_events_run_after_their_window() {
    let same_request = (SEED, Some("i"), SEED, Some("i"));
    let same_request_without_id = (SEED, None, SEED, None);
    let same_id = (SEED, Some("i"), OTHER_SEED, Some("i"));
    let no_id = (SEED, None, OTHER_SEED, None);
    let other_id = (SEED, Some("i"), OTHER_SEED, Some("j"));
    let other_id_same_seed = (SEED, Some("i"), SEED, Some("j"));
    for (case, after, expected) in [
        (same_request, Duration::ZERO, (false, false)),
        (same_request, BEFORE_HALF_HOUR, (false, false)),
        (same_request, HALF_HOUR, (false, true)),
        (same_request, BEFORE_DAY, (false, true)),
        (same_request, DAY, (true, true)),
        (same_request_without_id, Duration::ZERO, (false, false)),
        (same_request_without_id, BEFORE_HALF_HOUR, (false, false)),
        (same_request_without_id, HALF_HOUR, (false, true)),
        (same_request_without_id, BEFORE_DAY, (false, true)),
        (same_request_without_id, DAY, (true, true)),
        (same_id, Duration::ZERO, (false, true)),
        (same_id, HALF_HOUR, (false, true)),
        (same_id, BEFORE_DAY, (false, true)),
        (same_id, DAY, (true, true)),
        (no_id, Duration::ZERO, (true, true)),
        (no_id, DAY, (true, true)),
        (other_id, Duration::ZERO, (true, true)),
        (other_id_same_seed, Duration::ZERO, (true, false)),
        (other_id_same_seed, BEFORE_HALF_HOUR, (true, false)),
        (other_id_same_seed, HALF_HOUR, (true, true)),
    ] {
        let server = EventServer::start().unwrap();
        let (first_seed, first_id, second_seed, second_id) = case;
        post(&server, first_seed, &[first_id]).await;
        server.advance(after);
        post(&server, second_seed, &[second_id]).await;

        let [first, second] = server.events().try_into().unwrap();
        assert_eq!(runs(&first), (true, true), "{case:?} {after:?}");
        assert_eq!(runs(&second), expected, "{case:?} {after:?}");
        let (plain, batched) = expected;
        assert_eq!(server.runs().len(), 1 + usize::from(plain));
        assert_eq!(server.batched_runs().len(), 1 + usize::from(batched));
        let counts = server.counts();
        assert_eq!(counts.events, 2);
        assert_eq!(counts.runs, server.runs().len());
        assert_eq!(counts.batched_runs, server.batched_runs().len());
        assert_eq!(server.duplicates().len(), usize::from(!plain));
        let again = server.batched_duplicates();
        assert_eq!(again.len(), usize::from(!plain && batched), "{case:?}");
        for duplicate in again {
            assert_eq!(
                (duplicate.event, duplicate.first),
                (second.clone(), first.clone())
            );
        }
        // The server stores only the first event with an event id.
        assert_eq!(second.stored, first_seed != second_seed);
    }
}

/// A window starts at the event that ran, not at an ignored event.
#[tokio::test]
async fn ignored_events_do_not_extend_a_window() {
    let server = EventServer::start().unwrap();
    for _ in 0..5 {
        post(&server, SEED, &[Some("i")]).await;
        server.advance(HALF_HOUR / 3);
    }
    let batched: Vec<_> = server
        .events()
        .iter()
        .map(|e| e.would_run.batched)
        .collect();
    assert_eq!(batched, [true, false, false, true, false]);

    let server = EventServer::start().unwrap();
    for _ in 0..5 {
        post(&server, SEED, &[Some("i")]).await;
        server.advance(DAY / 3);
    }
    let plain: Vec<_> = server.events().iter().map(|e| e.would_run.plain).collect();
    assert_eq!(plain, [true, false, false, true, false]);
}

/// Regrouping events changes their event ids, unless the seed is adjusted to the first event.
#[tokio::test]
async fn regrouped_events_run_again_in_batches() {
    let server = EventServer::start().unwrap();
    post(&server, SEED, &[Some("a"), Some("b"), Some("c")]).await;
    post(&server, SEED, &[Some("a"), Some("b")]).await;
    post(&server, SEED, &[Some("c"), Some("b")]).await;
    // The same seed plus 1: b and c keep their event ids.
    post(
        &server,
        "1743130137367,eii2YKXRVTJPuQ==",
        &[Some("b"), Some("c")],
    )
    .await;
    assert_eq!((server.runs().len(), server.batched_runs().len()), (3, 3));
    post(&server, OTHER_SEED, &[Some("b"), Some("c")]).await;
    assert_eq!((server.runs().len(), server.batched_runs().len()), (3, 5));
    let again = server.batched_duplicates();
    let again: Vec<_> = again.iter().map(|d| d.event.id.as_deref()).collect();
    assert_eq!(again, [Some("b"), Some("c")]);
}

/// Dropping an event forgets only the ids that it holds.
#[tokio::test]
async fn ids_are_forgotten_with_their_events() {
    let server = EventServer::builder().keep_events(2).start().unwrap();
    post(&server, SEED, &[Some("i")]).await;
    server.advance(HALF_HOUR);
    post(&server, SEED, &[Some("i")]).await;
    post(&server, OTHER_SEED, &[Some("j")]).await;
    // The plain run was dropped; the batched run is still kept.
    post(&server, SEED, &[Some("i")]).await;
    let last = server.events().pop().unwrap();
    assert_eq!(runs(&last), (true, false));
}

#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: String,
}

/// `Recorder` applies the same rules as `EventServer`.
#[tokio::test]
async fn recorder_deduplicates_like_the_server() {
    let recorder = Recorder::new();
    let client = inngest_core::Client::builder().dev(true);
    let client = client.transport(recorder.clone()).build().unwrap();
    let item = ItemImported {
        item_id: "1".into(),
    };
    client.send(&item).await.unwrap();
    client.send(&item).await.unwrap();
    assert_eq!(
        (recorder.runs().len(), recorder.batched_runs().len()),
        (1, 2)
    );
    assert_eq!(recorder.batched_duplicates().len(), 1);
    recorder.advance(DAY);
    client.send(&item).await.unwrap();
    assert_eq!(
        (recorder.runs().len(), recorder.batched_runs().len()),
        (2, 3)
    );
}
