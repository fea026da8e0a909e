//! Tests sessions that an event sets or clears.

use inngest_core::testing::{EventServer, assert_matches_schema};
use inngest_core::{
    Batch, Event, IntoPayload, NonEmpty, Payload, PayloadError, PayloadErrorKind, SessionField,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

#[derive(Clone, Debug, Default, Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(session = "import", clear_if_none)]
    import_id: Option<u64>,
    #[event(session, clear_if_none)]
    visit: Option<String>,
    #[event(session)]
    cart: Option<String>,
}

#[derive(Clone, Serialize, JsonSchema, Event)]
#[event(name = "a/plain")]
struct Plain {}

#[derive(Clone, Serialize, JsonSchema, Event)]
#[event(name = "a/required")]
struct Required {
    #[event(session)]
    shop: u64,
}

#[derive(Clone, Serialize, JsonSchema, Event)]
#[event(name = "a/generic")]
struct Generic<T> {
    #[event(session, clear_if_none)]
    either: Option<T>,
}

#[derive(Clone, Serialize, JsonSchema, SessionField)]
struct VisitId<T>(T);

#[derive(Clone, Serialize, JsonSchema, SessionField)]
enum Channel {
    PointOfSale,
}

#[derive(Clone, Serialize, JsonSchema, Event)]
#[event(name = "a/derived")]
struct Derived {
    #[event(session)]
    number: VisitId<u64>,
    #[event(session)]
    text: VisitId<NonEmpty<String>>,
    #[event(session)]
    absent: VisitId<Option<String>>,
    #[event(session)]
    channel: Channel,
}

fn write(event: impl IntoPayload) -> Result<String, PayloadError> {
    let mut batch = Batch::new();
    batch.push(event)?;
    Ok(batch.events().next().unwrap().to_owned())
}

