use inngest_core::SessionField;

#[derive(SessionField)]
#[session_field()]
struct VisitId(u64);

fn main() {}
