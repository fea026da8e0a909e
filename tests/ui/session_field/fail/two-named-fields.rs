use inngest_core::SessionField;

#[derive(SessionField)]
struct OrderLine {
    order: u64,
    line: u64,
}

fn main() {}
