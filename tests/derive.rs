//! The implementations that `derive(Event)` and `derive(IdPart)` generate.

use std::fmt::{Display, Write as _};

use inngest_core::registry::Registry;
use inngest_core::testing::EventServer;
use inngest_core::{Batch, Event, IdPart, IdWriter, Language, Payload, PayloadErrorKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A supplier's item entered the catalogue.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "storefront/item.imported",
    id = "item-imported-{item_id}",
    version = "2026-11-21.1"
)]
struct ItemImported {
    item_id: String,
    sku: String,
    quantity: u32,
}

fn item(item_id: &str) -> ItemImported {
    ItemImported {
        item_id: item_id.into(),
        sku: "MUG".into(),
        quantity: 1,
    }
}

fn json<E: Event>(event: &E) -> serde_json::Value {
    let mut batch = Batch::new();
    batch.push(event).unwrap();
    serde_json::from_str(batch.events().next().unwrap()).unwrap()
}

#[test]
fn constants_match_the_attribute() {
    assert_eq!(ItemImported::NAME, "storefront/item.imported");
    assert_eq!(ItemImported::VERSION, Some("2026-11-21.1"));
    assert_eq!(ItemImported::ID_TEMPLATE, Some("item-imported-{item_id}"));
}

#[test]
fn attributes_can_be_split() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/b.c")]
    #[event(id = "b-c-{x}")]
    #[event(version = "1", allow(nonstandard_version))]
    struct Spread {
        x: u8,
    }
    assert_eq!((Spread::NAME, Spread::VERSION), ("a/b.c", Some("1")));
    assert_eq!(Spread { x: 7 }.dedup_id().unwrap().unwrap(), "b-c-7");
}

#[tokio::test]
async fn name_with_whitespace_is_sent_unchanged() {
    macro_rules! spaced {
        ($($type:ident = $name:literal),*) => {
            $(
                #[derive(Serialize, JsonSchema, Event)]
                #[event(name = $name, allow(nonstandard_name))]
                struct $type {
                    #[event(id)]
                    order: u8,
                }
            )*
            let server = EventServer::start().unwrap();
            let client = server.client().unwrap();
            $(
                client.send(&$type { order: 7 }).await.unwrap();
                let event = server.events().pop().unwrap();
                assert_eq!(event.name, $name);
                let slug = $name.rsplit('/').next().unwrap().replace('.', "-");
                assert_eq!(event.id.unwrap(), format!("{slug}-7"));
                assert_valid(&$type { order: 7 });
            )*
            assert_eq!(server.events().len(), server.runs().len());
        };
    }
    spaced! {
        Segment = "Order Completed",
        Leading = " order.completed",
        Trailing = "order.completed ",
        Blank = " ",
        NoBreak = "order\u{a0}completed",
        Separator = "shop/order\u{2028}completed",
        Wide = "Shop Front/\u{3000}"
    }
}

/// Validates the sent event against the schema of the whole event.
fn assert_valid<E: Event>(event: &E) {
    let schema = E::schema().to_value();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let event = json(event);
    assert!(validator.is_valid(&event), "{event} against {schema}");
}

#[test]
fn id_and_version_are_optional() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "storefront/cart.cleared")]
    struct CartCleared {}
    assert_eq!(
        (CartCleared::VERSION, CartCleared::ID_TEMPLATE),
        (None, None)
    );
    assert_eq!(CartCleared {}.dedup_id(), Ok(None));
    assert_eq!(json(&CartCleared {})["data"], serde_json::json!({}));
}

#[test]
fn id_fields_are_joined_in_declaration_order() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "storefront/order.line.shipped")]
    struct LineShipped {
        #[event(id)]
        order_id: String,
        note: String,
        #[event(id, session)]
        line: u16,
    }
    assert_eq!(
        LineShipped::ID_TEMPLATE,
        Some("order-line-shipped-{order_id}-{line}")
    );
    let shipped = LineShipped {
        order_id: "o-1".into(),
        note: String::new(),
        line: 3,
    };
    assert_eq!(
        shipped.dedup_id().unwrap().unwrap(),
        "order-line-shipped-o-1-3"
    );
    assert_eq!(json(&shipped)["meta"]["sessions"]["line"], 3);
    assert_eq!(json(&shipped)["data"]["line"], 3);
}

#[derive(Serialize, JsonSchema, IdPart)]
struct OrderId(u64);

#[derive(Serialize, JsonSchema, IdPart)]
#[expect(dead_code, reason = "the test uses only one variant")]
enum Channel {
    Web,
    PointOfSale,
}

#[derive(Serialize, JsonSchema)]
struct Place {
    town: String,
    at: (i32, i32),
}

