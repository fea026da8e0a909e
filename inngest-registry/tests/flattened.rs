//! Tests the schemas of events with flattened enums, in which a unit variant is a member with the value
//! `null`.

use std::collections::BTreeMap;

use inngest_core::{Batch, Event};
use inngest_registry::exporters;
use inngest_registry::{Catalogue, Registry};
use jsonschema::Validator;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// How an order is delivered.
#[derive(Clone, Serialize, JsonSchema)]
enum Documented {
    /// Delivered to the door.
    Home,
    /// Collected in a shop.
    Shop,
}

#[derive(Clone, Serialize, JsonSchema)]
enum Mixed {
    Abroad,
    /// Delivered to the door.
    Home,
    /// Delivered to a numbered locker.
    Locker {
        n: u8,
    },
    Shop,
}

#[derive(Clone, Serialize, JsonSchema)]
enum Bare {
    Paid,
    Open,
}

#[derive(Clone, Serialize, JsonSchema)]
struct Newtype(Bare);

#[derive(Clone, Serialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Nothing,
    Delivery(Documented),
    Number { number: u8 },
    // Cannot be flattened.
    Text(String),
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(tag = "kind")]
enum Tagged {
    Plain(Documented),
    Bare(Bare),
    Mixed(Mixed),
}

#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "odd name/x")]
struct Within {
    #[serde(flatten)]
    delivery: Documented,
}

