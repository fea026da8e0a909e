//! Tests the store on SQLite with relays that stop at any point.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use inngest_core::StoredRequest;
use proptest::prelude::*;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::error::OutboxError;
use crate::outbox::Outbox;
use crate::rows::{RequestRow, Text};
use crate::store::Store;
use crate::store::model::{
    ClaimLimit, CutEvents, HoldNote, Lease, Leased, NewRequest, PendingEvent, SetAside, Settlement,
};

/// One step of a test. `stop` is the number of polls after which the relay dies.
#[derive(Clone, Debug)]
enum Step {
    Add {
        events: u8,
    },
    Claim {
        relay: usize,
        stop: Option<u8>,
    },
    TakeOver {
        relay: usize,
        stop: Option<u8>,
    },
    Send {
        relay: usize,
        accepted: u8,
        is_uncertain: bool,
        stop: Option<u8>,
    },
    Hold {
        relay: usize,
    },
    Resume {
        relay: usize,
        stop: Option<u8>,
    },
    Crash {
        relay: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let relay = 0..2_usize;
    let stop = || proptest::option::weighted(0.3, 0..14_u8);
    prop_oneof![
        2 => (1..6_u8).prop_map(|events| Step::Add { events }),
        3 => (relay.clone(), stop()).prop_map(|(relay, stop)| Step::Claim { relay, stop }),
        3 => (relay.clone(), stop()).prop_map(|(relay, stop)| Step::TakeOver { relay, stop }),
        4 => (relay.clone(), 0..4_u8, any::<bool>(), stop()).prop_map(|(relay, accepted, is_uncertain, stop)| {
            Step::Send { relay, accepted, is_uncertain, stop }
        }),
        1 => relay.clone().prop_map(|relay| Step::Hold { relay }),
        1 => (relay.clone(), stop()).prop_map(|(relay, stop)| Step::Resume { relay, stop }),
        1 => relay.prop_map(|relay| Step::Crash { relay }),
    ]
}

/// Polls a future until it ends, or at most `stop` times. `None` if it did not end.
async fn until<T>(stop: Option<u8>, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut polls = 0;
    std::future::poll_fn(|context| {
        if stop.is_some_and(|stop| polls >= stop) {
            return Poll::Ready(None);
        }
        polls += 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// The server refuses every seventh event.
fn is_refused(number: u64) -> bool {
    number % 7 == 6
}

fn number(event: &str) -> u64 {
    let event: serde_json::Value = serde_json::from_str(event).unwrap();
    event["data"]["n"].as_u64().unwrap()
}

/// Puts up to three events into a request.
fn cut(events: &[PendingEvent]) -> Result<CutEvents, OutboxError> {
    let requests = events.chunks(3).map(|events| {
        let bodies = events.iter().map(|event| match &event.body {
            Text::Valid(body) => Cow::Borrowed(&**body),
            Text::Invalid(_) => unreachable!("the test adds no such row"),
        });
        let request = StoredRequest::new(StoredRequest::new_seed()?, bodies.collect());
        Ok(NewRequest {
            row: RequestRow::of(&request),
            added_at: 0,
        })
    });
    let requests = requests.collect::<Result<_, OutboxError>>()?;
    Ok(CutEvents {
        requests,
        failed: Vec::new(),
    })
}

/// Two relays, the outbox and the server.
struct World {
    stores: [Store; 2],
    /// The requests that each relay remembers.
    leased: [Vec<Leased>; 2],
    /// The event ids with which each event arrived at the server.
    arrived: BTreeMap<u64, BTreeSet<String>>,
    added: u64,
    pool: sqlx::SqlitePool,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("outbox.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Off);
        let pool = SqlitePoolOptions::new().max_connections(2);
        let pool = pool.connect_with(options).await.unwrap();
        let outbox = Outbox::new();
        outbox.migrate(&pool).await.unwrap();
        let store = || Store::new(&outbox.0, (&pool).into()).unwrap();
        Self {
            stores: [store(), store()],
            leased: [Vec::new(), Vec::new()],
            arrived: BTreeMap::new(),
            added: 0,
            pool,
            _folder: folder,
        }
    }

    /// A lease that ends at once, so another relay can take the request over at any time.
    fn lease(relay: usize) -> Lease {
        Lease {
            relay: relay.to_string(),
            duration: Duration::ZERO,
        }
    }

    async fn add(&mut self, events: u8) {
        for _ in 0..events {
            let body = format!(r#"{{"name":"shop/a.b","data":{{"n":{}}}}}"#, self.added);
            let insert = "INSERT INTO inngest_outbox (name, body) VALUES ('shop/a.b', ?1)";
            sqlx::query(insert)
                .bind(body)
                .execute(&self.pool)
                .await
                .unwrap();
            self.added += 1;
        }
    }

    async fn claim(&mut self, relay: usize, stop: Option<u8>) {
        let limit = ClaimLimit {
            events: 7,
            bytes: 1_000,
        };
        let lease = Self::lease(relay);
        match until(stop, self.stores[relay].claim(&lease, limit, cut)).await {
            Some(claim) => self.leased[relay].extend(claim.unwrap().requests),
            None => self.leased[relay].clear(),
        }
    }

    async fn take_over(&mut self, relay: usize, stop: Option<u8>) {
        match until(stop, self.stores[relay].take_over(&Self::lease(relay), 3)).await {
            Some(requests) => self.leased[relay].extend(requests.unwrap()),
            None => self.leased[relay].clear(),
        }
    }

    /// The server gets the last request of a relay, and decides about its first `accepted + 1` events. The
    /// relay stores these outcomes, and forgets all its requests if it dies.
    async fn send(&mut self, relay: usize, accepted: u8, is_uncertain: bool, stop: Option<u8>) {
        let Some(request) = self.leased[relay].pop() else {
            return;
        };
        let stored = request.row.read().unwrap();
        let mut settlement = Settlement {
            id: request.id,
            accepted: 0,
            delivered: Vec::new(),
            failed: Vec::new(),
            uncertain: Vec::new(),
            remaining: Vec::new(),
        };
        for (index, event) in stored.events.iter().enumerate() {
            let number = number(event);
            if index > accepted.into() {
                let rest = StoredRequest::new(
                    stored.seed_after(index).unwrap(),
                    stored.events[index..].to_vec(),
                );
                settlement
                    .remaining
                    .push(RequestRow::of(&rest.with_uncertainty(is_uncertain)));
                break;
            }
            let id = stored.event_id(index).unwrap().to_string();
            if is_refused(number) {
                settlement.failed.push(SetAside {
                    added_at: 0,
                    name: "shop/a.b".into(),
                    dedup_id: None,
                    event_id: Some(id),
                    seed: None,
                    traceparent: None,
                    body: Text::Valid(event.clone().into_owned()),
                    error: "refused".into(),
                });
            } else {
                self.arrived.entry(number).or_default().insert(id);
                settlement.accepted += 1;
            }
        }
        let lease = Self::lease(relay);
        match until(stop, self.stores[relay].settle(&lease, &[settlement])).await {
            Some(remaining) => self.leased[relay].extend(remaining.unwrap()),
            None => self.leased[relay].clear(),
        }
    }

    async fn run(&mut self, step: &Step) {
        match *step {
            Step::Add { events } => self.add(events).await,
            Step::Claim { relay, stop } => self.claim(relay, stop).await,
            Step::TakeOver { relay, stop } => self.take_over(relay, stop).await,
            Step::Send {
                relay,
                accepted,
                is_uncertain,
                stop,
            } => {
                self.send(relay, accepted, is_uncertain, stop).await;
            }
            Step::Hold { relay } => {
                if let Some(request) = self.leased[relay].last() {
                    let lease = Self::lease(relay);
                    let note = HoldNote {
                        error: Some("the server is down".into()),
                        is_uncertain: false,
                    };
                    let held = self.stores[relay].hold(&lease, request.id, &note);
                    held.await.unwrap();
                }
            }
            Step::Resume { relay, stop } => {
                let Some(id) = self.leased[relay].last().map(|request| request.id) else {
                    return;
                };
                let lease = Self::lease(relay);
                let resumed = self.stores[relay].resume(&lease, id);
                match until(stop, resumed).await {
                    Some(Ok(Some(_))) => {}
                    Some(Ok(None)) => drop(self.leased[relay].pop()),
                    Some(Err(error)) => panic!("{error}"),
                    None => self.leased[relay].clear(),
                }
            }
            Step::Crash { relay } => self.leased[relay].clear(),
        }
    }

    async fn count(&self, sql: &'static str) -> u64 {
        let count: i64 = sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap();
        count.try_into().unwrap()
    }

    /// Lets a relay send the rest. Each event must then be delivered with one event id, or failed.
    async fn verify(&mut self) {
        const LEFT: &str = "SELECT (SELECT count(*) FROM inngest_outbox) \
             + (SELECT count(*) FROM inngest_outbox_requests) + (SELECT count(*) FROM inngest_outbox_uncertain)";
        self.leased[0].clear();
        for _ in 0..1_000 {
            self.claim(0, None).await;
            self.take_over(0, None).await;
            while !self.leased[0].is_empty() {
                self.send(0, u8::MAX, false, None).await;
            }
            if self.count(LEFT).await == 0 {
                break;
            }
        }
        assert_eq!(self.count(LEFT).await, 0);
        let bodies: Vec<String> = sqlx::query_scalar("SELECT body FROM inngest_outbox_failed")
            .fetch_all(&self.pool)
            .await
            .unwrap();
        let mut failed: BTreeMap<u64, usize> = BTreeMap::new();
        for body in &bodies {
            *failed.entry(number(body)).or_default() += 1;
        }
        for n in 0..self.added {
            let ids = self.arrived.get(&n).map_or(0, BTreeSet::len);
            let failures = failed.get(&n).copied().unwrap_or(0);
            let expected = if is_refused(n) { (0, 1) } else { (1, 0) };
            assert_eq!((ids, failures), expected, "event {n}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn relays_that_stop_anywhere_lose_and_repeat_nothing(steps in proptest::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for step in &steps {
                world.run(step).await;
            }
            world.verify().await;
        });
    }
}
