use inngest_core::IdPart;

#[derive(IdPart)]
#[id_part = "x"]
struct OrderId(u64);

fn main() {}
