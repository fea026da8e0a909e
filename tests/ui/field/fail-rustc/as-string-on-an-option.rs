use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "bank/transfer.booked", id = "transfer-booked-{number}")]
struct TransferBooked {
    number: u64,
    #[serde(with = "inngest_core::AsString")]
    reverses: Option<u64>,
}

fn main() {}
