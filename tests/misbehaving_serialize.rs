//! Misbehaving `Serialize` implementations: the client sends the written value or rejects the event.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use inngest_core::{Batch, Event, PayloadErrorKind};
use schemars::JsonSchema;
use serde::ser::{
    SerializeMap as _, SerializeSeq as _, SerializeStruct as _, SerializeStructVariant as _,
    SerializeTuple as _, SerializeTupleStruct as _, SerializeTupleVariant as _,
};
use serde::{Serialize, Serializer};
use serde_json::json;
use serde_json::value::RawValue;

/// An event whose only field serializes as the whole `data`.
#[derive(JsonSchema, Event)]
#[event(name = "a/data")]
struct Data<T> {
    value: T,
}

impl<T: Serialize> Serialize for Data<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// Implements `Serialize` with a closure.
macro_rules! serialize {
    ($ty:ident, |$it:ident, $serializer:ident| $body:expr) => {
        impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, $serializer: S) -> Result<S::Ok, S::Error> {
                let $it = self;
                $body
            }
        }
    };
}

/// The `data` that the client would send, or the path and kind of the error.
fn data<T: Serialize + JsonSchema>(
    value: T,
) -> Result<serde_json::Value, (String, PayloadErrorKind)> {
    let mut batch = Batch::new();
    match batch.push(Data { value }) {
        Ok(()) => {
            let event = batch.events().next().unwrap();
            let mut event: serde_json::Value = serde_json::from_str(event).unwrap();
            Ok(event["data"].take())
        }
        Err(error) => {
            assert!(batch.is_empty());
            Err((error.path().to_owned(), error.kind().clone()))
        }
    }
}

fn duplicate_key(path: &str) -> Result<serde_json::Value, (String, PayloadErrorKind)> {
    Err((path.to_owned(), PayloadErrorKind::KeyTwice))
}

/// For a declared length of 0, `serde_json` closes the brackets at once, so later members would move
/// into the surrounding event and could overwrite its `id`.
#[test]
fn wrong_length_hint_does_not_break_nesting() {
    #[derive(JsonSchema)]
    struct Lengths(usize);
    serialize!(Lengths, |it, serializer| {
        struct Map(usize);
        serialize!(Map, |it, serializer| {
            let mut map = serializer.serialize_map(Some(it.0))?;
            map.serialize_entry("id", &1)?;
            map.end()
        });
        struct Seq(usize);
        serialize!(Seq, |it, serializer| {
            let mut seq = serializer.serialize_seq(Some(it.0))?;
            seq.serialize_element(&1)?;
            seq.end()
        });
        struct Tuple(usize);
        serialize!(Tuple, |it, serializer| {
            let mut tuple = serializer.serialize_tuple(it.0)?;
            tuple.serialize_element(&1)?;
            tuple.end()
        });
        struct TupleStruct(usize);
        serialize!(TupleStruct, |it, serializer| {
            let mut tuple = serializer.serialize_tuple_struct("T", it.0)?;
            tuple.serialize_field(&1)?;
            tuple.end()
        });
        struct TupleVariant(usize);
        serialize!(TupleVariant, |it, serializer| {
            let mut tuple = serializer.serialize_tuple_variant("T", 0, "V", it.0)?;
            tuple.serialize_field(&1)?;
            tuple.end()
        });
        struct StructVariant(usize);
        serialize!(StructVariant, |it, serializer| {
            let mut fields = serializer.serialize_struct_variant("T", 0, "V", it.0)?;
            fields.serialize_field("id", &1)?;
            fields.end()
        });
        let mut fields = serializer.serialize_struct("Lengths", it.0)?;
        fields.serialize_field("map", &Map(it.0))?;
        fields.serialize_field("seq", &Seq(it.0))?;
        fields.serialize_field("tuple", &Tuple(it.0))?;
        fields.serialize_field("tuple_struct", &TupleStruct(it.0))?;
        fields.serialize_field("tuple_variant", &TupleVariant(it.0))?;
        fields.serialize_field("struct_variant", &StructVariant(it.0))?;
        fields.end()
    });
    for length in [0, 1, 7] {
        let expected = json!({
            "map": { "id": 1 },
            "seq": [1],
            "tuple": [1],
            "tuple_struct": [1],
            "tuple_variant": { "V": [1] },
            "struct_variant": { "V": { "id": 1 } },
        });
        assert_eq!(data(Lengths(length)).unwrap(), expected);
    }
}

