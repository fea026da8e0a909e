#![allow(non_camel_case_types)]
use inngest_core::SessionField;
#[derive(SessionField)]
#[session_field(krate = ::inngest_core)]
enum Channel {
    #[session_field(crate = ::inngest_core)]
    Web,
    Partner(u64),
    WEB,
    W_e_b,
    w_e_b,
}

#[derive(SessionField)]
#[session_field]
struct VisitId(u64, #[session_field(crate = ::inngest_core)] u64);

fn main() {}
