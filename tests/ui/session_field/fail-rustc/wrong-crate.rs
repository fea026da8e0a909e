use inngest_core::SessionField;

#[derive(SessionField)]
#[session_field(crate = ::events)]
struct VisitId(u64);

fn main() {}
