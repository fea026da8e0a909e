//! Events decode by name and version.

use inngest_core::Event;
use inngest_receive::{DecodeError, DecodeErrorKind, Events, RawReceived, Received, decode};
use inngest_receive::{trigger_matches, triggers};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", version = "2026-11-21.1")]
struct ItemImported {
    item_id: String,
    quantity: u32,
}

/// Older versions: the first two convert in steps, and the second step may fail.
mod older {
    use super::{Deserialize, Event, JsonSchema, Serialize};

    #[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
    #[event(name = "storefront/item.imported")]
    pub(super) struct V0 {
        pub(super) item: String,
    }

    #[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
    #[event(name = "storefront/item.imported", version = "2026-01-01.1")]
    pub(super) struct V1 {
        pub(super) item: String,
        pub(super) count: String,
    }

    impl From<V0> for V1 {
        fn from(older: V0) -> Self {
            let count = "1".to_owned();
            Self {
                item: older.item,
                count,
            }
        }
    }

    impl TryFrom<V1> for super::ItemImported {
        type Error = std::num::ParseIntError;

        fn try_from(older: V1) -> Result<Self, Self::Error> {
            Ok(Self {
                item_id: older.item,
                quantity: older.count.parse()?,
            })
        }
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "storefront/order.paid")]
struct OrderPaid {
    total: f64,
}

#[derive(Debug, Events)]
enum ShopEvent {
    #[events(from(older::V1, older::V0))]
    ItemImported(Box<ItemImported>),
    OrderPaid(Received<OrderPaid>),
}

fn event(name: &str, version: Option<&str>, data: &str) -> String {
    let version = version.map_or_else(String::new, |version| format!(r#","v":"{version}""#));
    format!(r#"{{"data":{data},"id":"i","name":"{name}","ts":1795877869994,"user":{{}}{version}}}"#)
}

fn item(version: Option<&str>, data: &str) -> Result<ItemImported, DecodeError> {
    match decode(event(ItemImported::NAME, version, data))? {
        ShopEvent::ItemImported(item) => Ok(*item),
        ShopEvent::OrderPaid(paid) => panic!("{paid:?}"),
    }
}

#[test]
fn each_version_becomes_the_current_type() {
    let expected = |quantity| ItemImported {
        item_id: "7".into(),
        quantity,
    };
    for (version, data, quantity) in [
        (Some("2026-11-21.1"), r#"{"item_id":"7","quantity":2}"#, 2),
        (Some("2026-01-01.1"), r#"{"item":"7","count":"3"}"#, 3),
        (None, r#"{"item":"7"}"#, 1),
    ] {
        assert_eq!(item(version, data).unwrap(), expected(quantity), "{data}");
    }
}

#[test]
fn failed_conversion_is_named() {
    let error = item(Some("2026-01-01.1"), r#"{"item":"7","count":"many"}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`data` of `storefront/item.imported` version `2026-01-01.1`: the conversion from \
         `older::V1` to `ItemImported` failed: invalid digit found in string; make the conversion \
         accept this data"
    );
    assert!(matches!(
        error.kind(),
        DecodeErrorKind::Upgrade {
            from: "older::V1",
            to: "ItemImported",
            ..
        }
    ));
}

#[test]
fn older_data_is_checked_by_its_own_type() {
    let error = item(None, r#"{"item_id":"7","quantity":2}"#).unwrap_err();
    assert!(
        error.to_string().contains("missing field `item`"),
        "{error}"
    );
}

#[test]
fn an_unknown_version_is_never_guessed() {
    let error = item(Some("2027-01-01.1"), r#"{"item_id":"7","quantity":2}"#).unwrap_err();
    let known = vec![Some("2026-11-21.1"), Some("2026-01-01.1"), None];
    assert_eq!(error.kind(), &DecodeErrorKind::UnknownVersion { known });
    assert_eq!(error.event_version(), Some("2027-01-01.1"));
}

#[test]
fn a_version_of_another_event_does_not_match() {
    let text = event(OrderPaid::NAME, Some("2026-11-21.1"), r#"{"total":1}"#);
    let error = decode::<ShopEvent>(text).unwrap_err();
    let known = vec![None];
    assert_eq!(error.kind(), &DecodeErrorKind::UnknownVersion { known });
}

#[test]
fn an_unknown_event_is_named() {
    let error = decode::<ShopEvent>(event("storefront/item.importe", None, "{}")).unwrap_err();
    assert_eq!(error.kind(), &DecodeErrorKind::UnknownEvent);
    assert_eq!(error.event_name(), Some("storefront/item.importe"));
}

#[test]
fn received_has_the_id_time_version_and_user() {
    let text = event(OrderPaid::NAME, None, r#"{"total":1}"#);
    let ShopEvent::OrderPaid(paid) = decode(&text).unwrap() else {
        panic!()
    };
    assert_eq!(paid.data, OrderPaid { total: 1.0 });
    assert_eq!((paid.name, paid.id.as_str()), (OrderPaid::NAME, "i"));
    assert_eq!((paid.version, paid.user.is_none()), (None, true));
    let since = std::time::Duration::from_millis(1_795_877_869_994);
    assert_eq!(
        decode::<Received<OrderPaid>>(&text).unwrap().time(),
        std::time::UNIX_EPOCH + since
    );
}

#[test]
fn one_event_type_decodes_without_an_enum() {
    assert_eq!(<Received<OrderPaid>>::NAMES, [OrderPaid::NAME]);
    let text = event(OrderPaid::NAME, None, r#"{"total":1}"#);
    let raw: RawReceived = decode(&text).unwrap();
    assert_eq!(
        raw.deserialize::<OrderPaid>().unwrap().total.to_string(),
        "1"
    );
    let wrong = decode::<Received<ItemImported>>(&text).unwrap_err();
    assert_eq!(wrong.kind(), &DecodeErrorKind::UnknownEvent);
}

#[test]
fn names_are_unique_and_in_variant_order() {
    assert_eq!(ShopEvent::NAMES, [ItemImported::NAME, OrderPaid::NAME]);
    assert_eq!(<Box<ShopEvent>>::NAMES, ShopEvent::NAMES);
}

#[test]
fn triggers_are_checked_constants() {
    let [all, one] = triggers!(ShopEvent, "storefront/*", OrderPaid::NAME);
    assert!(
        ShopEvent::NAMES
            .iter()
            .all(|name| trigger_matches(all, name))
    );
    assert_eq!(one, "storefront/order.paid");
}

#[test]
fn debug_output_shows_no_data() {
    let text = event("a/b", None, r#"{"secret":"5310"}"#);
    let raw: RawReceived = decode(text).unwrap();
    assert!(!format!("{raw:?}").contains("5310"));
}
