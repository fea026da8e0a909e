use inngest_core::SessionField;

#[derive(SessionField)]
enum Channel {
    Web,
    Partner(u64),
}

fn main() {}
