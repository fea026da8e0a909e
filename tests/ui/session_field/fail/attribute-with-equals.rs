use inngest_core::SessionField;

#[derive(SessionField)]
#[session_field = "x"]
struct VisitId(u64);

fn main() {}
