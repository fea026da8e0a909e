use inngest_core::IdPart;

#[derive(IdPart)]
struct Key<T>(T);

fn needs<T: IdPart>() {}

fn main() {
    needs::<Key<f64>>();
}
