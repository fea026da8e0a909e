use inngest_core::SessionField;

#[derive(SessionField)]
struct VisitId(#[session_field(crate = ::inngest_core)] u64);

fn main() {}
