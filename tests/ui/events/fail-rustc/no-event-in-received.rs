use inngest_receive::{Events, Received};

#[derive(serde::Deserialize)]
pub struct OrderPaid {
    pub order_id: u64,
}

#[derive(Events)]
enum ShopEvent {
    OrderPaid(Received<OrderPaid>),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
