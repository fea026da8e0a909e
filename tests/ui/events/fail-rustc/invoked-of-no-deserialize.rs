use inngest_receive::Events;
use inngest_receive::system::FunctionInvoked;

pub struct Arguments {
    pub order_id: u64,
}

#[derive(Events)]
enum ShopEvent {
    Invoked(FunctionInvoked<Arguments>),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
