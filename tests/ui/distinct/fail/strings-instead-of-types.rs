inngest_core::assert_distinct!("OrderPaid", "OrderShipped");

fn main() {}
