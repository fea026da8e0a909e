//! Nesting depth: values up to the limit are written and deeper ones rejected, on a small stack.

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;

use inngest_core::testing::EventServer;
use inngest_core::{Batch, Event, MAX_DEPTH, PayloadError, PayloadErrorKind, SendError};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::ser::{
    SerializeMap as _, SerializeSeq as _, SerializeStruct as _, SerializeStructVariant as _,
    SerializeTuple as _, SerializeTupleStruct as _, SerializeTupleVariant as _,
};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/deep")]
struct Deep<T> {
    x: T,
}

/// The levels around the value in `x`: the event and its data.
const LEVELS_AROUND: usize = 2;

/// The maximum depth of `x`.
const MAX_LEVELS: usize = MAX_DEPTH - LEVELS_AROUND;

/// Depths of `x`, and whether they are within the limit.
const DEPTHS: [(usize, bool); 5] = [
    (MAX_LEVELS - 1, true),
    (MAX_LEVELS, true),
    (MAX_LEVELS + 1, false),
    (20_000, false),
    (100_000, false),
];

/// The default stack size of Rust threads.
const SMALL_STACK: usize = 2 << 20;

fn on_small_stack<R: Send + 'static>(run: impl FnOnce() -> R + Send + 'static) -> R {
    let thread = std::thread::Builder::new().stack_size(SMALL_STACK);
    thread.spawn(run).unwrap().join().unwrap()
}

/// Serializes an event with this value in `x`. The value is never dropped, because dropping nested boxes
/// is recursive and would overflow the stack.
fn write<T: Serialize + JsonSchema>(x: T) -> Result<String, PayloadError> {
    let event = ManuallyDrop::new(Deep { x });
    let mut batch = Batch::new();
    batch.push(&*event)?;
    Ok(batch.events().next().unwrap().to_owned())
}

/// The maximum number of arrays and objects that are open at once.
fn levels(json: &str) -> usize {
    let _: serde::de::IgnoredAny = serde_json::from_str(json).unwrap();
    let (mut open, mut max, mut in_string) = (0_usize, 0, false);
    for byte in json.bytes() {
        match byte {
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => open += 1,
            b']' | b'}' if !in_string => open -= 1,
            _ => {}
        }
        max = max.max(open);
    }
    max
}

fn assert_too_deep(error: &PayloadError, path: &str) {
    assert_eq!(
        error.kind(),
        &PayloadErrorKind::TooDeep { limit: MAX_DEPTH }
    );
    assert!(error.path().starts_with(path), "{error}");
    let (head, tail) = error.path().split_once('…').unwrap();
    assert!(!head.is_empty() && !tail.is_empty(), "{error}");
    assert!(error.to_string().len() < 400, "{error}");
}

/// A kind of value that contains another value.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Seq,
    SeqOfMany,
    Tuple,
    TupleStruct,
    Map,
    MapByTurns,
    MapByKeys,
    Struct,
    NewVariant,
    TupleVariant,
    StructVariant,
    Some,
    New,
}

use Shape::{
    Map, MapByKeys, MapByTurns, New, NewVariant, Seq, SeqOfMany, Struct, StructVariant, Tuple,
    TupleStruct, TupleVariant,
};

const SHAPES: [Shape; 13] = [
    Seq,
    SeqOfMany,
    Tuple,
    TupleStruct,
    Map,
    MapByTurns,
    MapByKeys,
    Struct,
    NewVariant,
    TupleVariant,
    StructVariant,
    Shape::Some,
    New,
];

