use inngest_core::IdPart;

#[derive(IdPart)]
struct OrderId(Option<u64>);

fn main() {}
