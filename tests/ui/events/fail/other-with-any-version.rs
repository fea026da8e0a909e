use inngest_receive::{Events, RawReceived};

#[derive(Events)]
enum ShopEvent {
    #[events(any_version, other)]
    Other(RawReceived),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