impl Shape {
    /// The JSON before and after the inner value.
    fn json(self) -> (&'static str, &'static str) {
        match self {
            Seq | Tuple | TupleStruct => ("[", "]"),
            SeqOfMany => ("[1,[],", ",{}]"),
            Map | MapByTurns | MapByKeys => (r#"{"k":"#, "}"),
            Struct => (r#"{"first":1,"next":"#, r#","last":[]}"#),
            NewVariant => (r#"{"V":"#, "}"),
            TupleVariant => (r#"{"V":["#, "]}"),
            StructVariant => (r#"{"V":{"next":"#, "}}"),
            Shape::Some | New => ("", ""),
        }
    }

    fn levels(self) -> usize {
        match self {
            Shape::Some | New => 0,
            TupleVariant | StructVariant => 2,
            _ => 1,
        }
    }
}

/// A value nested in these shapes, in rotation, that is generated during serialization.
#[derive(Clone, Copy)]
struct Nested<'a> {
    shapes: &'a [Shape],
    /// The number of levels left to write. The innermost level is an empty array, so that sibling
    /// values are never deeper.
    levels: usize,
    step: usize,
}

impl<'a> Nested<'a> {
    fn new(shapes: &'a [Shape], levels: usize) -> Self {
        let step = 0;
        Self {
            shapes,
            levels,
            step,
        }
    }

    fn shape(&self) -> Shape {
        let shape = self.shapes[self.step % self.shapes.len()];
        if shape.levels() >= self.levels {
            Seq
        } else {
            shape
        }
    }

    fn inner(&self) -> Self {
        Self {
            levels: self.levels - self.shape().levels(),
            step: self.step + 1,
            ..*self
        }
    }

    fn json(mut self) -> String {
        let (mut json, mut after) = (String::new(), Vec::new());
        while self.levels > 1 {
            let (before, end) = self.shape().json();
            json.push_str(before);
            after.push(end);
            self = self.inner();
        }
        json.push_str("[]");
        json.extend(after.into_iter().rev());
        json
    }
}

impl JsonSchema for Nested<'_> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Nested".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        true.into()
    }
}

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.levels == 1 {
            return serializer.serialize_seq(None)?.end();
        }
        let inner = self.inner();
        match self.shape() {
            Seq => serializer.collect_seq([inner]),
            SeqOfMany => {
                let mut seq = serializer.serialize_seq(None)?;
                seq.serialize_element(&1)?;
                seq.serialize_element(&[0; 0])?;
                seq.serialize_element(&inner)?;
                seq.serialize_element(&BTreeMap::<u8, u8>::new())?;
                seq.end()
            }
            Tuple => {
                let mut tuple = serializer.serialize_tuple(1)?;
                tuple.serialize_element(&inner)?;
                tuple.end()
            }
            TupleStruct => {
                let mut tuple = serializer.serialize_tuple_struct("T", 1)?;
                tuple.serialize_field(&inner)?;
                tuple.end()
            }
            Map => serializer.collect_map([("k", inner)]),
            MapByTurns => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_key("k")?;
                map.serialize_value(&inner)?;
                map.end()
            }
            MapByKeys => {
                #[derive(Serialize)]
                struct Key(Option<char>);
                serializer.collect_map([(Key(Some('k')), inner)])
            }
            Struct => {
                let mut fields = serializer.serialize_struct("S", 3)?;
                fields.serialize_field("first", &1)?;
                fields.serialize_field("next", &inner)?;
                fields.serialize_field("last", &[0; 0])?;
                fields.end()
            }
            NewVariant => serializer.serialize_newtype_variant("E", 0, "V", &inner),
            TupleVariant => {
                let mut tuple = serializer.serialize_tuple_variant("E", 0, "V", 1)?;
                tuple.serialize_field(&inner)?;
                tuple.end()
            }
            StructVariant => {
                let mut fields = serializer.serialize_struct_variant("E", 0, "V", 1)?;
                fields.serialize_field("next", &inner)?;
                fields.end()
            }
            Shape::Some => serializer.serialize_some(&inner),
            New => serializer.serialize_newtype_struct("N", &inner),
        }
    }
}

