use inngest_receive::system::FunctionFinished;
use inngest_receive::{Events, Received};

#[derive(Events)]
enum ShopEvent {
    Finished(Received<FunctionFinished<String>>),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
