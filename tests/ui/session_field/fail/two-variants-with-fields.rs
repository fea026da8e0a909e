use inngest_core::SessionField;

#[derive(SessionField)]
enum Channel {
    Web(u64),
    Partner { number: u64 },
}

fn main() {}
