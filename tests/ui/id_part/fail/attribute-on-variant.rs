use inngest_core::IdPart;

#[derive(IdPart)]
enum Channel {
    #[id_part(rename = "w")]
    Web,
    Shop,
}

fn main() {}