/// Returns the serialized sessions and checks that the schema accepts them.
#[track_caller]
fn sessions<P: IntoPayload + Clone>(event: P) -> Option<String> {
    assert_matches_schema(event.clone());
    let json = write(event).unwrap();
    let (_, meta) = json.split_once(r#","meta":{"sessions":"#)?;
    Some(meta.strip_suffix("}}").unwrap().to_owned())
}

#[test]
fn none_omits_or_clears_the_session() {
    assert_eq!(
        sessions(ItemImported::default()).as_deref(),
        Some(r#"{"import":null,"visit":null}"#)
    );
    let item = ItemImported {
        import_id: Some(7),
        visit: None,
        cart: Some("c".into()),
    };
    assert_eq!(
        sessions(&item).as_deref(),
        Some(r#"{"import":7,"visit":null,"cart":"c"}"#)
    );
    let generic = |either: Option<&'static str>| sessions(Generic { either });
    assert_eq!(generic(None).as_deref(), Some(r#"{"either":null}"#));
    assert_eq!(generic(Some("x")).as_deref(), Some(r#"{"either":"x"}"#));
}

#[test]
fn last_session_with_a_key_wins() {
    let with =
        |change: fn(Payload<Plain>) -> Payload<Plain>| sessions(change(Payload::new(Plain {})));
    let cleared = Some(r#"{"a":null}"#.to_owned());
    assert_eq!(with(|p| p.session_cleared("a")), cleared);
    assert_eq!(with(|p| p.session("a", 1).session_cleared("a")), cleared);
    assert_eq!(
        with(|p| p.session_cleared("a").session_cleared("a")),
        cleared
    );
    // An absent value neither sets nor clears a session.
    assert_eq!(with(|p| p.session("a", None::<&str>)), None);
    let found = with(|p| p.session_cleared("a").session("a", None::<u8>));
    assert_eq!(found, cleared);
    let found = with(|p| p.session_cleared("a").session("a", 1));
    assert_eq!(found.as_deref(), Some(r#"{"a":1}"#));
    let found = with(|p| p.session("b\"", "x").session_cleared("a").session("c", 2));
    assert_eq!(found.as_deref(), Some(r#"{"b\"":"x","a":null,"c":2}"#));
}

#[test]
fn payload_can_clear_a_field_session() {
    let item = ItemImported {
        import_id: Some(7),
        visit: Some("v".into()),
        cart: Some("c".into()),
    };
    let payload = item.payload().session_cleared("cart").session("visit", "w");
    assert_eq!(
        sessions(payload).as_deref(),
        Some(r#"{"import":7,"cart":null,"visit":"w"}"#)
    );
    let cleared = Payload::new(ItemImported::default()).session("import", 3);
    assert_eq!(
        sessions(cleared).as_deref(),
        Some(r#"{"visit":null,"import":3}"#)
    );
    let required = Payload::new(Required { shop: 1 }).session_cleared("shop");
    assert_eq!(sessions(required).as_deref(), Some(r#"{"shop":null}"#));
}

#[test]
fn cleared_sessions_do_not_count_towards_the_limit() {
    let mut payload = Payload::new(Plain {});
    for n in 0..20 {
        payload = payload.session_cleared(format!("cleared{n}"));
    }
    for n in 0..5 {
        payload = payload.session(format!("kept{n}"), n);
    }
    assert!(sessions(payload.clone()).is_some());
    let error = write(payload.session("sixth", 1)).unwrap_err();
    assert_eq!(
        *error.kind(),
        PayloadErrorKind::TooManySessions { count: 6 }
    );
    // The server accepts any key for a cleared session.
    for key in [String::new(), "k".repeat(129)] {
        assert!(sessions(Payload::new(Plain {}).session_cleared(&key)).is_some());
        let error = write(Payload::new(Plain {}).session(&key, 1)).unwrap_err();
        let bytes = key.len();
        assert_eq!(*error.kind(), PayloadErrorKind::SessionKeyLength { bytes });
    }
}

#[test]
fn schema_requires_sessions_that_are_always_written() {
    let schema = ItemImported::schema().to_value();
    let sessions = &schema["properties"]["meta"]["properties"]["sessions"];
    assert_eq!(sessions["required"], json!(["import", "visit"]));
    assert!(
        schema["required"]
            .as_array()
            .unwrap()
            .contains(&json!("meta"))
    );
    let validator = jsonschema::draft202012::new(sessions).unwrap();
    for (sessions, is_valid) in [
        (json!({ "import": null, "visit": null }), true),
        (
            json!({ "import": 1, "visit": "v", "cart": null, "x": null, "y": 2 }),
            true,
        ),
        (json!({ "import": 1, "visit": "" }), false),
        (json!({ "import": "1", "visit": "v" }), false),
        (json!({ "import": 1 }), false),
        (json!({ "import": 1, "visit": "v", "x": true }), false),
    ] {
        assert_eq!(validator.is_valid(&sessions), is_valid, "{sessions}");
    }
}

#[test]
fn derived_sessions_have_the_inner_value() {
    let event = Derived {
        number: VisitId(7),
        text: VisitId(NonEmpty::try_from("v").unwrap()),
        absent: VisitId(None),
        channel: Channel::PointOfSale,
    };
    assert_eq!(
        sessions(&event).as_deref(),
        Some(r#"{"number":7,"text":"v","channel":"point_of_sale"}"#)
    );
    let payload = Payload::new(Plain {})
        .session("a", VisitId("x"))
        .session("b", Channel::PointOfSale)
        .session("c", VisitId(None::<u8>));
    assert_eq!(
        sessions(payload).as_deref(),
        Some(r#"{"a":"x","b":"point_of_sale"}"#)
    );

    let schema = Derived::schema().to_value();
    let sessions = &schema["properties"]["meta"]["properties"]["sessions"];
    assert_eq!(sessions["required"], json!(["number", "text", "channel"]));
    let validator = jsonschema::draft202012::new(sessions).unwrap();
    for (number, text, is_valid) in [
        (json!(7), json!("v"), true),
        (json!("7"), json!("v"), false),
        (json!(7), json!(7), false),
    ] {
        let sessions = json!({ "number": number, "text": text, "channel": "point_of_sale" });
        assert_eq!(validator.is_valid(&sessions), is_valid, "{sessions}");
    }
}

/// With every send method, cleared sessions arrive as `null`.
#[tokio::test]
async fn cleared_sessions_arrive_as_null() {
    let server = EventServer::start().unwrap();
    let client = server.client().unwrap();
    let cleared = || Payload::new(Plain {}).session("a", 1).session_cleared("b");
    client.send(cleared()).await.unwrap();
    client.send_many([cleared(), cleared()]).await.unwrap();
    let mut batch = Batch::new();
    batch.push(cleared()).unwrap();
    client.send_batch(batch).await.unwrap();
    let buffered = client.buffered().start().unwrap();
    buffered.send(cleared()).await.unwrap().await.unwrap();
    let mut stream = client.send_iter([cleared()]);
    while stream.next().await.is_some() {}
    let events = server.events();
    assert_eq!(events.len(), 6);
    for event in events {
        assert_eq!(
            event.to_json()["meta"],
            json!({ "sessions": { "a": 1, "b": null } })
        );
    }
    client.send(ItemImported::default()).await.unwrap();
    assert_eq!(
        server.events().last().unwrap().to_json()["meta"],
        json!({ "sessions": { "import": null, "visit": null } })
    );
    server.assert_valid();
}