fn assert_written_or_rejected(shapes: &[Shape], depth: usize, is_allowed: bool) {
    let nested = Nested::new(shapes, depth);
    match write(nested) {
        Ok(json) => {
            assert!(is_allowed, "{shapes:?} with {depth} levels was written");
            assert!(json.contains(&format!(r#""data":{{"x":{}}}"#, nested.json())));
            assert!(levels(&json) <= MAX_DEPTH);
        }
        Err(error) => {
            assert!(!is_allowed, "{shapes:?} with {depth} levels: {error}");
            assert_too_deep(&error, "data.x");
        }
    }
}

/// Every shape with every depth, also inside options and newtypes, which have no brackets.
#[test]
fn depth_limit_is_exact_for_every_shape() {
    on_small_stack(|| {
        for shape in SHAPES {
            if shape.levels() > 0 {
                for (depth, is_allowed) in DEPTHS {
                    assert_written_or_rejected(&[shape], depth, is_allowed);
                }
                let shapes = [Shape::Some, New, shape, New];
                assert_written_or_rejected(&shapes, MAX_LEVELS, true);
                assert_written_or_rejected(&shapes, MAX_LEVELS + 1, false);
            }
        }
    });
}

#[test]
fn infinite_values_are_rejected() {
    on_small_stack(|| {
        for shape in SHAPES {
            let error = write(Nested::new(&[shape], usize::MAX)).unwrap_err();
            if shape.levels() > 0 {
                assert_too_deep(&error, "data.x");
            } else {
                let text = "`data.x` could not be serialized: its `Option`s or newtypes";
                assert!(error.to_string().contains(text), "{error}");
            }
        }
        let error = write(Keys(KeyOfKey)).unwrap_err();
        assert!(error.to_string().contains("newtypes"), "{error}");
    });
}

/// A map whose key is a newtype of itself.
#[derive(JsonSchema)]
struct Keys(KeyOfKey);

#[derive(JsonSchema)]
struct KeyOfKey;

impl Serialize for Keys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(&self.0, 1)])
    }
}

impl Serialize for KeyOfKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct("KeyOfKey", self)
    }
}

