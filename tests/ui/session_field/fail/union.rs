use inngest_core::SessionField;

#[derive(SessionField)]
union Number {
    signed: i64,
    unsigned: u64,
}

fn main() {}
