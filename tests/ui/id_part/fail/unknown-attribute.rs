use inngest_core::IdPart;

#[derive(IdPart)]
#[id_part(rename = "number")]
struct OrderId(u64);

fn main() {}
