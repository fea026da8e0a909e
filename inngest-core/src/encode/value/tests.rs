//! Checks the output, the refusals and the error paths of the value writer.

use super::write;
use super::writer::{EncodeError, Keys};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeStruct, SerializeStructVariant, SerializeTupleVariant, Serializer,
};
use std::collections::BTreeMap;

const TOO_LARGE: u64 = (1 << 53) + 1;

fn error_path(value: &impl Serialize) -> String {
    let failure = write(&mut Vec::new(), value, Keys::NotReserved, 1).unwrap_err();
    format!("data{}", failure.path)
}

#[derive(Serialize)]
enum Shape {
    Struct { inner: u64 },
    Tuple(u8, u64),
    New(u64),
    Float { inner: f32 },
}

#[test]
fn paths_locate_the_first_refused_value() {
    #[derive(Serialize)]
    struct Line {
        total: u64,
    }
    #[derive(Serialize)]
    struct Order {
        note: String,
        lines: Vec<Line>,
    }
    let lines = vec![Line { total: 1 }, Line { total: TOO_LARGE }];
    let order = Order {
        note: "{\"[".into(),
        lines,
    };
    let root = BTreeMap::from([("order", order)]);
    assert_eq!(error_path(&root), "data.order.lines[1].total");
    assert_eq!(error_path(&(1, [TOO_LARGE])), "data[1][0]");
    let empty_before: (Vec<u8>, BTreeMap<u8, u8>, i64) = (vec![], BTreeMap::new(), i64::MIN);
    assert_eq!(error_path(&empty_before), "data[2]");
    assert_eq!(error_path(&BTreeMap::from([(7, u64::MAX)])), "data.7");
    assert_eq!(
        error_path(&BTreeMap::from([("a\"b", u64::MAX)])),
        "data.a\"b"
    );
    assert_eq!(
        error_path(&Shape::Struct { inner: TOO_LARGE }),
        "data.Struct.inner"
    );
    assert_eq!(error_path(&Shape::Tuple(1, TOO_LARGE)), "data.Tuple[1]");
    assert_eq!(error_path(&Shape::New(TOO_LARGE)), "data.New");
    assert_eq!(error_path(&i128::MIN), "data");
}

struct Fails;

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no luck"))
    }
}

#[test]
fn failing_serialize_is_located() {
    assert_eq!(error_path(&(1, [Fails])), "data[1][0]");
    let mut out = Vec::new();
    let failure = write(&mut out, &Fails, Keys::Any, 1).unwrap_err();
    assert!(matches!(failure.error, EncodeError::Serialize(message) if message == "no luck"));
}

fn passes(value: &impl Serialize) -> bool {
    write(&mut Vec::new(), value, Keys::NotReserved, 1).is_ok()
}

#[test]
fn exact_integer_limits() {
    let edge = (1_i64 << 53) - 1;
    assert!(passes(&edge) && passes(&-edge) && passes(&i128::from(edge)));
    assert!(!passes(&(edge + 1)) && !passes(&-(edge + 1)) && !passes(&u128::MAX));
    // As a key, an integer is written as a string, which is exact.
    assert!(passes(&BTreeMap::from([(u64::MAX, 1)])));
}

#[test]
fn non_finite_floats_are_refused() {
    assert!(passes(&(f64::MAX, f32::MIN, 0.0, -0.0)));
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(error_path(&(0, Some([float]))), "data[1][0]");
    }
    assert_eq!(
        error_path(&Shape::Float { inner: f32::NAN }),
        "data.Float.inner"
    );
    let failure = write(&mut Vec::new(), &f32::NAN, Keys::Any, 1).unwrap_err();
    assert!(matches!(failure.error, EncodeError::NotFinite));
}

