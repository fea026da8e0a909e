//! The schemas accept exactly what serde writes and reads.
//!
//! As in schemars' own tests, each schema is checked with a list of odd values: it accepts a value
//! exactly if serde reads it, and it accepts what serde then writes. Values where the two differ on
//! purpose are listed with the reason.

use std::collections::BTreeMap;

use inngest_core::{Batch, Event};
use inngest_registry::{Catalogue, Registry};
use jsonschema::Validator;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

/// Edge cases of common types.
fn odd_values() -> Vec<Value> {
    let mut values = vec![
        Value::Null,
        json!(true),
        json!(""),
        json!("x"),
        json!("xy"),
        json!("é"),
        json!("7"),
        json!("-7"),
        json!("a"),
        json!("some_words"),
        json!("SomeWords"),
        json!("2026-11-21T00:00:00Z"),
        json!([]),
        json!([1]),
        json!([1, "x"]),
        json!([1, "x", true]),
        json!(["x"]),
        json!([null]),
        json!([[1]]),
        json!({}),
        json!({ "a": 1 }),
        json!({ "a": "x" }),
        json!({ "a": null }),
        json!({ "b": true }),
        json!({ "a": 1, "b": true }),
        json!({ "SomeWords": { "a": 1 } }),
        json!({ "Other": [1, "x"] }),
        json!({ "kind": "SomeWords", "a": 1 }),
        json!({ "kind": "Other" }),
        json!({ "kind": "New", "content": 1 }),
        json!({ "1": 1 }),
        json!({ "next": null }),
        json!({ "next": { "next": null } }),
        json!({ "next": 1 }),
    ];
    for integer in [
        i64::MIN,
        -(1 << 53),
        -(1 << 53) + 1,
        i64::from(i32::MIN) - 1,
        i32::MIN.into(),
        -32_769,
        -32_768,
        -129,
        -128,
        -1,
        0,
        1,
        127,
        128,
        255,
        256,
        32_767,
        32_768,
        65_535,
        65_536,
        i32::MAX.into(),
        i64::from(i32::MAX) + 1,
        u32::MAX.into(),
        i64::from(u32::MAX) + 1,
        (1 << 53) - 1,
        1 << 53,
        i64::MAX,
    ] {
        values.push(integer.into());
    }
    values.push(u64::MAX.into());
    values.push(0.5.into());
    values.push(1e300.into());
    values.push((-1e300).into());
    values
}

/// The validator for the data of an event type.
fn validator<E: Event>() -> Validator {
    let catalogue = Catalogue::of(&Registry::new().with::<E>());
    let schema = &catalogue.iter().next().unwrap().schema;
    jsonschema::meta::validate(schema).unwrap();
    jsonschema::draft202012::new(schema).unwrap()
}

/// The event as it would be sent, or `None` if it is rejected.
fn sent<E: Event>(event: &E) -> Option<Value> {
    let mut batch = Batch::new();
    batch.push(event).ok()?;
    Some(serde_json::from_str(batch.events().next().unwrap()).unwrap())
}

type Excludes = fn(&Value) -> bool;

/// Checks a type in both directions. `exclusions` are values that are not compared, with reasons.
#[track_caller]
fn check<E: Event + DeserializeOwned>(exclusions: &[(&str, Excludes)]) {
    let validator = validator::<E>();
    let mut excluded = vec![false; exclusions.len()];
    let (mut accepted, mut refused) = (0, 0);
    // Try each value as the whole data and as the field that every type here has. Skip arrays as the
    // whole data: serde also reads a struct from an array of its fields, but never writes one.
    let as_field = odd_values()
        .into_iter()
        .map(|value| json!({ "value": value }));
    let as_data = odd_values().into_iter().filter(|value| !value.is_array());
    for data in as_data.chain(as_field) {
        let read: Option<E> = serde_json::from_value(data.clone()).ok();
        let written = read.as_ref().and_then(sent);
        if let Some(written) = &written {
            assert!(
                validator.is_valid(written),
                "written and not accepted: {written}"
            );
        }
        let value = data.get("value").unwrap_or(&Value::Null);
        let reason = exclusions.iter().position(|(_, excludes)| excludes(value));
        let event = json!({ "name": E::NAME, "ts": 1_795_286_400_000_i64, "data": data });
        let accepts = validator.is_valid(&event);
        // A value that cannot be sent counts as not read.
        let reads = written.is_some();
        match reason {
            Some(reason) if accepts != reads => excluded[reason] = true,
            _ => assert_eq!(accepts, reads, "schema and serde differ on {data}"),
        }
        *(if accepts { &mut accepted } else { &mut refused }) += 1;
    }
    assert!(
        accepted > 0 && refused > 0,
        "{accepted} accepted, {refused} refused"
    );
    for ((reason, _), excluded) in exclusions.iter().zip(excluded) {
        assert!(excluded, "an exclusion that nothing needs: {reason}");
    }
}

