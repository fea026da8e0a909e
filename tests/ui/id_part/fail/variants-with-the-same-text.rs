use inngest_core::IdPart;

#[derive(IdPart)]
#[allow(non_camel_case_types)]
enum Channel {
    TV,
    T_v,
}

fn main() {}
