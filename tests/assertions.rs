//! The assertions of `EventServer` and `Recorder`, and their failure messages.

use std::panic::{AssertUnwindSafe, catch_unwind};

use inngest_core::testing::{Recorder, assert_matches_schema};
use inngest_core::{Client, Event, Payload};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "storefront/item.imported",
    id = "item-imported-{item_id}",
    version = "2026-11-21.1"
)]
struct ItemImported {
    item_id: String,
    sku: String,
    sizes: Vec<u8>,
}

#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/cart.cleared")]
struct CartCleared {}

fn item(item_id: &str, sku: &str) -> ItemImported {
    ItemImported {
        item_id: item_id.into(),
        sku: sku.into(),
        sizes: vec![1, 2],
    }
}

/// A recorder that has received items of these stock keeping units.
async fn recorder(skus: &[&str]) -> Recorder {
    let recorder = Recorder::new();
    let client = Client::builder()
        .dev(true)
        .transport(recorder.clone())
        .build()
        .unwrap();
    let items = skus
        .iter()
        .enumerate()
        .map(|(n, sku)| item(&n.to_string(), sku));
    client.send_many(items).await.unwrap();
    recorder
}

/// The panic message of an assertion that fails.
fn failure(assertion: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).expect_err("the assertion fails");
    panic.downcast_ref::<String>().unwrap().clone()
}

#[tokio::test]
async fn assertions_pass_on_matching_events() {
    let received = recorder(&["MUG-BLUE", "MUG-RED"]).await;
    received.assert_sent::<ItemImported>(|item| item.sku == "MUG-RED");
    received.assert_sent_event(&item("0", "MUG-BLUE"));
    received.assert_valid();
    assert_eq!(received.sent::<ItemImported>().unwrap().len(), 2);
    assert_eq!(received.sent::<CartCleared>().unwrap().len(), 0);
    Recorder::new().assert_nothing_sent();
}