/// Declares events with these flattened fields.
macro_rules! events {
    ($($name:ident { $($field:ident: $type:ty),* })*) => {$(
        #[derive(Clone, Serialize, JsonSchema, Event)]
        #[event(name = "shop/order.sent")]
        struct $name {
            id: String,
            $(#[serde(flatten)] $field: $type),*
        }
    )*};
}

events! {
    OfDocumented { delivery: Documented }
    OfMixed { delivery: Mixed }
    OfOption { delivery: Option<Documented> }
    OfMixedOption { delivery: Option<Mixed> }
    OfTwo { delivery: Documented, state: Bare }
    OfTwoOptions { delivery: Option<Mixed>, state: Option<Bare> }
    OfNewtype { state: Newtype }
    OfUntagged { either: Untagged }
    OfTagged { tagged: Tagged }
    OfStruct { within: Within }
    WithMap { delivery: Documented, rest: BTreeMap<String, Option<u32>> }
}

/// The schemas of a type: one for the data and two for the whole event.
fn validators<E: Event>() -> [Validator; 3] {
    let catalogue = Catalogue::of(&Registry::new().with::<E>());
    let portable = catalogue.iter().next().unwrap().schema.clone();
    let schemas = [
        E::data_schema().to_value(),
        E::schema().to_value(),
        portable,
    ];
    schemas.map(|schema| {
        jsonschema::meta::validate(&schema).unwrap();
        jsonschema::draft202012::new(&schema).unwrap()
    })
}

/// Checks that the schemas accept what is sent and reject what is never sent.
#[track_caller]
fn check<E: Event>(events: impl IntoIterator<Item = E>, never_sent: &[Value]) {
    let [data, event, portable] = validators::<E>();
    let check = |sent: &Value, expected: bool| {
        assert_eq!(data.is_valid(&sent["data"]), expected, "data: {sent}");
        assert_eq!(event.is_valid(sent), expected, "event: {sent}");
        assert_eq!(portable.is_valid(sent), expected, "portable: {sent}");
    };
    let mut example = Value::Null;
    for event in events {
        let mut batch = Batch::new();
        batch.push(&event).unwrap();
        example = serde_json::from_str(batch.events().next().unwrap()).unwrap();
        check(&example, true);
    }
    for data in never_sent {
        example["data"] = data.clone();
        check(&example, false);
    }
}

fn mixed() -> [Mixed; 4] {
    [
        Mixed::Abroad,
        Mixed::Home,
        Mixed::Locker { n: 7 },
        Mixed::Shop,
    ]
}

#[test]
fn schemas_accept_exactly_what_is_sent() {
    let id = || "1".to_owned();
    let neither = json!({ "id": "1" });
    let as_text = json!({ "id": "1", "delivery": "Home" });
    let both = json!({ "id": "1", "Home": null, "Shop": null });
    check(
        [Documented::Home, Documented::Shop].map(|delivery| OfDocumented { id: id(), delivery }),
        &[neither.clone(), as_text.clone(), both.clone()],
    );
    check(
        mixed().map(|delivery| OfMixed { id: id(), delivery }),
        &[neither.clone(), as_text, both],
    );
    check(
        [None, Some(Documented::Home)].map(|delivery| OfOption { id: id(), delivery }),
        &[json!({ "Home": null })],
    );
    let options = || std::iter::once(None).chain(mixed().map(Some));
    check(
        options().map(|delivery| OfMixedOption { id: id(), delivery }),
        &[json!({ "Home": null })],
    );
    check(
        [
            (Documented::Home, Bare::Paid),
            (Documented::Shop, Bare::Open),
        ]
        .map(|(delivery, state)| OfTwo {
            id: id(),
            delivery,
            state,
        }),
        &[
            json!({ "id": "1", "Home": null }),
            json!({ "id": "1", "Open": null }),
        ],
    );
    check(
        options()
            .zip([None, Some(Bare::Paid)].into_iter().cycle())
            .map(|(delivery, state)| OfTwoOptions {
                id: id(),
                delivery,
                state,
            }),
        &[json!({ "Home": null, "Paid": null })],
    );
    check(
        [Bare::Paid, Bare::Open].map(|state| OfNewtype {
            id: id(),
            state: Newtype(state),
        }),
        std::slice::from_ref(&neither),
    );
    check(
        [
            Untagged::Nothing,
            Untagged::Delivery(Documented::Shop),
            Untagged::Number { number: 1 },
        ]
        .map(|either| OfUntagged { id: id(), either }),
        &[json!({ "Home": null })],
    );
    let text = OfUntagged {
        id: id(),
        either: Untagged::Text("x".to_owned()),
    };
    assert!(Batch::new().push(&text).is_err());
    let mut tagged = vec![Tagged::Plain(Documented::Home), Tagged::Bare(Bare::Paid)];
    tagged.extend(mixed().map(Tagged::Mixed));
    check(
        tagged
            .into_iter()
            .map(|tagged| OfTagged { id: id(), tagged }),
        &[
            neither.clone(),
            json!({ "id": "1", "kind": "Plain" }),
            json!({ "id": "1", "kind": "Bare", "Home": null }),
        ],
    );
    check(
        [Documented::Home, Documented::Shop].map(|delivery| OfStruct {
            id: id(),
            within: Within { delivery },
        }),
        std::slice::from_ref(&neither),
    );
    check(
        [None, Some(1)].map(|value| WithMap {
            id: id(),
            delivery: Documented::Home,
            rest: BTreeMap::from([("more".to_owned(), value)]),
        }),
        &[neither, json!({ "id": "1", "Home": null, "more": "x" })],
    );
}

#[test]
fn unit_variants_keep_their_comments() {
    let member = |name: &str, description: &str| {
        json!({
            "type": "object",
            "description": description,
            "properties": { name: { "type": "null" } },
            "required": [name],
        })
    };
    let catalogue = Catalogue::of(&Registry::new().with::<OfDocumented>());
    let schema = &catalogue.iter().next().unwrap().schema;
    assert_eq!(
        schema["properties"]["data"]["oneOf"],
        json!([
            member("Home", "Delivered to the door."),
            member("Shop", "Collected in a shop.")
        ])
    );
    insta::assert_snapshot!(exporters::typescript(&catalogue).unwrap());
}

#[test]
fn schema_rejects_everything_if_no_variant_can_be_flattened() {
    #[derive(Clone, Serialize, JsonSchema)]
    #[serde(untagged)]
    enum Never {
        Text(String),
    }
    events! { OfNever { never: Never } }
    let event = OfNever {
        id: "1".to_owned(),
        never: Never::Text("x".to_owned()),
    };
    assert!(Batch::new().push(&event).is_err());
    for validator in validators::<OfNever>() {
        assert!(!validator.is_valid(&json!({ "id": "1" })));
    }
}
