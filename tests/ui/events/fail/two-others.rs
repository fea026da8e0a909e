use inngest_receive::{Events, RawReceived};

#[derive(Events)]
enum ShopEvent {
    #[events(other)]
    Other(RawReceived),
    #[events(other)]
    Rest(RawReceived),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
