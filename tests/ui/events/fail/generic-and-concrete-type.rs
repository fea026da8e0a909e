use inngest_receive::Events;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/thing.changed")]
pub struct Changed<T> {
    pub thing: T,
}

#[derive(Events)]
enum ShopEvent<T> {
    Thing(Changed<T>),
    Other(Changed<u8>),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent<u8>>("");
}