#[test]
fn templates_reach_nested_fields() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(
        name = "shop/opened",
        id = "opened-{{{order}}}-{channel}/{place.at.0}/{place.town}"
    )]
    struct Opened {
        order: OrderId,
        channel: Channel,
        place: Box<Place>,
        r#type: String,
    }
    let place = Place {
        town: "Köln".into(),
        at: (-50, 6),
    };
    let opened = Opened {
        order: OrderId(7),
        channel: Channel::PointOfSale,
        place: Box::new(place),
        r#type: "x".into(),
    };
    let id = opened.dedup_id().unwrap().unwrap();
    assert_eq!(id, "opened-{7}-point_of_sale/-50/Köln");
    assert_eq!(json(&opened)["id"], id);
}

#[test]
fn raw_identifiers_are_named_without_prefix() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/b", id = "b-{type}-{inner.match}")]
    struct Raw {
        r#type: u8,
        inner: Inner,
    }
    #[derive(Serialize, JsonSchema)]
    struct Inner {
        r#match: u8,
    }
    let raw = Raw {
        r#type: 1,
        inner: Inner { r#match: 2 },
    };
    assert_eq!(raw.dedup_id().unwrap().unwrap(), "b-1-2");
}

#[test]
fn empty_id_part_is_an_error() {
    let error = item("").dedup_id().unwrap_err();
    assert_eq!(error.kind(), &PayloadErrorKind::EmptyIdPart);
    assert_eq!(
        (error.path(), error.event_name()),
        ("item_id", "storefront/item.imported")
    );
    let mut batch = Batch::new();
    batch.push(item("a")).unwrap();
    assert_eq!(batch.push(item("")).unwrap_err().index(), 1);
    assert_eq!(batch.len(), 1);
}

#[test]
fn failing_display_of_an_id_part_is_an_error() {
    /// Fails like a date that is formatted with an hour, which it does not have.
    struct Failing;
    impl Display for Failing {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("d")?;
            Err(std::fmt::Error)
        }
    }
    struct Pushed;
    impl IdPart for Pushed {
        fn write_id(&self, id: &mut IdWriter<'_>) {
            id.push_display(Failing);
        }
    }
    struct Written;
    impl IdPart for Written {
        fn write_id(&self, id: &mut IdWriter<'_>) {
            let _ = write!(id, "{Failing}");
        }
    }
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/b", id = "b-{number}:{day.0}")]
    struct Daily<T: IdPart> {
        number: u8,
        #[serde(skip)]
        day: (T,),
    }
    #[track_caller]
    fn assert_fails(event: impl Event) {
        let error = event.dedup_id().unwrap_err();
        assert_eq!(error.kind(), &PayloadErrorKind::IdPartDisplayFailed);
        assert_eq!(error.path(), "day.0");
        assert_eq!(Batch::new().push(event).unwrap_err(), error);
        let message = error.to_string();
        assert!(message.contains("`day.0` is part of the id and its `Display` failed"));
    }
    assert_fails(Daily {
        number: 1,
        day: (Pushed,),
    });
    assert_fails(Daily {
        number: 1,
        day: (Written,),
    });
}

#[test]
fn id_part_outside_its_language_is_an_error() {
    struct Slug(&'static str);
    impl IdPart for Slug {
        const LANGUAGE: Language = Language::Word;
        fn write_id(&self, id: &mut IdWriter<'_>) {
            id.push_str(self.0);
        }
    }
    struct Number(&'static str);
    impl IdPart for Number {
        const LANGUAGE: Language = Language::Unsigned;
        fn write_id(&self, id: &mut IdWriter<'_>) {
            id.push_str(self.0);
        }
    }
    #[derive(IdPart)]
    struct Newtype(Box<Slug>);

    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/b", id = "b-{text}-{inner.0}-{slug}")]
    struct Claims {
        text: String,
        #[serde(skip)]
        inner: (Number,),
        #[serde(skip)]
        slug: Newtype,
    }
    let claims = |inner, slug| Claims {
        text: "a-b".into(),
        inner: (Number(inner),),
        slug: Newtype(Box::new(Slug(slug))),
    };
    let good = claims("12", "größe_1");
    assert_eq!(good.dedup_id().unwrap().unwrap(), "b-a-b-12-größe_1");
    assert_eq!(json(&good)["id"], "b-a-b-12-größe_1");
    for (inner, slug, path, language) in [
        ("1", "b-c", "slug", Language::Word),
        ("1", "b\"c", "slug", Language::Word),
        ("1", "b\nc", "slug", Language::Word),
        ("-1", "c", "inner.0", Language::Unsigned),
        ("1a", "b-c", "inner.0", Language::Unsigned),
    ] {
        let claims = claims(inner, slug);
        let error = claims.dedup_id().unwrap_err();
        assert_eq!(
            error.kind(),
            &PayloadErrorKind::IdPartNotOfLanguage { language }
        );
        assert_eq!(error.path(), path);
        assert_eq!(Batch::new().push(claims).unwrap_err(), error);
        let claim = format!("printed text outside its `Language::{language:?}`");
        assert!(error.to_string().contains(&claim), "{error}");
    }
}

#[test]
fn generic_types_can_be_events() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/borrowed", id = "borrowed-{id}")]
    struct Borrowed<'a> {
        id: &'a str,
    }
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/generic", id = "generic-{id}")]
    struct Generic<T, U: Clone, const N: usize>
    where
        T: Copy,
    {
        id: T,
        other: Vec<U>,
        #[serde(skip)]
        _array: [u8; N],
    }
    let text = String::from("x");
    assert_eq!(
        Borrowed { id: &text }.dedup_id().unwrap().unwrap(),
        "borrowed-x"
    );
    let generic = Generic {
        id: 3_u8,
        other: vec!["a"],
        _array: [0; 2],
    };
    assert_eq!(generic.dedup_id().unwrap().unwrap(), "generic-3");
    assert_eq!(
        json(&generic)["data"],
        serde_json::json!({ "id": 3, "other": ["a"] })
    );
}

