use inngest_core::SessionField;

#[derive(SessionField)]
#[session_field(crate = ::inngest_core)]
#[session_field(crate = ::inngest_core)]
struct VisitId(u64);

fn main() {}
