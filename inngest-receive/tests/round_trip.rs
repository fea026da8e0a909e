//! Sent events decode to equal values after the server has stored them and written them back.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use inngest_core::Event;
use inngest_core::blocking::Client;
use inngest_core::testing::{EventServer, ReceivedEvent};
use inngest_receive::{Events, Received, decode, decode_all};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Numbers of all kinds. The server stores doubles, and writes `1.0` as `1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "lab/numbers.measured", version = "2026-11-21.1")]
struct Numbers {
    double: f64,
    single: f32,
    integer: i64,
    count: u64,
    byte: u8,
    #[serde(with = "inngest_core::AsString")]
    large: u64,
    list: Vec<f64>,
    pair: (i8, u32),
}

/// Strings with every character that JSON escapes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "lab/texts.read")]
struct Texts {
    text: String,
    letter: char,
    perhaps: Option<String>,
    list: Vec<String>,
    map: BTreeMap<String, bool>,
    #[serde(rename = "ключ \"}")]
    renamed: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Shape {
    Circle { radius: f64 },
    Group { shapes: Vec<Shape> },
    Point,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
enum Mark {
    None,
    At(i32, i32),
    Named { name: String },
}

/// Nested structs and enums, with the event's time, user and session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "lab/drawing.made", id = "drawing-made-{number}")]
struct Drawing {
    number: u32,
    shape: Shape,
    marks: Vec<Mark>,
    #[event(ts)]
    at: i64,
    #[event(session)]
    visit: u32,
}

#[derive(Debug, Events)]
enum LabEvent {
    Numbers(Numbers),
    Texts(Box<Texts>),
    Drawing(Received<Drawing>),
}

static SERVER: LazyLock<EventServer> = LazyLock::new(|| EventServer::start().unwrap());

/// Sends an event, and returns it as the server passes it to functions.
fn sent<E: Event + Sync>(event: &E) -> String {
    let client = Client::builder()
        .dev(true)
        .base_url(SERVER.url())
        .build()
        .unwrap();
    let receipt = client.send(event).unwrap();
    let events = SERVER.events();
    let received = events
        .iter()
        .find(|event| event.event_id == receipt.event_id);
    as_in_a_call(received.unwrap())
}

fn as_in_a_call(event: &ReceivedEvent) -> String {
    let text = |text: &str| serde_json::to_string(text).unwrap();
    let event_id = event.event_id.to_string();
    let id = text(event.id.as_ref().unwrap_or(&event_id));
    let meta = match serde_json::to_string(&event.sessions).unwrap() {
        none if none == "{}" => String::new(),
        sessions => format!(r#""meta":{{"sessions":{sessions}}},"#),
    };
    let version = event.v.as_ref();
    let version = version.map_or_else(String::new, |version| format!(r#","v":{}"#, text(version)));
    format!(
        r#"{{"data":{},"id":{id},{meta}"name":{},"ts":{},"user":{{}}{version}}}"#,
        event.data_json(),
        text(&event.name),
        event.ts
    )
}

fn integer() -> impl Strategy<Value = i64> {
    let most = (1_i64 << 53) - 1;
    prop_oneof![-most..=most, -9_i64..=9, Just(most), Just(-most)]
}

fn double() -> impl Strategy<Value = f64> {
    let whole = (-1_000_i32..1_000).prop_map(f64::from);
    let special = prop::sample::select(vec![
        0.0,
        -0.0,
        0.1,
        1e20,
        1e21,
        1e-6,
        1e-7,
        9_007_199_254_740_993.0,
        18_446_744_073_709_551_615.0,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
    ]);
    prop_oneof![
        prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL,
        whole,
        special
    ]
}

prop_compose! {
    fn numbers()(
        double in double(),
        single in prop::num::f32::NORMAL | prop::num::f32::ZERO,
        integer in integer(),
        count in integer().prop_map(i64::unsigned_abs),
        byte: u8,
        large: u64,
        list in prop::collection::vec(double(), 0..4),
        pair: (i8, u32),
    ) -> Numbers {
        Numbers { double, single, integer, count, byte, large, list, pair }
    }
}

prop_compose! {
    fn texts()(
        text in r#"([\PC"\\{}\[\]:,\x00-\x1f]){0,80}"#,
        letter: char,
        perhaps: Option<String>,
        list in prop::collection::vec(r#"["\\{}\[\]]{0,9}"#, 0..4),
        map in prop::collection::btree_map(".{0,5}", any::<bool>(), 0..4),
        renamed: String,
    ) -> Texts {
        Texts { text, letter, perhaps, list, map, renamed }
    }
}

fn shape() -> impl Strategy<Value = Shape> {
    let one = prop_oneof![
        Just(Shape::Point),
        double().prop_map(|radius| Shape::Circle { radius })
    ];
    one.prop_recursive(4, 16, 3, |shape| {
        prop::collection::vec(shape, 0..3).prop_map(|shapes| Shape::Group { shapes })
    })
}

fn mark() -> impl Strategy<Value = Mark> {
    prop_oneof![
        Just(Mark::None),
        any::<(i32, i32)>().prop_map(|(x, y)| Mark::At(x, y)),
        any::<String>().prop_map(|name| Mark::Named { name })
    ]
}

prop_compose! {
    fn drawing()(
        number: u32,
        shape in shape(),
        marks in prop::collection::vec(mark(), 0..4),
        at in 315_532_800_000_i64..4_102_444_800_000,
        visit: u32,
    ) -> Drawing {
        Drawing { number, shape, marks, at, visit }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn numbers_come_back(event in numbers()) {
        let json = sent(&event);
        let LabEvent::Numbers(received) = decode(&json).unwrap() else { panic!("{json}") };
        prop_assert_eq!(received, event);
    }

    #[test]
    fn texts_come_back(event in texts()) {
        let json = sent(&event);
        let LabEvent::Texts(received) = decode(&json).unwrap() else { panic!("{json}") };
        prop_assert_eq!(*received, event);
    }

    #[test]
    fn drawings_come_back(event in drawing()) {
        let json = sent(&event);
        let LabEvent::Drawing(received) = decode(&json).unwrap() else { panic!("{json}") };
        prop_assert_eq!(received.ts, event.at);
        prop_assert_eq!(&received.id, &format!("drawing-made-{}", event.number));
        prop_assert_eq!(&received.sessions["visit"], &event.visit.to_string());
        prop_assert_eq!(received.data, event);
    }

    #[test]
    fn batches_come_back(events in prop::collection::vec(numbers(), 0..5)) {
        let json: Vec<String> = events.iter().map(sent).collect();
        let received = decode_all::<LabEvent>(format!("[{}]", json.join(","))).unwrap();
        let received: Vec<Numbers> = received
            .into_iter()
            .map(|event| match event.unwrap() {
                LabEvent::Numbers(event) => event,
                other => panic!("{other:?}"),
            })
            .collect();
        prop_assert_eq!(received, events);
    }
}
