use inngest_core::SessionField;

#[derive(SessionField)]
enum Channel {
    Web,
    Partner { number: u64 },
}

fn main() {}
