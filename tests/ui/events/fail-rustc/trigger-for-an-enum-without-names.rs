use inngest_receive::{Events, RawReceived, triggers};

#[derive(Events)]
enum AnyEvent {
    #[events(other)]
    Other(RawReceived),
}

fn main() {
    let _ = triggers!(AnyEvent, "shop/*");
}