#[test]
fn references_and_boxes_are_events() {
    let boxed = Box::new(item("a"));
    assert_eq!(boxed.dedup_id(), item("a").dedup_id());
    let mut batch = Batch::new();
    batch.push(&boxed).unwrap();
    batch.push(boxed).unwrap();
    batch.push(Payload::new(item("b"))).unwrap();
    batch.extend([item("c"), item("d")]).unwrap();
    batch.extend(&[item("e")]).unwrap();
    assert_eq!(batch.len(), 6);
}

#[test]
fn id_parts_print_as_documented() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/b", id = "b-{a}-{b}-{c}-{d}-{e}/{f}")]
    struct Parts {
        a: u128,
        b: bool,
        c: char,
        d: std::num::NonZeroU8,
        #[serde(skip)]
        e: uuid::Uuid,
        f: std::borrow::Cow<'static, str>,
    }
    let parts = Parts {
        a: u128::MAX,
        b: true,
        c: 'é',
        d: std::num::NonZeroU8::MIN,
        e: uuid::Uuid::nil(),
        f: "\"q\"".into(),
    };
    let id = "b-340282366920938463463374607431768211455-true-é-1-\
              00000000-0000-0000-0000-000000000000/\"q\"";
    assert_eq!(parts.dedup_id().unwrap().unwrap(), id);
}

#[test]
fn control_characters_and_ulids_print_unchanged() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/b", id = "b-{a}-{b}")]
    struct More<'a> {
        #[serde(skip)]
        a: ulid::Ulid,
        #[serde(skip)]
        b: &'a str,
    }
    let text = String::from("\u{1}\n");
    let more = More {
        a: ulid::Ulid::nil(),
        b: &text,
    };
    let id = "b-00000000000000000000000000-\u{1}\n";
    assert_eq!(more.dedup_id().unwrap().unwrap(), id);
    assert_eq!(json(&more)["id"], id);
}

mod events {
    pub(crate) use inngest_core::*;
}

#[test]
fn crate_path_attribute_works() {
    #[derive(Serialize, JsonSchema, events::Event)]
    #[event(crate = self::events, name = "a/b", id = "b-{id}")]
    struct Renamed {
        id: Id,
    }
    #[derive(Serialize, JsonSchema, events::IdPart)]
    #[id_part(crate = self::events)]
    struct Id(u8);
    assert_eq!(Renamed { id: Id(1) }.dedup_id().unwrap().unwrap(), "b-1");
}

#[test]
fn registry_finds_linked_event_types() {
    let registry = Registry::collect();
    let found = registry
        .iter()
        .find(|d| d.rust_type().ends_with("derive::ItemImported"))
        .unwrap();
    assert_eq!(found.name(), "storefront/item.imported");
    assert_eq!(found.version(), Some("2026-11-21.1"));
    assert_eq!(found.id_template(), Some("item-imported-{item_id}"));
    assert_eq!(
        found.description().unwrap(),
        "A supplier's item entered the catalogue."
    );
    let (file, line) = found.source().unwrap();
    assert!(file.ends_with("derive.rs") && line > 1, "{file}:{line}");
    assert_eq!(found.schema(), ItemImported::schema());
    let names: Vec<_> = registry
        .iter()
        .map(|d| (d.name(), d.version(), d.rust_type()))
        .collect();
    assert!(names.is_sorted());
    assert!(
        names.iter().any(|(name, ..)| *name == "a/borrowed"),
        "lifetimes are no obstacle"
    );

    let by_hand = Registry::new()
        .with::<ItemImported>()
        .with::<ItemImported>();
    assert_eq!(by_hand.len(), 1);
}
