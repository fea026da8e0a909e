use inngest_core::IdPart;

#[derive(IdPart)]
struct Nothing();

fn main() {}
