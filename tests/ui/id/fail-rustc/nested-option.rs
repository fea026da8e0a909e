use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "bank/account.opened", id = "account-opened-{account.region}/{account.branch.1}")]
struct AccountOpened {
    account: Account,
}

#[derive(Serialize, JsonSchema)]
struct Account {
    region: Option<String>,
    branch: (u32, f64),
}

fn main() {}
