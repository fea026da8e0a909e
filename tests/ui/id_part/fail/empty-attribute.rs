use inngest_core::IdPart;

#[derive(IdPart)]
#[id_part]
struct OrderId(u64);

fn main() {}
