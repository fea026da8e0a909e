use inngest_core::IdPart;

#[derive(IdPart)]
union Number {
    signed: i64,
    unsigned: u64,
}

fn main() {}
