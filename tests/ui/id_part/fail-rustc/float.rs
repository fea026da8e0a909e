use inngest_core::IdPart;

#[derive(IdPart)]
struct Weight(f64);

fn main() {}
