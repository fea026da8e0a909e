enum ShopEvent {}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
}
