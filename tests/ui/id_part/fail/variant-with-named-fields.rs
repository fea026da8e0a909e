use inngest_core::IdPart;

#[derive(IdPart)]
enum Channel {
    Web,
    Partner { number: u64 },
}

fn main() {}
