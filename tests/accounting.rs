//! Property test: under any faults, the client's outcome for each event matches the server's state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use inngest_core::testing::{EventServer, Fault};
use inngest_core::{Batch, BatchError, Client, Event, Outcome, Receipt, RetryPolicy, SendError};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/with.id", id = "with-id-{index}")]
struct WithId {
    index: usize,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/without.id")]
struct WithoutId {
    index: usize,
}

#[derive(Clone, Debug)]
struct Case {
    events: usize,
    request_events: usize,
    concurrency: usize,
    attempts: u32,
    percent: u8,
    seed: u64,
    /// The server always rejects every n-th event; 0 for none.
    reject_every: usize,
    /// The server randomly rejects one in n events until it recovers; 0 for none.
    randomly_reject_one_in: usize,
    /// The server is unreachable from this request on, until it recovers.
    stop_after: Option<usize>,
    /// Whether each send runs in a simulated new process, which restores the batch from bytes.
    restarts: bool,
}

fn case() -> impl Strategy<Value = Case> {
    (
        1..60_usize,
        1..12_usize,
        1..5_usize,
        1..4_u32,
        0..60_u8,
        any::<u64>(),
        0..9_usize,
        prop_oneof![Just(0), 2..40_usize],
        prop::option::of(0..25_usize),
        any::<bool>(),
    )
        .prop_map(|case| Case {
            events: case.0,
            request_events: case.1,
            concurrency: case.2,
            attempts: case.3,
            percent: case.4,
            seed: case.5,
            reject_every: case.6,
            randomly_reject_one_in: case.7,
            stop_after: case.8,
            restarts: case.9,
        })
}

impl Case {
    fn is_rejected(&self, index: usize) -> bool {
        self.reject_every > 0 && index % self.reject_every == self.reject_every - 1
    }

    fn client(&self, server: &EventServer) -> Client {
        let policy = RetryPolicy::default()
            .attempts(self.attempts)
            .max_delay(Duration::ZERO);
        let builder = Client::builder()
            .dev(true)
            .base_url(server.url())
            .retry(policy);
        let builder = builder
            .max_request_events(self.request_events)
            .concurrency(self.concurrency);
        builder.build().unwrap()
    }

    /// Sends a batch, in a new process if the case has restarts.
    async fn send(
        &self,
        client: &Client,
        server: &EventServer,
        batch: Batch,
    ) -> Result<Vec<Receipt>, BatchError> {
        if !self.restarts {
            return client.send_batch(batch).await;
        }
        let restored = Batch::from_bytes(&batch.to_bytes()).unwrap();
        assert!(restored.events().eq(batch.events()));
        self.client(server).send_batch(restored).await
    }

    fn batch(&self) -> Batch {
        let mut batch = Batch::new();
        for index in 0..self.events {
            if index % 2 == 0 {
                batch.push(WithId { index }).unwrap();
            } else {
                batch.push(WithoutId { index }).unwrap();
            }
        }
        batch
    }
}

/// Counts the events for each index.
fn count_by_index(events: Vec<inngest_core::testing::ReceivedEvent>) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    for event in events {
        let index = usize::try_from(event.data["index"].as_u64().unwrap()).unwrap();
        *counts.entry(index).or_default() += 1;
    }
    counts
}

/// Asserts that plain and batched functions ran once for each of these events, and for no other.
fn assert_ran_once(server: &EventServer, good: &BTreeSet<usize>) {
    let once: BTreeMap<_, _> = good.iter().map(|index| (*index, 1)).collect();
    assert_eq!(count_by_index(server.runs()), once);
    assert_eq!(count_by_index(server.batched_runs()), once);
}

/// Checks the server's rejection message for an event. An event that only met random rejections is no
/// longer expected to run.
fn check_rejection(good: &mut BTreeSet<usize>, index: usize, message: &str) {
    if good.remove(&index) {
        assert_eq!(message, format!("not now {index}"));
    } else {
        assert_eq!(message, format!("no {index}"));
    }
}

/// Sets up the server's rejections for a case. Random rejections stop once the returned flag is set.
fn set_up_rejections(server: &EventServer, case: &Case) -> Arc<AtomicBool> {
    let rejecting = case.clone();
    let has_recovered = Arc::new(AtomicBool::new(false));
    let stop_random = Arc::clone(&has_recovered);
    let random = Mutex::new(case.seed | 1);
    server.refuse(move |event| {
        let index = usize::try_from(event.data["index"].as_u64()?).ok()?;
        if rejecting.is_rejected(index) {
            return Some(format!("no {index}"));
        }
        if rejecting.randomly_reject_one_in == 0 || stop_random.load(Ordering::Relaxed) {
            return None;
        }
        let mut random = random.lock().unwrap();
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let one_in = rejecting.randomly_reject_one_in as u64;
        random
            .is_multiple_of(one_in)
            .then(|| format!("not now {index}"))
    });
    has_recovered
}

