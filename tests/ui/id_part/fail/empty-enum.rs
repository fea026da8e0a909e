use inngest_core::IdPart;

#[derive(IdPart)]
enum Channel {}

fn main() {}
