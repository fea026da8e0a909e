use inngest_core::SessionField;

macro_rules! session {
    ($name:ident: $($field:ty),*) => {
        #[derive(SessionField)]
        struct $name($($field),*);
    };
}

session!(VisitId: u64, u64);

fn main() {}
