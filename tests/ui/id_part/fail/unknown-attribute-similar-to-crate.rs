use inngest_core::IdPart;

#[derive(IdPart)]
#[id_part(krate = ::inngest_core)]
struct OrderId(u64);

fn main() {}
