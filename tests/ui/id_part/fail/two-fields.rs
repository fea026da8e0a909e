use inngest_core::IdPart;

#[derive(IdPart)]
struct OrderLine(u64, u64);

fn main() {}
