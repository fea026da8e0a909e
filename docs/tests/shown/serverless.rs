use std::error::Error;
use std::time::Duration;

use inngest_core::{Batch, Client, Event, RetryPolicy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A visitor uploaded a file.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "media/file.uploaded",
    id = "file-uploaded-{key}",
    version = "2026-11-21.1"
)]
pub struct FileUploaded {
    key: String,
}

/// Call this once per process, outside the handler: the client keeps its connections.
pub fn client() -> Result<Client, Box<dyn Error>> {
    // Give up well before the platform stops the invocation.
    let retry = RetryPolicy::default().max_elapsed(Duration::from_secs(5));
    let builder = Client::builder()
        .retry(retry)
        .timeout(Duration::from_secs(2));
    Ok(builder.build()?)
}

/// Handles one invocation.
pub async fn handle(client: &Client, uploaded: &[String]) -> Result<usize, Box<dyn Error>> {
    let mut batch = Batch::new();
    for key in uploaded {
        batch.push(&FileUploaded { key: key.clone() })?;
    }
    // Every event has its receipt before the handler returns.
    let receipts = client.send_batch(batch).await?;
    Ok(receipts.len())
}
