use inngest_core::SessionField;

#[derive(SessionField)]
#[session_field(krate = ::inngest_core)]
struct VisitId(u64);

fn main() {}
