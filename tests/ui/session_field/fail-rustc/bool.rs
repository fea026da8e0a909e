use inngest_core::SessionField;

#[derive(SessionField)]
struct Visit(bool);

fn main() {}
