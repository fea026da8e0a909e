use inngest_core::IdPart;

#[derive(IdPart)]
enum Channel {
    Web,
    Partner(u64),
}

fn main() {}
