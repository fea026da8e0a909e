//! Middleware, which sees every event before and after it is sent.

mod support;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use inngest_core::middleware::{Middleware, Outgoing, SentEvent};
use inngest_core::testing::{EventServer, Fault};
use inngest_core::{
    Batch, Client, Event, MAX_DEPTH, Payload, PayloadErrorKind, RetryPolicy, SendError,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use support::{KEY, Script};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "storefront/item.imported",
    id = "item-imported-{item_id}",
    version = "2026-11-21.1"
)]
struct ItemImported {
    item_id: String,
    price: f64,
    #[event(session)]
    import: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/cart.cleared")]
struct CartCleared {
    note: String,
}

fn item(n: u32) -> ItemImported {
    ItemImported {
        item_id: format!("i{n}"),
        // The shortest form of this float has 17 digits. A round trip through another float would change it.
        price: 0.123_456_789_012_345_66,
        import: n,
    }
}

fn cart(note: &str) -> CartCleared {
    CartCleared { note: note.into() }
}

/// Middleware from a closure. It records the outcomes that it sees after the send.
struct FnMiddleware<F> {
    before: F,
    outcomes: Arc<Mutex<Vec<String>>>,
}

impl<F> FnMiddleware<F>
where
    F: Fn(&mut Outgoing) -> Result + Send + Sync + 'static,
{
    fn new(before: F) -> Self {
        Self {
            before,
            outcomes: Arc::default(),
        }
    }
}

impl<F> Middleware for FnMiddleware<F>
where
    F: Fn(&mut Outgoing) -> Result + Send + Sync + 'static,
{
    fn before_send(&self, events: &mut Outgoing) -> Result {
        (self.before)(events)
    }

    fn after_send(&self, events: &[SentEvent<'_>]) {
        let mut outcomes = self.outcomes.lock().unwrap();
        outcomes.extend(events.iter().map(|event| {
            let added = if event.added { " (added)" } else { "" };
            match event.outcome.error() {
                None => format!("{}{added}: sent", event.name),
                Some(error) => format!("{}{added}: {error}", event.name),
            }
        }));
    }
}

struct Setup {
    server: EventServer,
    client: Client,
    outcomes: Arc<Mutex<Vec<String>>>,
}

fn setup(before: impl Fn(&mut Outgoing) -> Result + Send + Sync + 'static) -> Setup {
    let server = EventServer::start().unwrap();
    let middleware = FnMiddleware::new(before);
    let outcomes = Arc::clone(&middleware.outcomes);
    let client = Client::builder()
        .dev(true)
        .base_url(server.url())
        .retry(RetryPolicy::none())
        .middleware(middleware)
        .build()
        .unwrap();
    Setup {
        server,
        client,
        outcomes,
    }
}

impl Setup {
    fn take_outcomes(&self) -> Vec<String> {
        std::mem::take(&mut self.outcomes.lock().unwrap())
    }
}

#[tokio::test]
async fn middleware_sees_the_typed_event() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let setup = setup(move |events| {
        for event in &*events {
            assert!(event.read::<CartCleared>().is_none());
            assert!(event.is::<ItemImported>());
            assert_eq!(event.name(), ItemImported::NAME);
            assert_eq!(event.version(), Some("2026-11-21.1"));
            assert_eq!(event.dedup_id().as_deref(), Some("item-imported-i1"));
            assert_eq!(event.field::<u32>("import")?, Some(1));
            assert_eq!(event.field::<u32>("absent")?, None);
            assert_eq!(event.data::<Value>()?["item_id"], "i1");
            sink.lock()
                .unwrap()
                .extend(event.read::<ItemImported>().transpose()?);
        }
        Ok(())
    });
    setup.client.send(item(1)).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [item(1)]);
    assert_eq!(setup.take_outcomes(), ["storefront/item.imported: sent"]);
}