macro_rules! field_types {
    ($($test:ident: $field:ty $(, except $reason:expr => $excludes:expr)*;)*) => {$(
        #[test]
        fn $test() {
            #[derive(Serialize, Deserialize, JsonSchema, Event)]
            #[event(name = "odd/values")]
            struct Odd {
                value: $field,
            }
            check::<Odd>(&[$(($reason, $excludes)),*]);
        }
    )*};
}

const FROM_AN_ARRAY: &str =
    "serde reads a struct from an array of its fields as well, and never writes one";

const ABSENT: &str = "serde reads an `Option` that is absent as `None`, and writes that as `null`";

fn is_array(value: &Value) -> bool {
    value.is_array()
}

field_types! {
    unsigned_8: u8;
    unsigned_16: u16;
    unsigned_32: u32;
    unsigned_64: u64;
    unsigned_128: u128;
    unsigned_size: usize;
    signed_8: i8;
    signed_16: i16;
    signed_32: i32;
    signed_64: i64;
    signed_128: i128;
    signed_size: isize;
    not_zero: std::num::NonZeroU32;
    not_zero_signed: std::num::NonZeroI64;
    float_32: f32,
        except "a number beyond its range is read as infinite, which cannot be sent"
            => |value| value.as_f64().is_some_and(|n| n.abs() > 1e40);
    float_64: f64;
    text: String;
    character: char;
    truth: bool;
    nothing: ();
    list: Vec<u32>;
    pair: (u32, String);
    three: [u8; 1];
    set: std::collections::BTreeSet<u8>;
    map: BTreeMap<String, u32>;
    map_of_numbers: BTreeMap<u8, u32>;
    boxed: Box<String>;
    anything: Value,
        except "an integer beyond ±(2^53−1) is refused when it is sent, wherever it stands; a \
                schema that takes anything does not say so"
            => |value| value.as_i64().is_some_and(|n| n.unsigned_abs() >= 1 << 53) || value.is_u64();
    structure: Struct,
        except FROM_AN_ARRAY => is_array;
    external: External;
    internal: Internal;
    adjacent: Adjacent;
    untagged: Untagged;
    newtype: Newtype;
    recursive: Recursive,
        except FROM_AN_ARRAY => is_array,
        except ABSENT => |value| value.as_object().is_some_and(|o| !o.contains_key("next"));
    optional: Option<u32>,
        except ABSENT => Value::is_null;
    generic: Generic<u32>,
        except FROM_AN_ARRAY => is_array;
    flattened: Flattened;
    closed: Closed,
        except FROM_AN_ARRAY => is_array;
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Struct {
    a: u32,
}

#[derive(Serialize, Deserialize, JsonSchema)]
enum External {
    #[serde(rename = "some_words")]
    Unit,
    SomeWords {
        a: u32,
    },
    Other(u32, String),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
enum Internal {
    SomeWords { a: u32 },
    Other,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "content")]
enum Adjacent {
    New(u32),
    Other,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
    Pair(u32, String),
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Newtype(String);

#[derive(Serialize, Deserialize, JsonSchema)]
struct Recursive {
    next: Option<Box<Recursive>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Generic<T> {
    a: T,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Flattened {
    a: Value,
    #[serde(flatten)]
    inner: Inner,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Inner {
    b: bool,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Closed {
    a: u32,
}

#[test]
fn event_schema_rejects_unknown_members() {
    #[derive(Serialize, Deserialize, JsonSchema, Event)]
    #[event(name = "odd/values", version = "2026-11-21.1")]
    struct Odd {
        #[event(id)]
        value: u64,
    }
    let validator = validator::<Odd>();
    let good = sent(&Odd { value: 1 }).unwrap();
    assert!(validator.is_valid(&good));
    assert!(sent(&Odd { value: 1 << 53 }).is_none());
    for member in ["name", "id", "ts", "v", "data"] {
        let mut event: Map<String, Value> = good.as_object().unwrap().clone();
        event.remove(member);
        assert!(!validator.is_valid(&event.into()), "{member}");
    }
}
