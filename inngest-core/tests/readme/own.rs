use inngest_core::Event;
use inngest_core::testing::{EventServer, Fault};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: String,
}

#[tokio::test]
async fn an_event_that_is_sent_again_runs_once() -> Result<(), Box<dyn std::error::Error>> {
    let server = EventServer::start()?;
    // The first request is answered with 503, although its event was taken.
    server.inject(Fault::status(503).after_taking());

    let client = server.client()?;
    let item = ItemImported {
        item_id: "9f08sdh84".into(),
    };
    client.send(&item).await?;

    server.assert_sent::<ItemImported>(|item| item.item_id == "9f08sdh84");
    server.assert_valid();
    assert_eq!(server.events().len(), 2); // the event came twice
    assert_eq!(server.runs().len(), 1); // and ran once
    Ok(())
}
