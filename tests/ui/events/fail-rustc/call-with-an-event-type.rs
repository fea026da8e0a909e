use inngest_receive::FunctionCall;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported", version = "2026-11-21.1")]
pub struct ItemImported {
    pub item_id: String,
}

fn main() {
    let _ = FunctionCall::<ItemImported>::decode("");
}
