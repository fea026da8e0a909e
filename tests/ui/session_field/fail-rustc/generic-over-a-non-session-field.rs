use inngest_core::SessionField;

#[derive(SessionField)]
struct Key<T>(T);

fn needs<T: SessionField>() {}

fn main() {
    needs::<Key<f64>>();
}
