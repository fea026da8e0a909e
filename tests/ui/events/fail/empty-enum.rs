use inngest_receive::Events;

#[derive(Events)]
enum ShopEvent {}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
