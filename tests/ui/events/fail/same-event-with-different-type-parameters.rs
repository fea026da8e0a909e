use inngest_receive::Events;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/thing.changed")]
pub struct Changed<T> {
    pub thing: T,
}

#[derive(Events)]
enum ShopEvent<T, U> {
    Thing(Changed<T>),
    Other(Changed<U>),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent<u8, u16>>("");
}
