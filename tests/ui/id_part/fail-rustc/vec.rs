use inngest_core::IdPart;

#[derive(IdPart)]
struct Tags(Vec<String>);

fn main() {}