/// Options and newtypes have no brackets in JSON, so the server accepts any number of them.
#[test]
fn options_and_newtypes_do_not_count_as_levels() {
    struct Steps(u32);
    impl Serialize for Steps {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                0 => serializer.serialize_str("end"),
                n if n % 2 == 0 => serializer.serialize_some(&Steps(n - 1)),
                n => serializer.serialize_newtype_struct("Steps", &Steps(n - 1)),
            }
        }
    }
    impl JsonSchema for Steps {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Steps".into()
        }
        fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
            true.into()
        }
    }
    struct Key(u32);
    impl Serialize for Key {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([(Steps(self.0), 1)])
        }
    }
    on_small_stack(|| {
        for steps in [10, 1_000, 20_000, 100_000] {
            let json = write(Steps(steps)).unwrap();
            assert!(json.ends_with(r#""data":{"x":"end"}}"#), "{steps}");
            assert!(write(BTreeMap::from([(true, Steps(steps))])).is_ok());
        }
        // As a map key, which is text.
        let mut batch = Batch::new();
        batch
            .push(Deep { x: 1 }.payload().user(&Key(100_000)))
            .unwrap();
        assert!(batch.events().next().unwrap().contains(r#"{"end":1}"#));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn depth_limit_is_exact_for_mixed_shapes(
        shapes in proptest::collection::vec(proptest::sample::select(&SHAPES[..]), 0..12),
        depth in prop_oneof![1..40_usize, MAX_LEVELS - 3..MAX_LEVELS + 4, 10_000..30_000_usize],
    ) {
        on_small_stack(move || {
            // Include at least one shape that adds a level.
            let shapes = [&shapes[..], &[Seq]].concat();
            assert_written_or_rejected(&shapes, depth, depth <= MAX_LEVELS);
        });
    }
}

/// Generates a test for a recursive type with derived `Serialize`: the levels of its innermost value, the
/// levels that each step adds, and the step.
macro_rules! recursive {
    ($($name:ident: $leaf_levels:literal + $step_levels:literal, $leaf:expr, $inner:ident => $outer:expr;)*) => {
        $(
            #[test]
            fn $name() {
                on_small_stack(|| {
                    for (depth, _) in DEPTHS {
                        let mut value = $leaf;
                        let mut value_depth = $leaf_levels;
                        while depth - value_depth >= $step_levels {
                            let $inner = value;
                            value = $outer;
                            value_depth += $step_levels;
                        }
                        match write(value) {
                            Ok(json) => {
                                assert!(value_depth <= MAX_LEVELS, "{depth}");
                                assert_eq!(levels(&json), LEVELS_AROUND + value_depth);
                            }
                            Err(error) => {
                                assert!(value_depth > MAX_LEVELS, "{depth}: {error}");
                                assert_too_deep(&error, "data.x");
                            }
                        }
                    }
                });
            }
        )*
    };
}

#[derive(Serialize, JsonSchema)]
enum Tree {
    Leaf,
    New(Box<Tree>),
    Tuple(u8, Box<Tree>),
    Struct { next: Box<Tree> },
}

#[derive(Serialize, JsonSchema)]
struct List {
    next: Option<Box<List>>,
}

#[derive(Serialize, JsonSchema)]
struct Wrapper(Option<Box<[Wrapper; 1]>>);

#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
struct Transparent {
    inner: Vec<Transparent>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Leaf,
    Next(Box<(u8, Untagged)>),
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind")]
enum Tagged {
    Leaf,
    Next { next: Box<Tagged> },
    New(Box<Holder>),
}

#[derive(Serialize, JsonSchema)]
struct Holder {
    held: Tagged,
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", content = "value")]
enum Adjacent {
    Leaf,
    Next(Box<Adjacent>),
}

#[derive(Serialize, JsonSchema)]
struct Flat {
    name: u8,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Serialize, JsonSchema)]
struct Rest {
    children: Vec<Flat>,
    #[serde(flatten)]
    more: BTreeMap<String, u8>,
}

#[derive(Serialize, JsonSchema)]
struct Dictionary(BTreeMap<String, Dictionary>);

/// A struct with so many fields that each level takes kilobytes of stack in a debug build.
macro_rules! wide {
    ($($field:ident)*) => {
        #[derive(Serialize, JsonSchema, Default)]
        struct Wide {
            $($field: (u64, [u8; 3], Option<Box<str>>),)*
            next: Option<Box<Wide>>,
        }
    };
}

wide!(
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9
    d0 d1 d2 d3 d4 d5 d6 d7 d8 d9
);

recursive! {
    variants_with_one_value: 0 + 1, Tree::Leaf, inner => Tree::New(inner.into());
    variants_with_a_tuple: 0 + 2, Tree::Leaf, inner => Tree::Tuple(1, inner.into());
    variants_with_fields: 0 + 2, Tree::Leaf, inner => Tree::Struct { next: inner.into() };
    all_variants: 0 + 5, Tree::Leaf, inner => {
        Tree::New(Tree::Tuple(1, Tree::Struct { next: Box::new(inner) }.into()).into())
    };
    lists: 1 + 1, List { next: None }, inner => List { next: Some(inner.into()) };
    newtypes_of_options_of_arrays: 0 + 1, Wrapper(None), inner => Wrapper(Some([inner].into()));
    transparent_structs: 1 + 1, Transparent { inner: Vec::new() },
        inner => Transparent { inner: vec![inner] };
    untagged_variants: 0 + 1, Untagged::Leaf, inner => Untagged::Next((1, inner).into());
    internally_tagged_variants: 1 + 2, Tagged::Leaf, inner => {
        Tagged::New(Holder { held: Tagged::Next { next: Box::new(inner) } }.into())
    };
    adjacently_tagged_variants: 1 + 1, Adjacent::Leaf, inner => Adjacent::Next(inner.into());
    flattened_structs: 2 + 2, flat(Vec::new()), inner => flat(vec![inner]);
    dictionaries: 1 + 1, Dictionary(BTreeMap::new()),
        inner => Dictionary(BTreeMap::from([("k".to_owned(), inner)]));
    values: 0 + 2, serde_json::Value::Null, inner => {
        // `json!` would serialize the inner value once more.
        let map = serde_json::Map::from_iter([("k".to_owned(), inner)]);
        serde_json::Value::Array(vec![serde_json::Value::Object(map)])
    };
}

fn flat(children: Vec<Flat>) -> Flat {
    let more = BTreeMap::from([("more".to_owned(), 1)]);
    Flat {
        name: 1,
        rest: Rest { children, more },
    }
}

#[test]
fn wide_structs_reach_the_depth_limit() {
    on_small_stack(|| {
        for (depth, is_allowed) in [(MAX_LEVELS, true), (MAX_LEVELS + 1, false)] {
            // The first field contains two arrays.
            let mut value = Wide::default();
            for _ in 3..depth {
                value = Wide {
                    next: Some(value.into()),
                    ..Wide::default()
                };
            }
            assert_eq!(write(value).is_ok(), is_allowed, "{depth}");
        }
    });
}

/// A `Serialize` implementation that needs much more stack than derived ones.
#[test]
fn large_stack_frames_do_not_overflow() {
    #[derive(JsonSchema)]
    struct Large(u8);
    impl Serialize for Large {
        #[expect(
            clippy::large_stack_arrays,
            reason = "the test needs a large stack frame"
        )]
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let room = std::hint::black_box([self.0; 64 << 10]);
            let inner = self.0.checked_sub(1).map(Large);
            let result = serializer.collect_seq(inner);
            std::hint::black_box(&room);
            result
        }
    }
    let json = on_small_stack(|| write(Large(200))).unwrap();
    assert_eq!(levels(&json), LEVELS_AROUND + 201);
}

/// The levels inside raw JSON add to the levels around it.
#[test]
fn raw_json_levels_are_counted() {
    #[derive(Serialize)]
    struct Holder<'a> {
        raw: &'a RawValue,
    }
    on_small_stack(|| {
        for (depth, is_allowed) in DEPTHS {
            for (before, inside, after) in [
                ("[", "1", "]"),
                (r#"{"[":"#, r#""{""#, "}"),
                ("[[],", "{}", "]"),
            ] {
                let depth_inside = depth - usize::from(inside == "{}");
                let json = before.repeat(depth_inside) + inside + &after.repeat(depth_inside);
                let raw = RawValue::from_string(json.clone()).unwrap();
                let event = Deep { x: 1 };
                let user = write_payload(event.payload().user(&BTreeMap::from([("x", &raw)])));
                assert_eq!(user.is_ok(), is_allowed, "{depth}");
                // The same JSON inside two more levels.
                let inside = write_payload(
                    event
                        .payload()
                        .user(&BTreeMap::from([("x", [Holder { raw: &raw }])])),
                );
                assert_eq!(inside.is_ok(), depth + 2 <= MAX_LEVELS);
                match user {
                    Ok(written) => {
                        assert!(written.contains(&json) && levels(&written) <= MAX_DEPTH);
                    }
                    Err(error) => assert_too_deep(&error, "user.x"),
                }
            }
        }
    });
}

fn write_payload<E: Event>(payload: inngest_core::Payload<E>) -> Result<String, PayloadError> {
    let mut batch = Batch::new();
    batch.push(payload)?;
    Ok(batch.events().next().unwrap().to_owned())
}

/// The event that is too deep is rejected with its index, and the other events are delivered.
#[test]
fn every_send_method_rejects_too_deep_events() {
    const TOO_DEEP: Nested<'static> = Nested {
        shapes: &[Seq, Map],
        levels: usize::MAX,
        step: 0,
    };
    const FLAT: Nested<'static> = Nested {
        levels: 3,
        ..TOO_DEEP
    };
    let all = || [FLAT, TOO_DEEP, FLAT].map(|x| Deep { x });
    let is_too_deep = |error: &SendError, index: usize| match error {
        SendError::Payload(error) => {
            assert_too_deep(error, "data.x");
            error.index() == index
        }
        _ => false,
    };
    let sent = on_small_stack(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let server = EventServer::start().unwrap();
            let client = server.client().unwrap();
            let error = client.send(Deep { x: TOO_DEEP }).await.unwrap_err();
            assert!(is_too_deep(&error, 0));

            let error = client.send_many(all()).await.unwrap_err();
            let rejected: Vec<_> = error.rejected().collect();
            assert!(matches!(rejected[..], [(1, error)] if is_too_deep(error, 1)));

            let mut progress = client.send_iter(all());
            let mut rejected = 0;
            while let Some(part) = progress.next().await {
                if let Err(error) = part.result {
                    rejected += error
                        .rejected()
                        .filter(|(_, error)| is_too_deep(error, 1))
                        .count();
                }
            }
            assert_eq!(rejected, 1);

            let buffered = client.buffered().start().unwrap();
            for (index, event) in all().into_iter().enumerate() {
                match buffered.send(event).await {
                    Ok(pending) => assert!(index != 1 && pending.await.is_ok()),
                    Err(error) => assert!(index == 1 && is_too_deep(&error, 0)),
                }
            }
            server.events().len()
        })
    });
    assert_eq!(sent, 6);
}
