use inngest_core::SessionField;

#[derive(SessionField)]
#[session_field(rename = "number")]
struct VisitId(u64);

fn main() {}