#[test]
fn empty_values_match_serde_json() {
    #[derive(Serialize, JsonSchema)]
    struct Empty {
        map: BTreeMap<String, u8>,
        seq: Vec<u8>,
        array: [u8; 0],
        unit: (),
        inner: Inner,
        variant: Variant,
    }
    #[derive(Serialize, JsonSchema)]
    struct Inner {}
    #[derive(Serialize, JsonSchema)]
    enum Variant {
        Empty {},
    }
    let empty = Empty {
        map: BTreeMap::new(),
        seq: Vec::new(),
        array: [],
        unit: (),
        inner: Inner {},
        variant: Variant::Empty {},
    };
    let plain = serde_json::to_string(&empty).unwrap();
    let mut batch = Batch::new();
    batch.push(Data { value: empty }).unwrap();
    assert!(batch.events().next().unwrap().contains(&plain));
}

/// The server would keep only the last value.
#[test]
fn duplicate_key_from_flatten_is_rejected() {
    #[derive(Serialize, JsonSchema)]
    struct Flattened {
        total: u32,
        #[serde(flatten)]
        extra: BTreeMap<String, u32>,
    }
    let flattened = |key: &str| Flattened {
        total: 1,
        extra: BTreeMap::from([(key.to_owned(), 99)]),
    };
    assert_eq!(data(flattened("total")), duplicate_key("data.total"));
    assert_eq!(
        data(flattened("total ")),
        Ok(json!({ "total": 1, "total ": 99 }))
    );
}

#[test]
fn duplicate_key_in_a_struct_is_rejected() {
    #[derive(Serialize, JsonSchema)]
    struct Renamed {
        lines: Vec<Line>,
    }
    #[derive(Serialize, JsonSchema)]
    struct Line {
        #[serde(rename = "b")]
        a: u32,
        b: u32,
    }
    let lines = vec![Line { a: 1, b: 2 }];
    assert_eq!(data(Renamed { lines }), duplicate_key("data.lines[0].b"));
}

#[test]
fn duplicate_of_the_tag_key_is_rejected() {
    #[derive(Serialize, JsonSchema)]
    #[serde(tag = "type")]
    enum Shape {
        Circle(Circle),
    }
    #[derive(Serialize, JsonSchema)]
    struct Circle {
        r#type: String,
    }
    let circle = Circle {
        r#type: "round".into(),
    };
    assert_eq!(data(Shape::Circle(circle)), duplicate_key("data.type"));
}

#[test]
fn duplicate_map_keys_are_rejected() {
    #[derive(Serialize, JsonSchema, PartialEq, Eq, Hash)]
    enum Key {
        #[serde(rename = "a\"")]
        A,
        #[serde(rename = "a\"")]
        B,
    }
    let keys = HashMap::from([(Key::A, 1), (Key::B, 2)]);
    assert_eq!(
        data(BTreeMap::from([("m", keys)])),
        duplicate_key("data.m.a\"")
    );
}

/// More names than the fast check stores, all with the same bit in its filter.
#[test]
fn duplicate_key_among_many_is_rejected() {
    #[derive(JsonSchema)]
    struct Many(Vec<&'static str>);
    serialize!(Many, |it, serializer| {
        let mut fields = serializer.serialize_struct("Many", it.0.len())?;
        for name in &it.0 {
            fields.serialize_field(name, &1)?;
        }
        fields.end()
    });
    for count in [2, 15, 16, 17, 18, 40] {
        let names: Vec<&'static str> = (0..count)
            .map(|n| &*format!("a{n:05}bc{n:05}d").leak())
            .collect();
        assert!(data(Many(names.clone())).is_ok(), "{count}");
        for index in [0, count / 2, count - 1] {
            let mut names = names.clone();
            names.push(names[index]);
            let path = format!("data.{}", names[index]);
            assert_eq!(data(Many(names)), duplicate_key(&path), "{count}");
        }
    }
}

#[test]
fn reserved_key_in_pieces_is_rejected() {
    #[derive(JsonSchema)]
    struct Pieces(&'static str, &'static str, &'static str);
    serialize!(Pieces, |it, serializer| {
        struct Key<'a>(&'a Pieces);
        impl Serialize for Key<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let Pieces(a, b, c) = self.0;
                serializer.collect_str(&format_args!("{a}{b}{c}"))
            }
        }
        serializer.collect_map([(Key(it), 1)])
    });
    for (a, b, c, path) in [
        ("_", "", "inngest", Some("data._inngest")),
        ("", "_inng", "est", Some("data._inngest")),
        ("_", "_", "inngest", None),
        ("_inngest", "_", "", None),
        ("_", "inn", "", None),
        ("_inn", "_inn", "gest", None),
    ] {
        let refused = data(Pieces(a, b, c)).err();
        let kind = PayloadErrorKind::ReservedKey;
        assert_eq!(refused, path.map(|path| (path.to_owned(), kind)));
    }
}

