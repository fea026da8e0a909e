use inngest_core::Event;

struct ItemImported {
    item_id: String,
}

fn send<E: Event>(_: E) {}

fn main() {
    send(ItemImported { item_id: String::new() });
}
