//! Events of exported schemas decode.

use std::fs;

use inngest_core::Event;
use inngest_core::registry::Registry;
use inngest_receive::{Events, check, reader};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Payment {
    Card {
        last_digits: u16,
    },
    Invoice {
        due: Option<String>,
        tree: Option<Box<Tree>>,
    },
    Cash,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Tree {
    left: Option<Box<Tree>>,
    branches: Vec<Tree>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
enum Channel {
    Web,
    PointOfSale(i8),
}

mod v1 {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
    #[event(name = "shop/order.paid", version = "2026-01-01.1")]
    pub(super) struct OrderPaid {
        pub(super) order: u64,
        pub(super) note: Option<String>,
        pub(super) payments: Vec<Payment>,
        pub(super) channel: Channel,
        pub(super) pair: (u8, String),
        pub(super) prices: std::collections::BTreeMap<String, f64>,
    }
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "shop/order.paid", version = "2026-11-21.1")]
struct OrderPaid {
    order: String,
}

impl From<v1::OrderPaid> for OrderPaid {
    fn from(older: v1::OrderPaid) -> Self {
        Self {
            order: older.order.to_string(),
        }
    }
}

#[derive(Events)]
#[expect(dead_code, reason = "only the types count")]
enum ShopEvent {
    #[events(from(v1::OrderPaid))]
    OrderPaid(OrderPaid),
}

/// A folder as `inngest-registry export` writes it.
fn export() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::new().with::<v1::OrderPaid>().with::<OrderPaid>();
    inngest_registry::export::Export::new()
        .run(&inngest_registry::Catalogue::of(&registry), folder.path())
        .unwrap();
    folder
}

#[test]
fn every_exported_version_decodes() {
    check::<ShopEvent>(export().path()).unwrap();
}

#[test]
fn version_without_a_conversion_is_named() {
    #[derive(Events)]
    #[expect(dead_code, reason = "only the types count")]
    enum Forgetful {
        OrderPaid(OrderPaid),
    }
    let error = check::<Forgetful>(export().path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "version `2026-01-01.1` of `shop/order.paid` is exported, but no variant decodes it; add \
         its type with `#[events(from(…))]`"
    );
}

#[test]
fn registry_check_names_it_too() {
    #[derive(Events)]
    #[expect(dead_code, reason = "only the types count")]
    enum Newest {
        OrderPaid(OrderPaid),
    }
    let folder = export();
    let registry = Registry::collect();
    let types = Registry::new().with::<OrderPaid>();
    let report = inngest_registry::check::Check::default()
        .readers(&registry)
        .run(&inngest_registry::Catalogue::of(&types), folder.path())
        .unwrap();
    let findings = report.findings.iter().filter(|finding| {
        let kind = finding.kind;
        kind == inngest_registry::check::FindingKind::NotDecoded && finding.what.contains("Newest")
    });
    let findings: Vec<_> = findings.map(ToString::to_string).collect();
    let reader = std::any::type_name::<Newest>();
    assert_eq!(
        findings,
        [format!(
            "note: `shop/order.paid` 2026-01-01.1: is exported, but `{reader}` does not decode it\n  \
             to do: if such events may still arrive, add the type of this version with \
             `#[events(from(…))]`"
        )]
    );
    // An enum that takes all versions is collected, and not reported.
    let shop = std::any::type_name::<ShopEvent>();
    assert!(registry.readers().any(|reader| reader.rust_type() == shop));
    let quoted = format!("`{shop}`");
    assert!(!report.to_string().contains(&quoted), "{report}");
}

/// Rustc compiles a generic enum only for the types it is used with.
#[test]
fn generic_enums_are_added_by_hand() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
    #[event(name = "shop/cart.changed")]
    struct CartChanged<T> {
        items: Vec<T>,
    }
    #[derive(Events)]
    #[expect(dead_code, reason = "only the types count")]
    enum Generic<T> {
        CartChanged(CartChanged<T>),
    }
    let registry = Registry::new()
        .with_reader(reader::<Generic<String>>())
        .with_reader(reader::<Generic<String>>());
    let reader = registry.readers().next().unwrap();
    let names = ["shop/cart.changed"];
    assert_eq!((registry.readers().len(), reader.names()), (1, &names[..]));
    assert!(reader.takes("shop/cart.changed", None));
    assert!(!reader.takes("shop/cart.changed", Some("2026-11-21.1")));
    assert!(!reader.takes("shop/cart.cleared", None));
}

#[test]
fn type_that_no_longer_fits_its_schema_is_named() {
    // The type changed after its export, without another version.
    mod changed {
        use super::*;

        #[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
        #[event(name = "shop/order.paid", version = "2026-01-01.1")]
        pub(super) struct OrderPaid {
            payments: Vec<Payment>,
        }
        #[derive(Debug, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        enum Payment {
            Card { last_digits: u16 },
            Invoice { due: Option<String> },
        }
    }
    #[derive(Events)]
    #[expect(dead_code, reason = "only the types count")]
    enum Changed {
        Old(changed::OrderPaid),
        New(OrderPaid),
    }
    let error = check::<Changed>(export().path()).unwrap_err().to_string();
    assert!(error.contains("`data.payments[0].kind`"), "{error}");
    assert!(error.contains("expected `card` or `invoice`"), "{error}");
}

#[test]
fn folder_without_an_index_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = check::<ShopEvent>(folder.path()).unwrap_err().to_string();
    assert!(error.contains("index.json` cannot be read"), "{error}");
}

#[test]
fn missing_schema_is_an_error() {
    let folder = export();
    fs::remove_file(folder.path().join("shop/order.paid/2026-01-01.1.json")).unwrap();
    let error = check::<ShopEvent>(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("2026-01-01.1.json` cannot be read"),
        "{error}"
    );
}
