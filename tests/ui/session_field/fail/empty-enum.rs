use inngest_core::SessionField;

#[derive(SessionField)]
enum Channel {}

fn main() {}