#[test]
fn the_error_for_a_key_that_is_no_text_says_what_to_change() {
    let map = BTreeMap::from([("lines", BTreeMap::from([((1, 2), "x")]))]);
    let failure = write(&mut Vec::new(), &map, Keys::NotReserved, 1).unwrap_err();
    assert_eq!(failure.path, ".lines");
    match failure.error {
        EncodeError::Serialize(message) => assert_eq!(
            message,
            "its keys are neither text, numbers nor booleans; change their type"
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn reserved_key_is_refused_at_the_top() {
    let map = |key: &str| BTreeMap::from([(key.to_owned(), 1)]);
    assert_eq!(error_path(&map("_inngest")), "data._inngest");
    assert!(passes(&map("_inngestx")) && passes(&map("_inngest\n")) && passes(&map("a_inngest")));
    assert!(passes(&map("\n_inngest")));
    // The key is only reserved at the top, and never as a value.
    assert!(passes(&BTreeMap::from([("a", map("_inngest"))])));
    assert!(passes(&BTreeMap::from([("a", "_inngest")])));
    assert!(write(&mut Vec::new(), &map("_inngest"), Keys::Any, 1).is_ok());
}

#[test]
fn raw_json_is_checked() {
    let value = serde_json::json!({ "a": [1, { "b": u64::MAX }] });
    assert_eq!(error_path(&value), "data.a[1].b");
    let raw = |json: &str| serde_json::value::RawValue::from_string(json.into()).unwrap();
    assert!(passes(&raw(
        r#"{"a":"9007199254740992","b\\":[1.5e300,-9007199254740991]}"#
    )));
    assert!(passes(&raw(r#""\"9007199254740992""#)));
    for (json, inside) in [
        ("9007199254740992", ""),
        ("[-9007199254740992]", "[0]"),
        (
            r#"{"a\"":123456789012345678901234567890123456789012345}"#,
            ".a\"",
        ),
    ] {
        let map = BTreeMap::from([("raw", raw(json))]);
        assert_eq!(error_path(&map), format!("data.raw{inside}"));
    }
}

#[test]
fn the_first_error_is_kept() {
    struct DisplayFails;
    impl Serialize for DisplayFails {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            struct Half;
            impl std::fmt::Display for Half {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("half")?;
                    Err(std::fmt::Error)
                }
            }
            serializer.collect_str(&Half)
        }
    }

    struct ContinuesAfterError;
    impl Serialize for ContinuesAfterError {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields = serializer.serialize_struct("ContinuesAfterError", 2)?;
            let _ = fields.serialize_field("fails", &Fails);
            let _ = fields.serialize_field("display", &DisplayFails);
            fields.serialize_field("large", &TOO_LARGE)?;
            fields.end()
        }
    }
    assert_eq!(error_path(&[ContinuesAfterError]), "data[0].large");
}

#[test]
fn one_shot_serialize_is_located() {
    struct OneShot(std::cell::Cell<Option<u64>>);
    impl Serialize for OneShot {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.take().serialize(serializer)
        }
    }
    let once = OneShot(Some(u64::MAX).into());
    assert_eq!(error_path(&BTreeMap::from([("a", (1, once))])), "data.a[1]");
}

/// With its feature `arbitrary_precision`, `serde_json` passes numbers as such a struct.
#[test]
fn arbitrary_precision_numbers_are_checked() {
    struct Number(&'static str);
    impl Serialize for Number {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let name = "$serde_json::private::Number";
            let mut number = serializer.serialize_struct(name, 1)?;
            number.serialize_field(name, self.0)?;
            number.end()
        }
    }
    let mut out = Vec::new();
    write(&mut out, &(Number("1.50"), Number("7")), Keys::Any, 1).unwrap();
    assert_eq!(out, b"[1.50,7]");
    assert_eq!(error_path(&(1, Number("9007199254740993"))), "data[1]");
    assert_eq!(
        error_path(&[Number("0.1234567890123456789012345")]),
        "data[0]"
    );
}

#[test]
fn duplicate_map_keys_are_found() {
    struct Map(Vec<String>);
    impl Serialize for Map {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|key| (key, 1)))
        }
    }
    for keys in 1..25 {
        let sorted: Vec<_> = (0..keys).map(|n| format!("{n:02}")).collect();
        let reversed: Vec<_> = sorted.iter().cloned().rev().collect();
        let mixed = (0..keys).map(|n| format!("{:02}", n * 7 % 25)).collect();
        for distinct in [sorted, reversed, mixed] {
            for twice in 0..keys {
                let mut map = Map(distinct.clone());
                assert!(passes(&map), "{distinct:?}");
                let key = distinct[twice].clone();
                let expected = format!("data.{key}");
                map.0.push(key);
                assert_eq!(error_path(&map), expected, "{distinct:?}");
            }
        }
    }
}

