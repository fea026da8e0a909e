// Every attribute of the derives. `through_macros.rs` includes this file once for each wrapper macro,
// which `wrap!` calls. The structs are inside functions, at the top of a module and in a nested module.

#[test]
fn all_field_attributes_work() {
    wrap! {event
        /// An order was paid.
        ///
        /// With a second paragraph.
        #[event(name = "shop/order.paid", version = "2026-11-21.1")]
        #[event(id = "order-paid-{order.id}-{lines.1}-{type}")]
        #[serde(rename_all = "camelCase")]
        struct OrderPaid {
            /// The paid order.
            order: Order,
            lines: (String, u16),
            #[event(session = "kind")]
            r#type: u32,
            #[event(ts)]
            #[serde(rename = "at")]
            paid_at: i64,
            #[event(user)]
            #[serde(skip)]
            by: User,
            #[event(session)]
            visit: String,
            #[serde(flatten)]
            rest: Rest,
            #[serde(skip_serializing_if = "Option::is_none")]
            gone: Option<Vec<Vec<u8>>>
        }
    }
    let paid = OrderPaid {
        order: Order { id: 7 },
        lines: (String::new(), 3),
        r#type: 9,
        paid_at: 1_743_130_137_367,
        by: User { external_id: 5 },
        visit: "v".into(),
        rest: Rest { note: "n".into() },
        gone: None,
    };
    assert_eq!(
        encoded(&paid),
        json!({
            "name": "shop/order.paid",
            "id": "order-paid-7-3-9",
            "v": "2026-11-21.1",
            "ts": 1_743_130_137_367_i64,
            "data": {
                "order": { "id": 7 },
                "lines": ["", 3],
                "type": 9,
                "at": 1_743_130_137_367_i64,
                "visit": "v",
                "note": "n",
            },
            "user": { "external_id": 5 },
            "meta": { "sessions": { "kind": 9, "visit": "v" } },
        })
    );
    let described = description::<OrderPaid>();
    assert_eq!(described, "An order was paid.\n\nWith a second paragraph.");
}

wrap! {event
    /// Stock changed.
    #[event(name = "shop/stock.changed")]
    pub(crate) struct StockChanged {
        #[event(id)]
        pub(crate) sku: String,
        #[event(id, session)]
        pub(crate) at_shop: u8,
        #[event(ts)]
        #[serde(skip)]
        pub(crate) at: Option<std::time::SystemTime>,
        #[event(user)]
        #[serde(skip_serializing)]
        pub(crate) user: Option<User>,
        #[event(session = "source")]
        pub(crate) source: Option<String>
    }
}

#[test]
fn optional_fields_work() {
    let mut changed = StockChanged {
        sku: "s".into(),
        at_shop: 2,
        at: None,
        user: None,
        source: None,
    };
    let mut expected = json!({
        "name": "shop/stock.changed",
        "id": "stock-changed-s-2",
        "data": { "sku": "s", "at_shop": 2, "source": null },
        "meta": { "sessions": { "at_shop": 2 } },
    });
    assert_eq!(without_ts(encoded(&changed)), expected);

    changed.at = Some(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_743_130_137));
    changed.user = Some(User { external_id: 5 });
    changed.source = Some("web".into());
    expected["ts"] = 1_743_130_137_000_i64.into();
    expected["data"]["source"] = "web".into();
    expected["user"] = json!({ "external_id": 5 });
    expected["meta"]["sessions"]["source"] = "web".into();
    assert_eq!(encoded(&changed), expected);
}

mod outer {
    use super::*;

    mod nested {
        use super::*;

        wrap! {event
            #[event(name = "shop/cart.merged", id = "cart-merged-{cart}/{into.id}")]
            pub(in super::super) struct CartMerged<'a, T> {
                pub(in super::super) cart: T,
                pub(in super::super) into: &'a Order,
                #[event(ts)]
                pub(in super::super) at: i64,
                #[event(session)]
                pub(in super::super) visit: &'a str,
                #[event(session = "of")]
                pub(in super::super) of: T,
                #[event(user)]
                #[serde(skip)]
                pub(in super::super) user: Option<&'a User>
            }
        }
    }
    pub(super) use nested::CartMerged;
}

#[test]
fn generic_structs_work() {
    let merged = outer::CartMerged {
        cart: 1_u8,
        into: &Order { id: 7 },
        at: 1_743_130_137_367,
        visit: "v",
        of: 2,
        user: Some(&User { external_id: 5 }),
    };
    assert_eq!(
        encoded(&merged),
        json!({
            "name": "shop/cart.merged",
            "id": "cart-merged-1/7",
            "ts": 1_743_130_137_367_i64,
            "data": { "cart": 1, "into": { "id": 7 }, "at": 1_743_130_137_367_i64, "visit": "v", "of": 2 },
            "user": { "external_id": 5 },
            "meta": { "sessions": { "visit": "v", "of": 2 } },
        })
    );
}

#[test]
fn disabled_rules_work() {
    wrap! {event
        #[event(
            name = "Shop:Lifted",
            version = "v2",
            id = "{first}{{{second}}}-{third.0}",
            allow(nonstandard_name, nonstandard_version, unscoped_id, ambiguous_id),
            crate = ::inngest_core
        )]
        struct Lifted {
            first: String,
            second: String,
            third: (i8, )
        }
    }
    let lifted = Lifted {
        first: "a".into(),
        second: "b".into(),
        third: (-1,),
    };
    assert_eq!(
        without_ts(encoded(&lifted)),
        json!({
            "name": "Shop:Lifted",
            "v": "v2",
            "id": "a{b}--1",
            "data": { "first": "a", "second": "b", "third": [-1] },
        })
    );
}

#[test]
fn id_parts_work() {
    wrap! {part
        /// An order number.
        struct Number {
            #[allow(dead_code)]
            number: u32
        }
    }
    wrap! {part
        #[id_part(crate = ::inngest_core)]
        struct Borrowed<'a, T> {
            inner: &'a T
        }
    }
    wrap! {variants
        /// The source of an event.
        enum Channel {
            Web,
            PointOfSale,
            r#Final
        }
    }
    wrap! {event
        #[event(name = "shop/parts.sent", id = "parts-sent-{channel}-{number}-{borrowed}")]
        struct PartsSent<'a, T> {
            number: Number,
            borrowed: Borrowed<'a, T>,
            channel: Channel
        }
    }
    let sent = |channel| PartsSent {
        number: Number { number: 1 },
        borrowed: Borrowed { inner: &2_u8 },
        channel,
    };
    let id = |channel| sent(channel).dedup_id().unwrap().unwrap();
    assert_eq!(id(Channel::Web), "parts-sent-web-1-2");
    assert_eq!(id(Channel::PointOfSale), "parts-sent-point_of_sale-1-2");
    assert_eq!(id(Channel::Final), "parts-sent-final-1-2");
}
