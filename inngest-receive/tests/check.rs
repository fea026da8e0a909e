//! Events of exported schemas decode.

use std::cell::RefCell;
use std::fs;

use inngest_core::Event;
use inngest_core::registry::Registry;
use inngest_receive::{Events, check, reader};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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

thread_local! {
    static DECODED: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

/// Records the data of each event, and refuses the members that a test lists.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/recorded")]
struct Recorded {}

thread_local! {
    static REFUSED: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

impl<'de> Deserialize<'de> for Recorded {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let data = Value::deserialize(deserializer)?;
        let is_refused = REFUSED.with_borrow(|refused| refused.contains(&data));
        DECODED.with_borrow_mut(|decoded| decoded.push(data));
        if is_refused {
            return Err(serde::de::Error::custom("refused"));
        }
        Ok(Self {})
    }
}

#[derive(Events)]
enum Recorder {
    Recorded(Recorded),
}

/// Checks a schema of data. Returns the data that was decoded, and the error.
fn check_data(data: &Value, definitions: &Value) -> (Vec<Value>, Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let index = json!({ "events": [{ "name": "a/recorded", "version": null, "path": "a.json" }] });
    let schema = json!({ "properties": { "data": data }, "$defs": definitions });
    fs::write(folder.path().join("index.json"), index.to_string()).unwrap();
    fs::write(folder.path().join("a.json"), schema.to_string()).unwrap();
    DECODED.take();
    let error = check::<Recorder>(folder.path()).err();
    let prefix = format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR);
    (
        DECODED.take(),
        error.map(|error| error.to_string().replace(&prefix, "")),
    )
}

/// Checks that exactly these values of the member `a` are decoded, each valid for the schema.
fn assert_values(member: &Value, expected: &Value) {
    let data = json!({ "type": "object", "properties": { "a": member }, "required": ["a"] });
    let (decoded, error) = check_data(&data, &json!({}));
    assert_eq!(error, None, "{member}");
    let values: Vec<_> = decoded.iter().map(|data| data["a"].clone()).collect();
    assert_eq!(json!(values), *expected, "{member}");
}

#[test]
fn every_alternative_of_a_nested_enum_is_decoded() {
    // As many outer as inner variants, so that one counter for both would miss half of the pairs.
    let variant = |kind: &str| {
        json!({
            "type": "object",
            "properties": { "kind": { "const": kind }, "color": { "enum": ["red", "blue"] } },
            "required": ["kind", "color"],
        })
    };
    let data = json!({ "oneOf": [variant("x"), variant("y")] });
    let (decoded, error) = check_data(&data, &json!({}));
    assert_eq!(error, None);
    for kind in ["x", "y"] {
        for color in ["red", "blue"] {
            let pair = json!({ "kind": kind, "color": color });
            assert!(decoded.contains(&pair), "{pair}: {decoded:?}");
        }
    }
}

#[test]
fn every_variant_of_a_large_enum_is_decoded() {
    let variants: Vec<String> = (0..300).map(|number| format!("variant_{number}")).collect();
    let data = json!({
        "type": "object",
        "properties": { "kind": { "enum": variants } },
        "required": ["kind"],
    });
    let last = json!({ "kind": "variant_299" });
    REFUSED.set(vec![last.clone()]);
    let (decoded, error) = check_data(&data, &json!({}));
    // The event that is refused is decoded again, to find the path of the error.
    assert_eq!((decoded.len(), decoded.last()), (301, Some(&last)));
    assert!(
        error
            .unwrap()
            .starts_with("an event of `a.json` does not decode: ")
    );
}

#[test]
fn each_optional_member_is_decoded_alone() {
    let data = json!({
        "type": "object",
        "properties": { "a": { "type": "string" }, "b": { "type": ["boolean", "null"] }, "c": { "type": "null" } },
        "required": ["c"],
    });
    let (decoded, error) = check_data(&data, &json!({}));
    assert_eq!(error, None);
    for expected in [
        json!({ "c": null }),
        json!({ "a": "a", "c": null }),
        json!({ "a": "a", "b": true, "c": null }),
        json!({ "b": null, "c": null }),
        json!({ "b": true, "c": null }),
        json!({ "b": false, "c": null }),
    ] {
        assert!(decoded.contains(&expected), "{expected}: {decoded:?}");
    }
}

