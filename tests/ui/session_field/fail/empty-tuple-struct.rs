use inngest_core::SessionField;

#[derive(SessionField)]
struct Nothing();

fn main() {}
