use inngest_receive::Events;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/thing.changed")]
pub struct Changed<T> {
    pub thing: T,
}

#[derive(Events)]
enum ShopEvent<T> {
    #[events(from(Changed<u8>))]
    Thing(Changed<T>),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent<u8>>("");
}
