use std::error::Error;
use std::fs;
use std::path::Path;

use inngest_core::{Batch, Client, Event};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A supplier listed a price for an item.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "shop/price.listed",
    id = "price-listed-{day}-{item_id}",
    version = "2026-11-21.1"
)]
pub struct PriceListed {
    /// The day of the list, such as 20261121.
    pub day: u32,
    pub item_id: String,
    pub cents: u64,
}

/// Sends one event per row and returns how many were accepted. Stores the events that can be sent
/// later in `unsent`.
pub async fn import(
    client: &Client,
    rows: impl Iterator<Item = PriceListed> + Send + 'static,
    unsent: &Path,
) -> Result<usize, Box<dyn Error>> {
    let mut accepted = 0;
    let mut parts = client.send_iter(rows);
    while let Some(part) = parts.next().await {
        let error = match part.result {
            Ok(receipts) => {
                accepted += receipts.len();
                continue;
            }
            Err(error) => error,
        };
        accepted += error.accepted().count();
        for (index, reason) in error.rejected() {
            eprintln!("row {}: {reason}", part.first + index);
        }
        let rest = error.into_unsent();
        if !rest.is_empty() {
            let file = unsent.join(format!("{}.batch", part.first));
            fs::write(file, rest.to_bytes())?;
        }
    }
    Ok(accepted)
}

/// Sends the events that an earlier run stored. Call this before `import`.
pub async fn resend(client: &Client, unsent: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(unsent)?;
    for entry in fs::read_dir(unsent)? {
        let file = entry?.path();
        client
            .send_batch(Batch::from_bytes(&fs::read(&file)?)?)
            .await?;
        fs::remove_file(file)?;
    }
    Ok(())
}