#[tokio::test]
async fn unchanged_fields_keep_their_bytes() {
    let script = Script::default();
    let client = Client::builder()
        .event_key(KEY)
        .transport(script.clone())
        .middleware(FnMiddleware::new(|events| {
            for event in events {
                event.set_field("added", &json!({ "by": "middleware" }))?;
            }
            Ok(())
        }))
        .build()
        .unwrap();
    let payload = Payload::new(item(7)).at(1_800_000_000_000_i64);
    let mut plain = Batch::new();
    plain.push(payload.clone()).unwrap();
    client.send(payload).await.unwrap();
    let (_, body) = script.seeds_and_bodies().remove(0);
    let plain = plain.events().next().unwrap().to_owned();
    assert!(plain.contains("0.12345678901234566"), "{plain}");
    let added = r#","added":{"by":"middleware"}},"meta""#;
    assert_eq!(body, format!("[{}]", plain.replace(r#"},"meta""#, added)));
}

#[tokio::test]
async fn middleware_can_change_every_part_of_an_event() {
    let setup = setup(|events| {
        for event in events {
            event.set_id("another-id")?;
            event.set_time(1_800_000_000_000_i64)?;
            event.set_user(&json!({ "external_id": "ada" }))?;
            event.set_session("visit", "v1")?;
            event.set_session("import", 9)?;
            event.set_field("item_id", "i2")?;
            assert!(event.remove_field("price")?);
            assert!(!event.remove_field("price")?);
        }
        Ok(())
    });
    let receipt = setup.client.send(item(1)).await.unwrap();
    assert_eq!(receipt.dedup_id.as_deref(), Some("another-id"));
    assert_eq!(
        setup.server.events()[0].to_json(),
        json!({
            "name": "storefront/item.imported",
            "id": "another-id",
            "ts": 1_800_000_000_000_i64,
            "v": "2026-11-21.1",
            "data": { "item_id": "i2", "import": 1 },
            "user": { "external_id": "ada" },
            "meta": { "sessions": { "visit": "v1", "import": 9 } },
        })
    );
}

#[tokio::test]
async fn middleware_can_clear_sessions() {
    let setup = setup(|events| {
        for event in events {
            event.set_session_cleared("import")?;
            event.set_session("visit", "v")?;
            event.set_session_cleared("visit")?;
            event.set_session_cleared("cart")?;
            event.set_session("cart", 5)?;
            event.set_session("other", None::<&str>)?;
        }
        Ok(())
    });
    let payload = Payload::new(item(1)).session_cleared("before");
    setup.client.send(payload).await.unwrap();
    assert_eq!(
        setup.server.events()[0].to_json()["meta"]["sessions"],
        json!({ "before": null, "import": null, "visit": null, "cart": 5 })
    );
}

#[tokio::test]
async fn parts_of_other_programs_events_are_kept() {
    let setup = setup(|events| {
        for event in events {
            assert_eq!(event.dedup_id(), None);
            event.set_field("seen", &true)?;
            event.set_session("cart", 5)?;
        }
        Ok(())
    });
    for (meta, expected) in [
        ("", json!({ "sessions": { "cart": 5 } })),
        (r#","meta":null"#, json!({ "sessions": { "cart": 5 } })),
        (
            r#","meta":{"a":[1]}"#,
            json!({ "a": [1], "sessions": { "cart": 5 } }),
        ),
        (
            r#","meta":{"sessions":null,"a":1}"#,
            json!({ "a": 1, "sessions": { "cart": 5 } }),
        ),
        (
            r#","meta":{"sessions":{"cart":"x","visit":"v"},"a":1}"#,
            json!({ "a": 1, "sessions": { "cart": 5, "visit": "v" } }),
        ),
    ] {
        for id in ["", r#""id":null,"#] {
            let mut batch = Batch::new();
            let event = format!(r#"{{"name":"a/b",{id}"data":{{}}{meta}}}"#);
            batch.push_json(&event).unwrap();
            let cut = setup.client.cut(batch).unwrap();
            assert_eq!(cut.batch.dedup_ids().next().unwrap(), None, "{event}");
            let request = cut.batch.requests().next().unwrap();
            let sent: Value = serde_json::from_str(&request.events[0]).unwrap();
            assert_eq!(sent["meta"], expected, "{event}");
            assert_eq!(sent["data"], json!({ "seen": true }), "{event}");
        }
    }
}

#[tokio::test]
async fn a_batch_that_cannot_be_cut_is_returned() {
    let is_broken = Arc::new(AtomicBool::new(true));
    let breaks = Arc::clone(&is_broken);
    let setup = setup(move |_| match breaks.load(Ordering::Relaxed) {
        true => Err("no key".into()),
        false => Ok(()),
    });
    let mut batch = Batch::new();
    batch.extend((0..3).map(item)).unwrap();
    let error = setup.client.cut(batch).unwrap_err();
    assert_eq!(error.rejected().count(), 3);
    assert!(matches!(
        error.first_error(),
        Some(SendError::Middleware(_))
    ));
    let batch = error.into_unsent();

    is_broken.store(false, Ordering::Relaxed);
    let cut = setup.client.cut(batch).unwrap();
    assert!(cut.rejected.is_empty());
    let receipts = setup.client.send_batch(cut.batch).await.unwrap();
    let ids: Vec<_> = receipts
        .iter()
        .filter_map(|sent| sent.dedup_id.as_deref())
        .collect();
    assert_eq!(
        ids,
        ["item-imported-i0", "item-imported-i1", "item-imported-i2"]
    );
}

#[tokio::test]
async fn cleared_sessions_do_not_count_towards_the_limit() {
    let setup = setup(|events| {
        for event in events {
            event.set_session_cleared("cleared")?;
            for n in 0..4 {
                event.set_session(&format!("s{n}"), n)?;
            }
            let error = event.set_session("s4", 4).unwrap_err();
            let count = 6;
            assert_eq!(*error.kind(), PayloadErrorKind::TooManySessions { count });
            event.set_session_cleared("import")?;
            event.set_session("s4", 4)?;
            event.discard("seen");
        }
        Ok(())
    });
    let error = setup.client.send(item(1)).await.unwrap_err();
    assert!(matches!(error, SendError::Discarded { .. }), "{error}");
}

#[tokio::test]
async fn invalid_changes_are_errors() {
    let setup = setup(|events| {
        for event in events {
            let error = event.set_field("total", &(1_u64 << 53)).unwrap_err();
            assert_eq!(error.path(), "data.total");
            let error = event.set_field("a", &json!({ "b": [1, 1_u64 << 60] }));
            assert_eq!(error.unwrap_err().path(), "data.a.b[1]");
            assert!(event.set_field("ratio", &f64::NAN).is_err());
            // The event and its data take two levels. The rest is left for a field of `data` or `user`.
            let deepest = MAX_DEPTH - 2;
            let deep =
                |levels| RawValue::from_string("[".repeat(levels) + &"]".repeat(levels)).unwrap();
            let kind = PayloadErrorKind::TooDeep { limit: MAX_DEPTH };
            let user = |levels| BTreeMap::from([("x", deep(levels))]);
            let error = event.set_field("a", &deep(deepest + 1)).unwrap_err();
            assert_eq!(
                (error.kind(), error.path().get(..9)),
                (&kind, Some("data.a[0]"))
            );
            let error = event.set_user(&user(deepest + 1)).unwrap_err();
            assert_eq!(
                (error.kind(), error.path().get(..9)),
                (&kind, Some("user.x[0]"))
            );
            event.set_field("a", &deep(deepest))?;
            event.set_user(&user(deepest))?;
            event.remove_field("a")?;
            event.set_user(&())?;
            let error = event.set_field("_inngest", "x").unwrap_err();
            assert_eq!(*error.kind(), PayloadErrorKind::ReservedKey);
            assert!(event.set_id("").is_err());
            assert!(event.set_time(1_i64).is_err());
            assert!(event.set_user("ada").is_err());
            assert!(event.set_session("", 1).is_err());
            for n in 0..4 {
                event.set_session(&format!("s{n}"), n)?;
            }
            let error = event.set_session("s4", 4).unwrap_err();
            assert_eq!(
                *error.kind(),
                PayloadErrorKind::TooManySessions { count: 6 }
            );
        }
        Ok(())
    });
    setup.client.send(item(1)).await.unwrap();
    assert_eq!(setup.server.events()[0].data["item_id"], "i1");
}

#[tokio::test]
async fn too_large_event_is_reported_at_its_original_index() {
    let setup = setup(|events| {
        for (index, event) in events.iter_mut().enumerate() {
            match index {
                0 => event.discard("the first"),
                2 => event.set_field("large", &"x".repeat(4 << 20))?,
                _ => {}
            }
        }
        Ok(())
    });
    let error = setup.client.send_many([item(1), item(2), item(3)]).await;
    let error = error.unwrap_err();
    let [
        (0, SendError::Discarded { .. }),
        (2, SendError::Payload(payload)),
    ] = error.rejected().collect::<Vec<_>>()[..]
    else {
        panic!("{error}");
    };
    assert_eq!(payload.index(), 2);
    assert_eq!(setup.server.events().len(), 1);
}

#[tokio::test]
async fn discarded_events_have_an_outcome() {
    let setup = setup(|events| {
        for event in events {
            if event.field::<String>("note")?.as_deref() == Some("test") {
                event.discard("it is a test");
            }
        }
        Ok(())
    });
    let carts = ["a", "test", "b", "test", "c"].map(cart);
    let error = setup.client.send_many(&carts).await.unwrap_err();
    let accepted: Vec<_> = error.accepted().map(|(index, _)| index).collect();
    let rejected: Vec<_> = error.rejected().map(|(index, _)| index).collect();
    assert_eq!((accepted, rejected), ([0, 2, 4].to_vec(), [1, 3].to_vec()));
    let (_, first) = error.rejected().next().unwrap();
    let text = "a middleware discarded the event: it is a test";
    assert_eq!(first.to_string(), text);
    assert!(error.into_unsent().is_empty());
    let notes: Vec<_> = setup.server.events();
    let notes: Vec<_> = notes
        .iter()
        .map(|event| event.data["note"].clone())
        .collect();
    assert_eq!(notes, ["a", "b", "c"]);
    assert_eq!(setup.take_outcomes().len(), 5);
    let error = setup.client.send(cart("test")).await.unwrap_err();
    assert!(matches!(error, SendError::Discarded { .. }));
}

#[tokio::test]
async fn invalid_and_discarded_events_keep_their_indices() {
    let setup = setup(|events| {
        events.iter_mut().next().unwrap().discard("the first");
        Ok(())
    });
    let mut items: Vec<_> = (0..5).map(item).collect();
    items[1].item_id.clear();
    items[3].price = f64::INFINITY;
    let error = setup.client.send_many(&items).await.unwrap_err();
    let rejected: Vec<_> = error
        .rejected()
        .map(|(index, error)| match error {
            SendError::Payload(error) => (index, Some(error.index())),
            _ => (index, None),
        })
        .collect();
    assert_eq!(rejected, [(0, None), (1, Some(1)), (3, Some(3))]);
    assert_eq!(error.accepted().count(), 2);
    assert_eq!(setup.take_outcomes().len(), 5);
}

#[tokio::test]
async fn added_events_are_sent_without_a_receipt() {
    let setup = setup(|events| {
        let count = events.len();
        events.push(cart(&format!("after {count}")))?;
        Ok(())
    });
    let receipts = setup.client.send_many([item(1), item(2)]).await.unwrap();
    assert_eq!(receipts.len(), 2);
    let names: Vec<_> = setup.server.events();
    let names: Vec<_> = names.iter().map(|event| event.name.clone()).collect();
    assert_eq!(
        names,
        [ItemImported::NAME, ItemImported::NAME, CartCleared::NAME]
    );
    assert_eq!(
        setup.take_outcomes(),
        [
            "storefront/item.imported: sent",
            "storefront/item.imported: sent",
            "storefront/cart.cleared (added): sent",
        ]
    );
}

#[tokio::test]
async fn middleware_runs_in_registration_order() {
    struct Named(&'static str, Arc<Mutex<Vec<String>>>);

    impl Middleware for Named {
        fn before_send(&self, events: &mut Outgoing) -> Result {
            for event in events {
                let so_far: String = event.field("seen")?.unwrap_or_default();
                event.set_field("seen", &(so_far + self.0))?;
            }
            Ok(())
        }

        fn after_send(&self, _: &[SentEvent<'_>]) {
            self.1.lock().unwrap().push(self.0.to_owned());
        }
    }

    let server = EventServer::start().unwrap();
    let after = Arc::default();
    let client = Client::builder()
        .dev(true)
        .base_url(server.url())
        .middleware(Named("a", Arc::clone(&after)))
        .middleware(Named("b", Arc::clone(&after)))
        .build()
        .unwrap();
    client.send(cart("x")).await.unwrap();
    assert_eq!(server.events()[0].data["seen"], "ab");
    assert_eq!(*after.lock().unwrap(), ["a", "b"]);
}

#[tokio::test]
async fn failing_middleware_stops_the_whole_batch() {
    for panics in [false, true] {
        let setup = setup(move |_| {
            assert!(!panics, "no key");
            Err("no key".into())
        });
        let error = setup.client.send_many([cart("a"), cart("b")]).await;
        let error = error.unwrap_err();
        assert_eq!(error.rejected().count(), 2);
        let (_, first) = error.rejected().next().unwrap();
        assert_eq!(
            first.to_string(),
            "a middleware failed and the event was not sent"
        );
        let source = first.source().unwrap().to_string();
        assert!(source.contains("no key"), "{source}");
        assert!(setup.server.events().is_empty());
        assert_eq!(setup.take_outcomes().len(), 2);
        // A client without the middleware can still send the events.
        let sent = setup.server.client().unwrap();
        let receipts = sent.send_batch(error.into_unsent()).await.unwrap();
        assert_eq!(receipts.len(), 2);
    }
}

#[tokio::test]
async fn resent_events_are_not_changed_again() {
    let setup = setup(|events| {
        for event in &mut *events {
            let times: u32 = event.field("times")?.unwrap_or_default();
            event.set_field("times", &(times + 1))?;
        }
        events.push(cart("added"))?;
        Ok(())
    });
    setup.server.inject(Fault::status(503));
    let error = setup.client.send_many([cart("a"), cart("b")]).await;
    let unsent = error.unwrap_err().into_unsent();
    assert_eq!(unsent.len(), 3);
    let receipts = setup.client.send_batch(unsent).await.unwrap();
    assert_eq!(receipts.len(), 3);
    let events = setup.server.events();
    // On the resend, the middleware added another event but left the resent events unchanged. The
    // added event is sent in its own request, which may arrive first.
    let mut data: Vec<_> = events.iter().map(|event| event.data.to_string()).collect();
    data.sort();
    assert_eq!(
        data,
        [
            r#"{"note":"a","times":1}"#,
            r#"{"note":"added"}"#,
            r#"{"note":"added"}"#,
            r#"{"note":"b","times":1}"#,
        ]
    );
}

#[tokio::test]
async fn buffered_sender_runs_middleware_on_send() {
    let setup = setup(|events| {
        for event in &mut *events {
            match event.field::<String>("note")?.as_deref() {
                Some("discard") => event.discard("not needed"),
                Some("fail") => return Err("not now".into()),
                _ => event.set_field("seen", &true)?,
            }
        }
        if events.iter().next().is_some() {
            events.push(item(1))?;
        }
        Ok(())
    });
    let sender = setup.client.buffered().start().unwrap();
    let pending = sender.send(cart("a")).await.unwrap();
    let discarded = sender.send(cart("discard")).await.unwrap_err();
    assert!(matches!(discarded, SendError::Discarded { .. }));
    let failed = sender.send(cart("fail")).await.unwrap_err();
    assert!(matches!(failed, SendError::Middleware(_)));
    sender.flush().await;
    pending.await.unwrap();
    let report = sender.shutdown(Duration::from_secs(5)).await;
    assert_eq!((report.delivered, report.failed), (2, 0));
    assert!(report.unsent.is_empty());
    assert_eq!(setup.server.events()[0].data["seen"], true);
    let after = setup.take_outcomes();
    assert_eq!(
        after,
        [
            "storefront/cart.cleared: a middleware discarded the event: not needed",
            "storefront/cart.cleared: a middleware failed and the event was not sent",
            "storefront/cart.cleared: sent",
            "storefront/item.imported (added): sent",
        ]
    );
}

/// At the timeout, one event is in flight and one is still buffered.
#[tokio::test]
async fn unsent_buffered_events_are_not_changed_again() {
    let server = EventServer::start().unwrap();
    server.inject(Fault::late(Duration::from_secs(3600)).after_taking());
    let client = Client::builder()
        .dev(true)
        .base_url(server.url())
        .concurrency(1)
        .middleware(FnMiddleware::new(|events| {
            for event in events {
                let times: u32 = event.field("times")?.unwrap_or_default();
                event.set_field("times", &(times + 1))?;
            }
            Ok(())
        }))
        .build()
        .unwrap();
    let sender = client.buffered().max_events(1).start().unwrap();
    let _first = sender.send(cart("a")).await.unwrap();
    while server.events().is_empty() {
        tokio::task::yield_now().await;
    }
    let _second = sender.send(cart("b")).await.unwrap();
    let report = sender.shutdown(Duration::ZERO).await;
    assert_eq!(report.unsent.len(), 2);
    let receipts = client.send_batch(report.unsent).await.unwrap();
    assert_eq!(receipts.len(), 2);
    let runs = server.runs();
    let data: Vec<_> = runs.iter().map(|event| event.data.clone()).collect();
    assert_eq!(
        data,
        [
            json!({ "note": "a", "times": 1 }),
            json!({ "note": "b", "times": 1 }),
        ]
    );
}

#[tokio::test]
async fn panic_in_after_send_keeps_the_receipts() {
    struct Panics;

    impl Middleware for Panics {
        fn after_send(&self, _: &[SentEvent<'_>]) {
            panic!("expected panic");
        }
    }

    let server = EventServer::start().unwrap();
    let builder = Client::builder().dev(true).base_url(server.url());
    let client = builder.middleware(Panics).build().unwrap();
    client.send(cart("a")).await.unwrap();
    let sender = client.buffered().start().unwrap();
    let pending = sender.send(cart("b")).await.unwrap();
    pending.await.unwrap();
}
