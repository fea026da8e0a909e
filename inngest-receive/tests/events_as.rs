//! Decodes what the embedded server received.

use inngest_core::Event;
use inngest_core::testing::{EventServer, Recorder};
use inngest_core::{Client, Payload};
use inngest_receive::testing::EventsAs as _;
use inngest_receive::{DecodeErrorKind, Events, Received};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "shop/item.imported", version = "2026-11-21.1")]
struct ItemImported {
    item_id: String,
    price: f64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "shop/order.paid", id = "order-paid-{order_id}")]
struct OrderPaid {
    order_id: u64,
}

#[derive(Debug, Events)]
enum ShopEvent {
    ItemImported(Received<ItemImported>),
    OrderPaid(Received<OrderPaid>),
}

#[derive(Debug, Events)]
enum OrderEvent {
    OrderPaid(OrderPaid),
}

#[tokio::test]
async fn events_are_decoded_as_functions_get_them() {
    let server = EventServer::start().unwrap();
    let client = server.client().unwrap();
    let item = ItemImported {
        item_id: "9".into(),
        price: 1.0,
    };
    let receipt = client
        .send(Payload::new(&item).session("cart", 7))
        .await
        .unwrap();
    client.send(&OrderPaid { order_id: 7 }).await.unwrap();

    let events = server.events_as::<ShopEvent>().unwrap();
    let [ShopEvent::ItemImported(first), ShopEvent::OrderPaid(second)] = &*events else {
        panic!("other events");
    };
    assert_eq!(first.data, item);
    // The sender gave no id.
    assert_eq!(first.id, receipt.event_id.to_string());
    assert_eq!(first.version.as_deref(), Some("2026-11-21.1"));
    assert_eq!(first.sessions["cart"], "7");
    assert_eq!(first.ts, server.events()[0].ts);
    assert_eq!(
        (&second.data, &*second.id),
        (&OrderPaid { order_id: 7 }, "order-paid-7")
    );

    let error = server.events_as::<OrderEvent>().unwrap_err();
    assert_eq!(error.kind(), &DecodeErrorKind::UnknownEvent);
    assert_eq!(error.path(), "[0]");
}

#[tokio::test]
async fn recorders_decode_events_too() {
    let recorder = Recorder::new();
    let client = Client::builder()
        .dev(true)
        .transport(recorder.clone())
        .build()
        .unwrap();
    client.send(&OrderPaid { order_id: 7 }).await.unwrap();
    let [OrderEvent::OrderPaid(paid)] = &*recorder.events_as::<OrderEvent>().unwrap() else {
        panic!("other events");
    };
    assert_eq!(paid.order_id, 7);
}