#[test]
fn raw_json_that_the_server_would_change_is_rejected() {
    #[derive(JsonSchema)]
    struct Raw(#[schemars(with = "serde_json::Value")] Box<RawValue>);
    serialize!(Raw, |it, serializer| it.0.serialize(serializer));
    let raw = |json: &str| Raw(RawValue::from_string(json.to_owned()).unwrap());
    let number = |value: &str| PayloadErrorKind::InexactNumber {
        value: value.to_owned(),
    };
    for (json, path, kind) in [
        (
            r#"{"_inngest":1}"#,
            "data._inngest",
            PayloadErrorKind::ReservedKey,
        ),
        (
            r#"{"\u005finngest":1}"#,
            "data._inngest",
            PayloadErrorKind::ReservedKey,
        ),
        (
            r#"{"a":[{"b":1,"b":2}]}"#,
            "data.a[0].b",
            PayloadErrorKind::KeyTwice,
        ),
        (
            r#"{"a":"\ud800"}"#,
            "data.a",
            PayloadErrorKind::UnpairedSurrogate,
        ),
        (
            r#"{"a":9007199254740993.0}"#,
            "data.a",
            number("9007199254740993.0"),
        ),
        (
            r#"{"a":[0.1234567890123456789]}"#,
            "data.a[0]",
            number("0.1234567890123456789"),
        ),
        (r#"{"a":1e400}"#, "data.a", number("1e400")),
    ] {
        assert_eq!(
            data(raw(json)),
            Err((path.to_owned(), kind.clone())),
            "{json}"
        );
        if kind != PayloadErrorKind::ReservedKey {
            // The same at a deeper level.
            let path = path.replacen("data", "data.raw", 1);
            let deep = BTreeMap::from([("raw", raw(json))]);
            assert_eq!(data(deep), Err((path, kind)), "{json}");
        }
    }
    let json = r#"{"_inngest_":{"_inngest":1},"a":{"a":1.50,"b":-0,"c":1e2,"d":"\ud83d\ude00"}}"#;
    assert!(data(raw(json)).is_ok());
}

#[test]
fn swallowed_serialize_error_is_still_reported() {
    #[derive(JsonSchema)]
    struct SwallowsError(u8);
    struct Fails;
    serialize!(Fails, |_it, _serializer| Err(serde::ser::Error::custom(
        "expected failure"
    )));
    serialize!(SwallowsError, |it, serializer| {
        let mut map = serializer.serialize_map(None)?;
        let _ = match it.0 {
            0 => map.serialize_entry("x", &f64::NAN),
            1 => map.serialize_entry("x", &u64::MAX),
            _ => map.serialize_entry("x", &[Fails]),
        };
        map.end()
    });
    assert!(matches!(
        data(SwallowsError(0)),
        Err((_, PayloadErrorKind::NotFinite))
    ));
    let integer = data(SwallowsError(1)).unwrap_err().1;
    assert!(matches!(
        integer,
        PayloadErrorKind::IntegerOutOfRange { .. }
    ));
    let other = data(SwallowsError(2)).unwrap_err().1;
    assert!(matches!(other, PayloadErrorKind::Serialize { .. }));
}

#[test]
fn failing_display_is_an_error() {
    struct Fails;
    impl fmt::Display for Fails {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("2026-")?;
            Err(fmt::Error)
        }
    }
    #[derive(JsonSchema)]
    struct Day;
    serialize!(Day, |_it, serializer| serializer.collect_str(&Fails));
    #[derive(Serialize, JsonSchema)]
    struct Shown {
        day: Day,
    }
    let (path, kind) = data(Shown { day: Day }).unwrap_err();
    assert_eq!(path, "data.day");
    assert!(
        matches!(kind, PayloadErrorKind::Serialize { message } if message.contains("`Display`"))
    );
}

/// The path must not name the field before the failing one.
#[test]
fn error_path_names_the_failing_field() {
    #[derive(Serialize, JsonSchema)]
    struct Flattened {
        total: u32,
        #[serde(flatten)]
        extra: u8,
    }
    #[derive(JsonSchema)]
    struct After;
    serialize!(After, |_it, serializer| {
        let mut seq = serializer.serialize_seq(None)?;
        seq.serialize_element(&1)?;
        Err(serde::ser::Error::custom("expected failure"))
    });
    #[derive(Serialize, JsonSchema)]
    struct Torn {
        v: After,
    }
    let flattened = Flattened { total: 1, extra: 2 };
    assert_eq!(data(flattened).unwrap_err().0, "data");
    let keys = BTreeMap::from([("m", BTreeMap::from([((1, 2), 3)]))]);
    assert_eq!(data(keys).unwrap_err().0, "data.m");
    assert_eq!(data(Torn { v: After }).unwrap_err().0, "data.v");
}
