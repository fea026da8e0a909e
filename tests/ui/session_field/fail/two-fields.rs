use inngest_core::SessionField;

#[derive(SessionField)]
struct OrderLine(u64, u64);

fn main() {}
