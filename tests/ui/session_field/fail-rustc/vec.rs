use inngest_core::SessionField;

#[derive(SessionField)]
struct Visit(Vec<String>);

fn main() {}
