use inngest_receive::{Events, RawReceived};

#[derive(Events)]
enum ShopEvent {
    #[events(other)]
    Unknown,
    #[events(other, any_version)]
    Other(RawReceived),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
