//! The assertions of `EventServer` and `Recorder`, and what they say when they fail.

use std::panic::{AssertUnwindSafe, catch_unwind};

use inngest_core::testing::Recorder;
use inngest_core::{Client, Event};
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

/// What an assertion says when it fails.
fn failure(assertion: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).expect_err("the assertion fails");
    panic.downcast_ref::<String>().unwrap().clone()
}

#[tokio::test]
async fn assertions_that_hold() {
    let received = recorder(&["MUG-BLUE", "MUG-RED"]).await;
    received.assert_sent::<ItemImported>(|item| item.sku == "MUG-RED");
    received.assert_sent_event(&item("0", "MUG-BLUE"));
    received.assert_valid();
    assert_eq!(received.sent::<ItemImported>().unwrap().len(), 2);
    assert_eq!(received.sent::<CartCleared>().unwrap().len(), 0);
    Recorder::new().assert_nothing_sent();
}

#[tokio::test]
async fn assertions_that_fail_say_what_came() {
    let received = recorder(&["MUG-BLUE", "MUG-RED"]).await;
    let message = failure(|| received.assert_sent::<ItemImported>(|item| item.sku == "CUP"));
    insta::assert_snapshot!(message, @r#"
    no `storefront/item.imported` was sent for which the condition holds:
      storefront/item.imported {"item_id":"0","sizes":[1,2],"sku":"MUG-BLUE"}
      storefront/item.imported {"item_id":"1","sizes":[1,2],"sku":"MUG-RED"}
    "#);
    let message = failure(|| received.assert_sent::<CartCleared>(|_| true));
    insta::assert_snapshot!(message, @"no `storefront/cart.cleared` was sent for which the condition holds; sent were `storefront/item.imported`");
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

#[tokio::test]
async fn what_does_not_fit_its_schema_is_said() {
    let received = recorder(&["MUG-BLUE"]).await;
    // What another program, or an earlier version, may have sent.
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
    insta::assert_snapshot!(message, @"event 0 (`storefront/unheard.of`): no such type is linked in");
}
