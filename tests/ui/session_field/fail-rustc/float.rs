use inngest_core::SessionField;

#[derive(SessionField)]
struct Visit(f64);

fn main() {}
