use inngest_core::SessionField;

#[derive(SessionField)]
#[allow(non_camel_case_types)]
enum Channel {
    TV,
    T_v,
}

fn main() {}
