use inngest_core::IdPart;

#[derive(IdPart)]
#[id_part(crate = ::events)]
struct OrderId(u64);

fn main() {}
