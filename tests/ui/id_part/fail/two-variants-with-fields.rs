use inngest_core::IdPart;

#[derive(IdPart)]
enum Channel {
    Web(u64),
    Partner { number: u64 },
}

fn main() {}
