use inngest_receive::Events;

#[derive(Events)]
union ShopEvent {
    item: u8,
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