#[test]
fn values_fit_the_bounds_of_their_schemas() {
    for (member, expected) in [
        (
            json!({ "type": "number", "minimum": 0.25, "maximum": 0.75 }),
            json!([0.75, 0.5, 0.25]),
        ),
        (
            json!({ "type": "integer", "multipleOf": 7, "minimum": 8 }),
            json!([14]),
        ),
        (
            json!({ "type": "number", "multipleOf": 0.5, "exclusiveMinimum": 1 }),
            json!([1.5]),
        ),
        (
            json!({ "type": "string", "pattern": "^[A-Z]{3}-[0-9]{2}$" }),
            json!(["AAA-11"]),
        ),
        (
            json!({ "type": "array", "items": { "const": 1 }, "minItems": 2 }),
            json!([[1, 1]]),
        ),
        (
            json!({ "type": "string", "pattern": "^(?=a)", "examples": ["ab"] }),
            json!(["ab"]),
        ),
        (
            json!({ "not": { "const": 1 }, "examples": [2] }),
            json!([2]),
        ),
        (
            json!({ "anyOf": [false, { "const": 1 }, { "enum": [] }] }),
            json!([1]),
        ),
        (
            json!({ "type": "object", "additionalProperties": { "const": 1 }, "minProperties": 2 }),
            json!([{ "1": 1, "2": 1 }]),
        ),
        (
            json!({ "type": "object", "propertyNames": { "enum": ["x"] }, "additionalProperties": { "const": 1 } }),
            json!([{ "x": 1 }, {}]),
        ),
    ] {
        assert_values(&member, &expected);
    }
}

#[test]
fn references_apply_with_the_keywords_around_them() {
    let data = json!({
        "type": "object",
        "properties": { "count": { "$ref": "#/$defs/Count", "minimum": 7 }, "tree": { "$ref": "#/$defs/Tree" } },
        "required": ["count", "tree"],
    });
    let definitions = json!({
        "Count": { "type": "integer" },
        "Tree": {
            "type": "object",
            "properties": {
                "left": { "anyOf": [{ "$ref": "#/$defs/Tree" }, { "type": "null" }] },
                "kind": { "allOf": [{ "enum": ["oak", "elm"] }] },
            },
            "required": ["left", "kind"],
        },
    });
    let (decoded, error) = check_data(&data, &definitions);
    assert_eq!(error, None);
    assert!(decoded.iter().all(|data| data["count"] == 7), "{decoded:?}");
    let has = |pointer: &str, expected: &Value| {
        decoded
            .iter()
            .any(|data| data.pointer(pointer) == Some(expected))
    };
    assert!(
        has("/tree/left", &Value::Null) && has("/tree/kind", &json!("elm")),
        "{decoded:?}"
    );
    assert!(has("/tree/left/left", &Value::Null), "{decoded:?}");
}

/// Nothing would show that such events decode.
#[test]
fn schemas_without_a_sample_are_named_with_the_reason() {
    let unchecked = |pointer: &str, reason: &str| {
        format!(
            "`a.json` is not fully checked, because no value of `#/properties/data{pointer}` can be made, \
             {reason}; add one to `examples` of that part"
        )
    };
    let node = json!({ "Node": {
        "type": "object", "properties": { "next": { "$ref": "#/$defs/Node" } }, "required": ["next"],
    } });
    for (data, pointer, reason) in [
        (json!(false), "", "nothing matches it"),
        (json!({ "$ref": "#/$defs/Node" }), "", "nothing matches it"),
        (json!({ "oneOf": [] }), "", "nothing matches it"),
        (
            json!({ "$ref": "https://example.com/x" }),
            "",
            "its `$ref` to `https://example.com/x` cannot be followed",
        ),
        (
            json!({ "type": "object", "properties": { "a": { "type": "string", "pattern": "^(?=a)" } } }),
            "/properties/a",
            "its pattern `^(?=a)` is not understood",
        ),
        (
            json!({ "type": "object", "properties": { "a": { "type": "integer", "minimum": 5, "maximum": 4 } } }),
            "/properties/a",
            "no number matches it",
        ),
        (
            json!({ "type": "object", "if": {} }),
            "",
            "its `if` is not understood",
        ),
    ] {
        let (_, error) = check_data(&data, &node);
        assert_eq!(error, Some(unchecked(pointer, reason)), "{data}");
    }
}