#[test]
fn duplicate_fields_are_found() {
    struct DuplicateFields(&'static [&'static str]);
    impl Serialize for DuplicateFields {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields =
                serializer.serialize_struct_variant("AnyValue", 0, "V", self.0.len())?;
            for name in self.0 {
                fields.serialize_field(name, &1)?;
            }
            fields.end()
        }
    }
    const MANY: &[&str] = &[
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r",
        "s",
    ];
    assert!(
        passes(&DuplicateFields(MANY))
            && passes(&DuplicateFields(&["a", "ab", "b", "a\"", "a\"b"]))
    );
    for names in [
        &["a", "b", "a"] as &'static [&'static str],
        &["b\"", "a", "b\""],
        &["\n", "\n"],
        &["ü", "ü"],
    ] {
        let twice = names.last().unwrap();
        assert_eq!(
            error_path(&DuplicateFields(names)),
            format!("data.V.{twice}")
        );
    }
    for twice in MANY {
        let names: &'static [&'static str] = [MANY, &[twice]].concat().leak();
        assert_eq!(
            error_path(&DuplicateFields(names)),
            format!("data.V.{twice}")
        );
    }
}

#[test]
fn unpaired_map_entries_are_refused() {
    struct UnpairedEntries(&'static str);
    impl Serialize for UnpairedEntries {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            for turn in self.0.chars() {
                match turn {
                    'k' => map.serialize_key("k")?,
                    'v' => map.serialize_value("v")?,
                    _ => map.serialize_entry("e", "v")?,
                }
            }
            map.end()
        }
    }
    for good in ["", "kv", "e", "ekv"] {
        assert!(passes(&UnpairedEntries(good)), "{good}");
    }
    for bad in ["v", "k", "kk", "kvv", "ke", "ev", "ek", "kkv", "kev"] {
        let failure = write(&mut Vec::new(), &UnpairedEntries(bad), Keys::Any, 1).unwrap_err();
        assert!(
            matches!(&failure.error, EncodeError::Serialize(message) if message.contains("a key without a value")),
            "{bad}: {failure:?}"
        );
    }
}

/// A value of any kind that serde knows and JSON can represent.
#[derive(Clone, Debug)]
enum AnyValue {
    Bool(bool),
    Int(i64),
    Wide(i128),
    Double(f64),
    Float(f32),
    Char(char),
    Text(String),
    Shown(String),
    Bytes(Vec<u8>),
    None,
    Some(Box<AnyValue>),
    Unit,
    UnitVariant,
    New(Box<AnyValue>),
    NewVariant(Box<AnyValue>),
    Seq(Vec<AnyValue>),
    TupleVariant(Vec<AnyValue>),
    Map(Vec<(AnyKey, AnyValue)>),
    Struct(Vec<AnyValue>),
    StructVariant(Vec<AnyValue>),
    Raw(Box<serde_json::value::RawValue>),
}

/// A map key of any kind that JSON can represent.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum AnyKey {
    Text(String),
    Char(char),
    Int(i128),
    Bool(bool),
    Double(f64),
    Some(Option<u8>),
}

const NAMES: [&str; 4] = ["a", "b\"", "_inngestx", "ü"];

impl Serialize for AnyValue {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => s.serialize_bool(*value),
            Self::Int(value) => s.serialize_i64(*value),
            Self::Wide(value) => s.serialize_i128(*value),
            Self::Double(value) => s.serialize_f64(*value),
            Self::Float(value) => s.serialize_f32(*value),
            Self::Char(value) => s.serialize_char(*value),
            Self::Text(value) => s.serialize_str(value),
            Self::Shown(value) => s.collect_str(&format_args!("{value}{value:?}")),
            Self::Bytes(value) => s.serialize_bytes(value),
            Self::None => s.serialize_none(),
            Self::Some(value) => s.serialize_some(value),
            Self::Unit => s.serialize_unit_struct("Unit"),
            Self::UnitVariant => s.serialize_unit_variant("AnyValue", 0, "Unit\"Variant"),
            Self::New(value) => s.serialize_newtype_struct("New", value),
            Self::NewVariant(value) => s.serialize_newtype_variant("AnyValue", 0, "New\n", value),
            Self::Seq(values) => values.serialize(s),
            Self::TupleVariant(values) => {
                let mut tuple = s.serialize_tuple_variant("AnyValue", 0, "Tuple", values.len())?;
                values
                    .iter()
                    .try_for_each(|value| tuple.serialize_field(value))?;
                tuple.end()
            }
            Self::Map(entries) => {
                let mut map = s.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_key(key)?;
                    map.serialize_value(value)?;
                }
                map.end()
            }
            Self::Struct(values) => {
                let mut fields = s.serialize_struct("Struct", values.len())?;
                for (name, value) in NAMES.iter().zip(values) {
                    fields.serialize_field(name, value)?;
                }
                fields.end()
            }
            Self::StructVariant(values) => {
                let mut fields = s.serialize_struct_variant("AnyValue", 0, "S", values.len())?;
                for (name, value) in NAMES.iter().zip(values) {
                    fields.serialize_field(name, value)?;
                }
                fields.end()
            }
            Self::Raw(value) => value.serialize(s),
        }
    }
}

