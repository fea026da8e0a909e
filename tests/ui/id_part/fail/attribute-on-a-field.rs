use inngest_core::IdPart;

#[derive(IdPart)]
struct OrderId(#[id_part(crate = ::inngest_core)] u64);

fn main() {}