async fn check(case: &Case) {
    let server = EventServer::start().unwrap();
    let has_recovered = set_up_rejections(&server, case);
    server.inject_at_random(case.percent, Some(case.seed));
    if let Some(requests) = case.stop_after {
        let unreachable = Fault::close().always();
        server.inject(unreachable.when(move |request| request.index >= requests));
    }
    let client = case.client(&server);

    let all: BTreeSet<usize> = (0..case.events).collect();
    let mut good: BTreeSet<usize> = all
        .iter()
        .copied()
        .filter(|p| !case.is_rejected(*p))
        .collect();
    let result = case.send(&client, &server, case.batch()).await;
    let received = count_by_index(server.events());
    let by_id: BTreeMap<String, usize> = server
        .events()
        .into_iter()
        .map(|event| {
            let index = usize::try_from(event.data["index"].as_u64().unwrap()).unwrap();
            (event.event_id.to_string(), index)
        })
        .collect();

    let error = match result {
        Ok(receipts) => {
            assert_eq!(good, all, "a rejected event never gets a receipt");
            for (index, receipt) in receipts.iter().enumerate() {
                assert_eq!(by_id.get(&receipt.event_id.to_string()), Some(&index));
            }
            assert_ran_once(&server, &good);
            return;
        }
        Err(error) => error,
    };
    assert_eq!(error.outcomes().len(), case.events);
    for (index, outcome) in error.outcomes().iter().enumerate() {
        match outcome {
            Outcome::Accepted(receipt) => {
                assert_eq!(
                    by_id.get(&receipt.event_id.to_string()),
                    Some(&index),
                    "{index}"
                );
            }
            Outcome::Rejected(reason) => {
                assert!(
                    !received.contains_key(&index),
                    "{index} was accepted: {reason}"
                );
                if let SendError::Refused { message } = &**reason {
                    check_rejection(&mut good, index, message);
                }
            }
            Outcome::Unknown { event_id, .. } => {
                // If the server has the event, it has this event id.
                if received.contains_key(&index) {
                    assert_eq!(by_id.get(&event_id.to_string()), Some(&index), "{index}");
                }
            }
            other => panic!("{other:?}"),
        }
    }

    // Resend the unsent events while faults continue, and again after the server recovers. Nothing
    // runs twice.
    let mut unsent = error.into_unsent();
    if let Err(error) = case.send(&client, &server, unsent.clone()).await {
        for (_, reason) in error.rejected() {
            if let SendError::Refused { message } = reason {
                let (_, index) = message.rsplit_once(' ').unwrap();
                check_rejection(&mut good, index.parse().unwrap(), message);
            }
        }
        unsent = error.into_unsent();
    } else {
        unsent = Batch::new();
    }
    server.clear_faults();
    has_recovered.store(true, Ordering::Relaxed);
    for _ in 0..=case.events {
        match case.send(&client, &server, unsent).await {
            Ok(_) => break,
            Err(error) => unsent = error.into_unsent(),
        }
    }
    assert_ran_once(&server, &good);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn outcomes_match_the_server(case in case()) {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(check(&case));
    }
}

/// The server rejects one event in 37, and 30% of the requests fail. Every other event runs once, and
/// the error lists each rejected event: as unknown if an earlier request failed.
#[tokio::test]
async fn two_thousand_events_survive_a_bad_network() {
    let server = EventServer::start().unwrap();
    server.refuse(|event| {
        let index = event.data["index"].as_u64()?;
        (index % 37 == 36).then(|| format!("no {index}"))
    });
    server.inject_at_random(30, Some(20_261_121));
    let policy = RetryPolicy::default()
        .attempts(30)
        .max_delay(Duration::ZERO);
    let client = Client::builder()
        .dev(true)
        .base_url(server.url())
        .retry(policy);
    let client = client.max_request_events(50).build().unwrap();
    let events = (0..2_000).map(|index| WithoutId { index });
    let error = client.send_many(events).await.unwrap_err();
    let refused: Vec<usize> = (0..2_000).filter(|index| index % 37 == 36).collect();
    let failed = error.outcomes().iter().enumerate();
    let failed = failed.filter_map(|(index, outcome)| Some((index, outcome.error()?)));
    let failed: Vec<_> = failed
        .map(|(index, error)| {
            assert!(
                error.to_string().contains(&format!(": no {index}")),
                "{error}"
            );
            index
        })
        .collect();
    assert_eq!(failed, refused);
    assert_eq!(error.accepted().count(), 2_000 - refused.len());
    assert_eq!(error.unknown().count(), error.into_unsent().len());
    let runs = count_by_index(server.runs());
    assert_eq!(
        (runs.len(), runs.values().max()),
        (2_000 - refused.len(), Some(&1))
    );
}