const EXACT: i64 = (1 << 53) - 1;

fn any_value() -> impl Strategy<Value = AnyValue> {
    let double =
        || any::<f64>().prop_filter("JSON has only finite numbers", |double| double.is_finite());
    let float = any::<f32>().prop_filter("JSON has only finite numbers", |float| float.is_finite());
    let text = || "[a-c\"\\\\\u{0}-\u{20}é\u{2028}😀]{0,20}";
    let raw = prop_oneof![Just("[1, {\"a\": null}]"), Just("\"\\u0041\"")]
        .prop_map(|json| serde_json::value::RawValue::from_string(json.to_owned()).unwrap());
    let key = prop_oneof![
        text().prop_map(AnyKey::Text),
        // Few keys, so that duplicates are likely.
        "[a-c\"]".prop_map(AnyKey::Text),
        any::<char>().prop_map(AnyKey::Char),
        any::<i128>().prop_map(AnyKey::Int),
        any::<bool>().prop_map(AnyKey::Bool),
        double().prop_map(AnyKey::Double),
        any::<u8>().prop_map(|byte| AnyKey::Some(Some(byte))),
    ];
    let leaf = prop_oneof![
        any::<bool>().prop_map(AnyValue::Bool),
        (-EXACT..=EXACT).prop_map(AnyValue::Int),
        (-EXACT..=EXACT).prop_map(|wide| AnyValue::Wide(wide.into())),
        double().prop_map(AnyValue::Double),
        float.prop_map(AnyValue::Float),
        any::<char>().prop_map(AnyValue::Char),
        text().prop_map(AnyValue::Text),
        text().prop_map(AnyValue::Shown),
        vec(any::<u8>(), 0..4).prop_map(AnyValue::Bytes),
        Just(AnyValue::None),
        Just(AnyValue::Unit),
        Just(AnyValue::UnitVariant),
        raw.prop_map(AnyValue::Raw),
    ];
    leaf.prop_recursive(4, 24, 4, move |value| {
        let values = || vec(value.clone(), 0..4);
        prop_oneof![
            value.clone().prop_map(|value| AnyValue::Some(value.into())),
            value.clone().prop_map(|value| AnyValue::New(value.into())),
            value
                .clone()
                .prop_map(|value| AnyValue::NewVariant(value.into())),
            values().prop_map(AnyValue::Seq),
            values().prop_map(AnyValue::TupleVariant),
            vec((key.clone(), value.clone()), 0..4).prop_map(AnyValue::Map),
            values().prop_map(AnyValue::Struct),
            values().prop_map(AnyValue::StructVariant),
        ]
    })
}

fn has_key_twice(value: &serde_json::value::RawValue) -> bool {
    crate::encode::scan::first_duplicate_key(value.get()).is_some()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn output_matches_serde_json(value in any_value()) {
        let expected = serde_json::to_string(&value).unwrap();
        let mut out = b"before".to_vec();
        let result = write(&mut out, &value, Keys::Any, 1);
        prop_assert_eq!(str::from_utf8(&out).unwrap(), format!("before{expected}"));
        let expected = serde_json::value::RawValue::from_string(expected).unwrap();
        prop_assert_eq!(result.is_err(), has_key_twice(&expected), "{:?}", result);
    }
}
