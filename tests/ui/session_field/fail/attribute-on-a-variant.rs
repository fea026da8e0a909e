use inngest_core::SessionField;

#[derive(SessionField)]
enum Channel {
    #[session_field(crate = ::inngest_core)]
    Web,
}

fn main() {}
