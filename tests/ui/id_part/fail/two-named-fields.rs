use inngest_core::IdPart;

#[derive(IdPart)]
struct OrderLine {
    order: u64,
    line: u64,
}

fn main() {}
