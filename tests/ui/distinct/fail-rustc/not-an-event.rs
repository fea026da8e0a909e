struct Order;

struct OrderPaid;

inngest_core::assert_distinct!(Order, OrderPaid);

fn main() {}
