use inngest_core::IdPart;

#[derive(IdPart)]
enum Channel {
    #[id_part(crate = ::inngest_core)]
    Web,
}

fn main() {}