#[tokio::test]
async fn failed_assertions_list_received_events() {
    let received = recorder(&["MUG-BLUE", "MUG-RED"]).await;
    let message = failure(|| received.assert_sent::<ItemImported>(|item| item.sku == "CUP"));
    insta::assert_snapshot!(message, @r#"
    no `storefront/item.imported` that satisfies the condition was sent:
      storefront/item.imported {"item_id":"0","sizes":[1,2],"sku":"MUG-BLUE"}
      storefront/item.imported {"item_id":"1","sizes":[1,2],"sku":"MUG-RED"}
    "#);
    let message = failure(|| received.assert_sent::<CartCleared>(|_| true));
    insta::assert_snapshot!(message, @"no `storefront/cart.cleared` that satisfies the condition was sent; these were sent: `storefront/item.imported`");
    let wanted = ItemImported {
        sizes: vec![1, 3],
        ..item("1", "MUG-RED")
    };
    let message = failure(|| received.assert_sent_event(&wanted));
    insta::assert_snapshot!(message, @r"
    no such `storefront/item.imported` was sent; the nearest of 2 differs in
      data.sizes[1]: expected 3, found 2
    ");
    let message = failure(|| Recorder::new().assert_sent_event(&wanted));
    insta::assert_snapshot!(message, @"no `storefront/item.imported` was sent; nothing was sent at all");
    let many = recorder(&["A", "B", "C", "D", "E", "F", "G"]).await;
    let message = failure(|| many.assert_nothing_sent());
    assert!(
        message.starts_with("7 events were sent:\n  (2 earlier ones)\n"),
        "{message}"
    );
}

#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/item.weighed")]
struct ItemWeighed {
    kilograms: f32,
    error: f64,
    remarks: Option<String>,
}

/// An event is compared as it is sent: `0.1_f32` as `0.1`, and with the numbers that the server reads.
#[tokio::test]
async fn sent_events_are_compared_as_the_server_reads_them() {
    let recorder = Recorder::new();
    let client = Client::builder().dev(true).transport(recorder.clone());
    let client = client.build().unwrap();
    let weighed = |kilograms, error| ItemWeighed {
        kilograms,
        error,
        remarks: None,
    };
    for event in [
        weighed(0.1, -0.0),
        weighed(-0.0, 1e21),
        weighed(16_777_216.0, 5e-324),
    ] {
        client.send(&event).await.unwrap();
        recorder.assert_sent_event(&event);
    }
    let message = failure(|| recorder.assert_sent_event(&weighed(0.2, 0.5)));
    assert!(
        message.contains("data.kilograms: expected 0.2, found "),
        "{message}"
    );
    let message = failure(|| recorder.assert_sent_event(&weighed(f32::NAN, 0.0)));
    assert!(
        message.starts_with("the expected event cannot be sent: "),
        "{message}"
    );
}

#[tokio::test]
async fn failed_assertions_count_in_words() {
    let one = recorder(&["A"]).await;
    let message = failure(|| one.assert_nothing_sent());
    assert!(message.starts_with("1 event was sent:\n"), "{message}");
    let six = recorder(&["A", "B", "C", "D", "E", "F"]).await;
    let message = failure(|| six.assert_nothing_sent());
    assert!(
        message.starts_with("6 events were sent:\n  (1 earlier one)\n"),
        "{message}"
    );
}

#[tokio::test]
async fn assert_valid_lists_schema_violations() {
    let received = recorder(&["MUG-BLUE"]).await;
    // An event as another program, or an earlier version of this one, may send it.
    let send = |body: &'static str| {
        use inngest_core::testing::EventServer;
        let server = EventServer::start().unwrap();
        let url = format!("{}/e/key", server.url());
        async move {
            reqwest::Client::new()
                .post(url)
                .body(body)
                .send()
                .await
                .unwrap();
            server
        }
    };
    received.assert_valid();
    let server = send(
        r#"{"name":"storefront/item.imported","id":"x","v":"2026-11-21.1","data":{"item_id":1,"sizes":[]}}"#,
    )
    .await;
    let message = failure(|| server.assert_valid());
    insta::assert_snapshot!(message, @r#"
    event 0 (`storefront/item.imported`) at `/data`: "sku" is a required property
    event 0 (`storefront/item.imported`) at `/data/item_id`: 1 is not of type "string"
    event 0 (`storefront/item.imported`) at `/id`: "x" does not match "^item-imported-[\s\S]+$"
    "#);
    let server = send(r#"{"name":"storefront/unheard.of"}"#).await;
    let message = failure(|| server.assert_valid());
    insta::assert_snapshot!(message, @"event 0 (`storefront/unheard.of`): its type is not linked into the program");
}

/// Nested types whose schema differs from their serialized form, which the derive cannot see.
mod mismatched_schemas {
    use super::*;

    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "shop/delivery.planned", id = "delivery-planned-{order}")]
    struct DeliveryPlanned {
        order: u64,
        slots: Vec<Slot>,
        #[event(user)]
        #[serde(skip)]
        user: Option<User>,
    }

    #[derive(Serialize, JsonSchema)]
    struct Slot {
        #[serde(serialize_with = "as_time")]
        minute: u16,
        remark: Option<Remark>,
    }

    #[derive(Serialize, JsonSchema)]
    #[schemars(with = "String")]
    enum Remark {
        Gate,
        Floor(u8),
    }

    #[derive(Serialize, JsonSchema)]
    struct User {
        #[schemars(with = "u64")]
        external_id: String,
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde requires this signature"
    )]
    fn as_time<S: serde::Serializer>(minute: &u16, serializer: S) -> Result<S::Ok, S::Error> {
        if *minute < 1_000 {
            return minute.serialize(serializer);
        }
        serializer.collect_str(&format_args!("{:02}:{:02}", minute / 60, minute % 60))
    }

    fn planned(slots: Vec<Slot>) -> DeliveryPlanned {
        DeliveryPlanned {
            order: 1,
            slots,
            user: None,
        }
    }

    #[test]
    fn mismatch_is_found_by_affected_values() {
        // These values of the same types match the schema.
        let gate = Slot {
            minute: 999,
            remark: Some(Remark::Gate),
        };
        assert_matches_schema(planned(vec![gate]));
        let floor = Slot {
            minute: 1_020,
            remark: Some(Remark::Floor(3)),
        };
        let message = failure(|| assert_matches_schema(planned(vec![floor])));
        insta::assert_snapshot!(message, @r#"
        event (`shop/delivery.planned`) at `/data/slots/0/minute`: "17:00" is not of type "integer"
        event (`shop/delivery.planned`) at `/data/slots/0/remark`: {"Floor":3} is not of types "null", "string"
        "#);
        let payload =
            Payload::new(planned(Vec::new())).user(&serde_json::json!({ "external_id": "5" }));
        let message = failure(|| assert_matches_schema(payload));
        insta::assert_snapshot!(message, @r#"
        event (`shop/delivery.planned`) at `/user/external_id`: "5" is not of type "integer"
        "#);
        let message = failure(|| {
            assert_matches_schema(DeliveryPlanned {
                user: Some(User {
                    external_id: "5".into(),
                }),
                ..planned(Vec::new())
            });
        });
        insta::assert_snapshot!(message, @r#"
        event (`shop/delivery.planned`) at `/user/external_id`: "5" is not of type "integer"
        "#);
    }

    #[test]
    fn unsendable_event_fails_the_assertion() {
        let payload = Payload::new(planned(Vec::new())).id("");
        let message = failure(|| assert_matches_schema(payload));
        insta::assert_snapshot!(message, @r#"
        the event cannot be sent: event 0 (`shop/delivery.planned`): the id is empty, which the server treats as missing; set a non-empty id, or none
        "#);
    }
}
