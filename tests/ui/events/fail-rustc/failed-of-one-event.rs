use inngest_receive::Events;
use inngest_receive::system::FunctionFailed;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/order.paid")]
pub struct OrderPaid {
    pub order_id: u64,
}

#[derive(Events)]
enum ShopEvent {
    Failed(FunctionFailed<OrderPaid>),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
