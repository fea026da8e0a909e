use inngest_receive::Events;

#[derive(Events)]
enum ShopEvent {
    #[events(other)]
    Other(String),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
