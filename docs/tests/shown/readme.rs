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
async fn a_resent_event_runs_once() -> Result<(), Box<dyn std::error::Error>> {
    let server = EventServer::start()?;
    // The server accepts the event of the first request, but answers with 503.
    server.inject(Fault::status(503).after_taking());

    let client = server.client()?;
    let item = ItemImported {
        item_id: "9f08sdh84".into(),
    };
    client.send(&item).await?;

    server.assert_sent::<ItemImported>(|item| item.item_id == "9f08sdh84");
    server.assert_valid();
    assert_eq!(server.events().len(), 2); // the server received the event twice
    assert_eq!(server.runs().len(), 1); // and ran it once
    Ok(())
}
