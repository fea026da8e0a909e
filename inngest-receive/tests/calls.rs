//! Decodes the calls that a server made, and calls that it could make.

use std::time::{Duration, SystemTime};

use inngest_core::Event;
use inngest_receive::system::{
    FunctionCancelled, FunctionFailed, FunctionFinished, FunctionInvoked, ScheduledTimer,
};
use inngest_receive::{
    CallStack, DecodeErrorKind, Events, EventsError, FunctionCall, Headers, RawReceived, Received,
    SIGNATURE_HEADER, SignatureError, SigningKeys, decode, decode_all, verify,
};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

macro_rules! crate_events {
    ($($type:ident = $name:literal)*) => {$(
        #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
        #[event(name = $name)]
        struct $type {
            #[serde(rename = "crate")]
            label: String,
        }
    )*};
}

crate_events! {
    CrateLost = "depot/crate.lost"
    CrateStuck = "depot/crate.stuck"
    CrateWaiting = "depot/crate.waiting"
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "depot/crate.opened")]
struct CrateOpened {}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "depot/crate.packed")]
struct CratePacked {
    n: u32,
}

#[derive(Debug, Events)]
enum DepotEvent {
    Lost(CrateLost),
    Stuck(CrateStuck),
    Waiting(CrateWaiting),
    Opened(Received<CrateOpened>),
    #[events(any_version)]
    Packed(Received<CratePacked>),
    Failed(Received<FunctionFailed<Box<DepotEvent>>>),
    Finished(FunctionFinished<Box<DepotEvent>>),
    Cancelled(FunctionCancelled<Box<DepotEvent>>),
    Invoked(FunctionInvoked),
    Timer(Received<ScheduledTimer>),
}

fn recorded() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("data/calls.json")).unwrap();
    file["calls"].as_array().unwrap().clone()
}

/// Checks a decoded event against its JSON.
fn compare(event: &DepotEvent, json: &Value) {
    let data = &json["data"];
    match event {
        DepotEvent::Lost(CrateLost { label })
        | DepotEvent::Stuck(CrateStuck { label })
        | DepotEvent::Waiting(CrateWaiting { label }) => assert_eq!(data["crate"], **label),
        DepotEvent::Opened(opened) => assert_eq!(json["id"], *opened.id),
        DepotEvent::Packed(packed) => {
            assert_eq!(data["n"], packed.data.n);
            assert_eq!(json["v"].as_str(), packed.version.as_deref());
            assert_eq!(
                (&json["id"], &json["ts"]),
                (&json!(packed.id), &json!(packed.ts))
            );
        }
        DepotEvent::Failed(failed) => {
            assert_eq!(json["id"], *failed.id);
            compare_failed(&failed.data, data);
        }
        DepotEvent::Timer(timer) => {
            assert_eq!(json["id"], *timer.id);
            assert_eq!(data["cron"], *timer.data.cron);
            assert_eq!(data["fireAt"].as_str(), timer.data.fire_at.as_deref());
            assert_eq!(
                data["scheduledAt"].as_str(),
                timer.data.scheduled_at.as_deref()
            );
        }
        other => panic!("no recorded call has {other:?}"),
    }
}

fn compare_failed(failed: &FunctionFailed<Box<DepotEvent>>, data: &Value) {
    compare(failed.event.as_ref().unwrap(), &data["event"]);
    let events = data["events"].as_array().unwrap();
    assert_eq!(failed.events.len(), events.len());
    for (event, json) in failed.events.iter().zip(events) {
        compare(event.as_ref().unwrap(), json);
    }
    assert_eq!(data["function_id"], *failed.function_id);
    assert_eq!(data["run_id"], *failed.run_id);
    assert_eq!(data["_inngest"]["status"], *failed.status);
    let error = failed.error.as_ref().unwrap();
    assert_eq!(data["error"]["name"], *error.name);
    assert_eq!(data["error"]["message"], *error.message);
    assert_eq!(data["error"]["stack"].as_str(), error.stack.as_deref());
    assert_eq!(
        data["error"]["error"].to_string(),
        error.unknown["error"].get()
    );
    assert_eq!(error.to_string(), "NonRetriableError: no such crate");
    let result: Value = serde_json::from_str(failed.result.as_ref().unwrap().get()).unwrap();
    assert_eq!(data["result"], result);
}

#[test]
fn every_recorded_call_is_decoded() {
    let calls = recorded();
    assert_eq!(calls.len(), 15);
    for recorded in calls {
        let name = &recorded["name"];
        let body = recorded["body"].as_str().unwrap();
        let json: Value = serde_json::from_str(body).unwrap();
        let call = FunctionCall::<DepotEvent>::decode(body).unwrap();

        compare(call.event().unwrap(), &json["event"]);
        let events = call.events().unwrap();
        let expected = json["events"].as_array().unwrap();
        assert_eq!(events.len(), expected.len(), "{name}");
        for (event, json) in events.iter().zip(expected) {
            compare(event.as_ref().unwrap(), json);
        }

        let ctx = &call.ctx;
        let stack = ctx.stack.as_ref().unwrap();
        let typed = json!({
            "run_id": ctx.run_id, "attempt": ctx.attempt, "max_attempts": ctx.max_attempts,
            "fn_id": ctx.fn_id, "env": ctx.env, "step_id": ctx.step_id,
            "stack": { "stack": stack.stack, "current": stack.current },
            "disable_immediate_execution": ctx.disable_immediate_execution, "use_api": ctx.use_api,
            "qi_id": ctx.qi_id, "request_id": ctx.request_id, "job_id": ctx.job_id,
            "generation_id": ctx.generation_id,
        });
        assert_eq!(typed, json["ctx"], "{name}");
        assert!(ctx.unknown.is_empty());
        assert_eq!(json["ctx"]["attempt"], call.attempt());
        assert_eq!(json["ctx"]["run_id"], call.run_id());
        assert_eq!((call.version, call.use_api()), (Some(-1), false));
        assert_eq!(call.steps().unwrap().get(), json["steps"].to_string());
        assert_eq!(call.unknown.keys().collect::<Vec<_>>(), ["defers"]);
        assert_eq!(call.unknown["defers"].get(), "{}");

        assert_eq!(call.into_all_events().unwrap().len(), expected.len());
    }
}

fn body(event: &Value, events: &Value, more: &Value) -> String {
    let mut body = json!({
        "ctx": { "run_id": "01M8HAK6GJH8J2JDFGJDRY235Q", "attempt": 1 },
        "event": event, "events": events, "steps": { "a1": { "data": 1 }, "b2": null },
    });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body.to_string()
}

fn lost(label: &str) -> Value {
    json!({ "data": { "crate": label }, "id": label, "name": "depot/crate.lost", "ts": 1, "user": {} })
}

#[test]
fn one_bad_event_does_not_hide_the_others() {
    let bad = json!({ "data": { "crate": 7 }, "name": "depot/crate.lost" });
    let unknown = json!({ "data": {}, "name": "depot/crate.eaten" });
    let events = json!([lost("a"), bad, 7, unknown, lost("b")]);
    let body = body(&lost("a"), &events, &json!({}));
    let call = FunctionCall::<DepotEvent>::decode(&body).unwrap();
    let results = call.events().unwrap();
    let is_ok: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(is_ok, [true, false, false, false, true]);
    let paths = results
        .iter()
        .filter_map(|event| Some(event.as_ref().err()?.path()));
    assert_eq!(
        paths.collect::<Vec<_>>(),
        ["events[1].data.crate", "events[2]", "events[3]"]
    );
    let error = results[3].as_ref().unwrap_err();
    assert_eq!(
        (error.kind(), error.event_name()),
        (&DecodeErrorKind::UnknownEvent, Some("depot/crate.eaten"))
    );

    let Err(EventsError::Event(error)) = call.into_all_events() else {
        panic!("one event is bad");
    };
    assert_eq!(error.path(), "events[1].data.crate");
}

#[test]
fn event_is_decoded_if_it_differs_from_the_first() {
    let with = |events: Value| {
        let body = body(&lost("x"), &events, &json!({}));
        FunctionCall::<DepotEvent>::decode(&body).unwrap()
    };
    for (events, count) in [
        (json!([lost("a"), lost("x")]), 2),
        (json!([lost("x"), lost("a")]), 2),
        (json!([]), 0),
        (json!(null), 1),
    ] {
        let call = with(events);
        let DepotEvent::Lost(event) = call.event().unwrap() else {
            panic!("another event");
        };
        assert_eq!((&*event.label, call.events().unwrap().len()), ("x", count));
        let event = call.into_event().unwrap();
        assert!(matches!(event, DepotEvent::Lost(CrateLost { label }) if label == "x"));
    }
    let spaced = format!(
        r#" {{ "events" : [ {0} ] , "event" : {0} , "ctx":{{"run_id":"r"}} }} "#,
        lost("x")
    );
    let call = FunctionCall::<DepotEvent>::decode(spaced).unwrap();
    assert!(matches!(call.event(), Ok(DepotEvent::Lost(CrateLost { label })) if label == "x"));
    assert_eq!(call.steps().unwrap().get(), "{}");
}

/// Over 4 MiB, the server sends the event alone.
#[test]
fn events_that_are_not_in_the_body_are_an_error() {
    for more in [
        json!({ "use_api": true }),
        json!({ "ctx": { "run_id": "a/../b", "use_api": true } }),
    ] {
        let call = FunctionCall::<DepotEvent>::decode(body(&lost("x"), &json!([]), &more)).unwrap();
        assert!(call.use_api());
        assert!(matches!(call.event(), Ok(DepotEvent::Lost(_))));
        assert_eq!(call.events().unwrap_err(), call.steps().unwrap_err());
        let run_id = if call.run_id() == "a/../b" {
            "a%2F%2E%2E%2Fb"
        } else {
            call.run_id()
        };
        let expected = format!(
            "the events and steps of this call are not in its body, which would be over 4 MiB; get them from \
             `/v0/runs/{run_id}/batch` and `/v0/runs/{run_id}/actions` of the API, with the signing key as \
             bearer token"
        );
        assert_eq!(call.events().unwrap_err().to_string(), expected);
        assert_eq!(call.into_all_events().unwrap_err().to_string(), expected);
    }
    // What the API answers.
    let events = decode_all::<DepotEvent>(json!([lost("a"), lost("b")]).to_string()).unwrap();
    assert_eq!(events.len(), 2);
}

#[test]
fn invalid_bodies_are_errors_with_a_path() {
    let call = |json: &str| {
        FunctionCall::<DepotEvent>::decode(json)
            .unwrap_err()
            .to_string()
    };
    let event = lost("x").to_string();
    for (json, expected) in [
        ("", "the JSON ends where `{` is expected"),
        (
            "[]",
            "this is not an object; pass the body as it was received",
        ),
        ("{}", "`ctx.run_id`: this is missing"),
        (r#"{"ctx":7}"#, "`ctx`: this is not an object"),
        (r#"{"ctx":{"run_id":7}}"#, "`ctx.run_id`: "),
        (
            r#"{"ctx":{"run_id":"r","attempt":-1}}"#,
            "`ctx.attempt`: expected u32, found integer; pass the body as it was received",
        ),
        (
            r#"{"ctx":{"run_id":"r","run_id":"q"}}"#,
            "`ctx.run_id`: the key appears twice",
        ),
        (
            r#"{"ctx":{"run_id":"r","stack":{"stack":[7]}}}"#,
            "`ctx.stack.stack[0]`: ",
        ),
        (r#"{"ctx":{"run_id":"r","new":nope}}"#, "`ctx.new`: "),
        (
            r#"{"ctx":{"run_id":"r"}}"#,
            "`event`: the call has no event",
        ),
        (
            r#"{"ctx":{"run_id":"r"},"events":[]}"#,
            "`event`: the call has no event",
        ),
        (
            r#"{"ctx":{"run_id":"r"},"events":{}}"#,
            "`events`: expected a sequence, found map; pass the body as it was received",
        ),
        (
            r#"{"ctx":{"run_id":"r"},"events":[EVENT],"events":[]}"#,
            "`events`: the key appears twice",
        ),
        (
            r#"{"ctx":{"run_id":"r"},"event":EVENT,"event":EVENT}"#,
            "`event`: the key appears twice",
        ),
        (
            r#"{"ctx":{"run_id":"r"},"event":EVENT,"steps":[1,]}"#,
            "`steps",
        ),
        (
            r#"{"ctx":{"run_id":"r"},"event":EVENT,"use_api":"yes"}"#,
            "`use_api`: ",
        ),
        (r#"{"ctx":{"run_id":"r"},"event":EVENT,"new":[1,]}"#, "`new"),
        (
            r#"{"ctx":{"run_id":"r"},"event":EVENT} x"#,
            "this is not JSON",
        ),
        (r#"{"ctx":{"run_id":"r"},"event":EVENT"#, "the JSON ends"),
    ] {
        let error = call(&json.replace("EVENT", &event));
        assert!(error.starts_with(expected), "{json}: {error}");
    }
}

#[test]
fn unknown_members_are_kept() {
    let more = json!({
        "ctx": { "run_id": "r", "later": [1, null], "stack": { "stack": null }, "env": null },
        "later": { "a": 1.5 }, "nothing": null,
    });
    let call =
        FunctionCall::<DepotEvent>::decode(body(&lost("x"), &json!([lost("x")]), &more)).unwrap();
    assert_eq!(call.ctx.unknown["later"].get(), "[1,null]");
    assert_eq!(call.unknown["later"].get(), r#"{"a":1.5}"#);
    assert_eq!(call.unknown["nothing"].get(), "null");
    assert_eq!(
        (call.ctx.env.as_deref(), call.ctx.stack.clone()),
        (None, Some(CallStack::default()))
    );
}

fn system_event(name: &str, data: &Value) -> DepotEvent {
    let event = json!({ "data": data, "id": "i", "name": name, "ts": 1, "user": {} });
    decode(event.to_string()).unwrap()
}

#[test]
fn end_of_a_run_has_the_events_that_started_it() {
    let eaten = json!({ "data": {}, "name": "depot/crate.eaten" });
    let data = json!({
        "event": lost("x"), "events": [lost("x"), eaten], "function_id": "depot-f", "run_id": "r",
        "result": { "n": 1 }, "_inngest": { "status": "Completed", "later": 1 }, "later": 2,
    });
    let DepotEvent::Finished(finished) = system_event("inngest/function.finished", &data) else {
        panic!("another event");
    };
    assert!(matches!(
        &**finished.event.as_ref().unwrap(),
        DepotEvent::Lost(_)
    ));
    let error = finished.events[1].as_ref().unwrap_err();
    assert_eq!(
        (error.path(), error.event_name()),
        ("data.events[1]", Some("depot/crate.eaten"))
    );
    assert!(finished.error.is_none());
    assert_eq!(finished.result.as_ref().unwrap().get(), r#"{"n":1}"#);
    assert_eq!(
        (&*finished.status, finished.unknown["later"].get()),
        ("Completed", "2")
    );

    let mut cancelled = data.clone();
    cancelled["error"] = json!({ "message": "function cancelled", "name": null });
    let DepotEvent::Cancelled(cancelled) = system_event("inngest/function.cancelled", &cancelled)
    else {
        panic!("another event");
    };
    let error = cancelled.error.as_ref().unwrap();
    assert_eq!(
        (error.to_string(), &error.stack),
        ("function cancelled".into(), &None)
    );
    assert!(matches!(
        &**cancelled.events[0].as_ref().unwrap(),
        DepotEvent::Lost(_)
    ));

    let mut missing = data;
    missing.as_object_mut().unwrap().remove("run_id");
    let event = json!({ "data": missing, "name": "inngest/function.failed" });
    let error = decode::<DepotEvent>(event.to_string()).unwrap_err();
    assert_eq!(
        (error.path(), error.event_name()),
        ("data.run_id", Some("inngest/function.failed"))
    );
}

#[test]
fn nested_failures_are_decoded_up_to_a_limit() {
    let mut event = lost("x");
    for depth in 1..=20 {
        let data = json!({ "event": event, "events": [], "function_id": "f", "run_id": "r" });
        event = json!({ "data": data, "name": "inngest/function.failed" });
        let mut decoded = decode::<DepotEvent>(event.to_string()).unwrap();
        let mut failures = 0;
        while let DepotEvent::Failed(failed) = decoded {
            failures += 1;
            match failed.data.event {
                Ok(inner) => decoded = *inner,
                Err(error) => {
                    assert!(error.to_string().contains("more than 16 events"), "{error}");
                    break;
                }
            }
        }
        assert_eq!(failures, depth.min(17));
    }
}

#[test]
fn invoked_functions_have_the_callers_data() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[serde(rename = "order \"id\"")]
        order_id: u32,
        z: Option<bool>,
    }
    #[derive(Debug, Events)]
    enum OrderEvent {
        Invoked(FunctionInvoked<Order>),
    }
    let inngest = json!({ "source_fn_id": "f" });
    for data in [
        json!({ "_inngest": inngest, "order \"id\"": 7, "z": true }),
        json!({ "order \"id\"": 7, "_inngest": inngest }),
        json!({ "order \"id\"": 7 }),
    ] {
        let event = json!({ "data": data, "name": "inngest/function.invoked" }).to_string();
        let OrderEvent::Invoked(invoked) = decode(&event).unwrap();
        assert_eq!(invoked.data.order_id, 7);
        let metadata = data.get("_inngest").map(Value::to_string);
        assert_eq!(invoked.metadata.map(|it| it.get().to_owned()), metadata);

        let DepotEvent::Invoked(raw) = decode(&event).unwrap() else {
            panic!("another event");
        };
        let raw: Value = serde_json::from_str(raw.data.get()).unwrap();
        assert_eq!(raw["order \"id\""], 7);
        assert!(raw.get("_inngest").is_none());
    }
    let only = json!({ "data": { "_inngest": inngest }, "name": "inngest/function.invoked" });
    let error = decode::<OrderEvent>(only.to_string()).unwrap_err();
    assert_eq!(
        (error.path(), error.event_name()),
        ("data", Some("inngest/function.invoked"))
    );
}

/// Only the enum's own types may show data.
#[test]
fn debug_output_shows_no_data() {
    for recorded in recorded() {
        let call = FunctionCall::<RawEvent>::decode(recorded["body"].as_str().unwrap()).unwrap();
        let shown = format!("{call:?} {:?} {:?}", call.ctx, call.event());
        for hidden in ["C7", "C8", "C9", "no such crate", "file:", "* * *"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}

#[derive(Debug, Events)]
#[expect(dead_code, reason = "only its `Debug` output is read")]
enum RawEvent {
    Failed(FunctionFailed<Box<RawEvent>>),
    #[events(other)]
    Other(RawReceived),
}

/// Calls of a dev server have no signature, so only the signed ones are verified.
#[test]
fn only_signed_calls_are_verified() {
    let file: Value = serde_json::from_str(include_str!("data/calls.json")).unwrap();
    let keys = SigningKeys::new(file["signing_key"].as_str().unwrap()).unwrap();
    for call in recorded() {
        let body = call["body"].as_str().unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_877_990);
        let headers = call["headers"].as_object().unwrap();
        let pairs = headers
            .iter()
            .filter_map(|(name, value)| Some((name, value.as_str()?)));
        let headers = Headers::from_pairs(pairs);
        let is_signed = call["name"].as_str().unwrap().starts_with("signed");
        assert_eq!(verify(&keys, headers, body, now).is_ok(), is_signed);
    }
}

/// Values that stay JSON may have any depth, and many members do not take quadratic time.
#[test]
fn deep_and_large_calls_are_decoded() {
    let depth = 200_000;
    let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let keys: Vec<_> = (0..depth).map(|key| format!(r#""k{key}":0"#)).collect();
    let body = |more: &str| {
        let event = lost("x");
        format!(r#"{{"ctx":{{"run_id":"r","deep":{deep}}},"event":{event},{more}}}"#)
    };
    let call = |more: &str| FunctionCall::<DepotEvent>::decode(body(more));
    let more = format!(r#""steps":{{"a":{deep}}},{}"#, keys.join(","));
    let decoded = call(&more).unwrap();
    assert_eq!(decoded.steps().unwrap().get().len(), 2 * depth + 6);
    assert_eq!(
        (decoded.unknown.len(), decoded.ctx.unknown["deep"].get()),
        (depth, &*deep)
    );

    for broken in [
        format!(r#""steps":{}"#, &deep[1..]),
        format!(r#""steps":{}"#, &deep[..depth]),
        format!(r#""stack":{deep},"stack":{deep}"#),
        format!(r#""use_api":{deep}"#),
    ] {
        assert!(call(&broken).is_err());
    }
    let events = vec![lost("y").to_string(); 20_000].join(",");
    let events = call(&format!(r#""events":[7,{events},{{}}]"#)).unwrap();
    assert_eq!(
        events
            .events()
            .unwrap()
            .iter()
            .filter(|event| event.is_ok())
            .count(),
        20_000
    );
    // The event in a system event is deserialized, so the depth limit of serde applies.
    let failed = format!(
        r#"{{"data":{{"event":{deep},"function_id":"f","run_id":"r"}},"name":"inngest/function.failed"}}"#
    );
    let DepotEvent::Failed(failed) = decode(failed).unwrap() else {
        panic!("another event");
    };
    assert!(failed.data.event.is_err());
}

proptest! {
    /// A changed byte gives an error or a call, never a panic. Bytes that are not JSON give an error of
    /// the call or of an event.
    #[test]
    fn broken_bodies_never_panic(call in 0..15_usize, at: prop::sample::Index, byte: u8, cut: bool) {
        let recorded = recorded();
        let mut body = recorded[call]["body"].as_str().unwrap().as_bytes().to_vec();
        let at = at.index(body.len());
        if cut {
            body.truncate(at);
        } else {
            body[at] = byte;
        }
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok();
        let decoded = FunctionCall::<DepotEvent>::decode(&body);
        let all = decoded.map_err(|_| ()).and_then(|call| {
            call.event().map_err(|_| ())?;
            call.into_all_events().map_err(|_| ())
        });
        prop_assert!(is_json || all.is_err() || has_nested_event(&body));
    }

    #[test]
    fn random_texts_are_errors(text in "[{}\\[\\]\",:a-z0-9 ]{0,80}", bytes: Vec<u8>) {
        prop_assert!(FunctionCall::<DepotEvent>::decode(text).is_err());
        prop_assert!(FunctionCall::<DepotEvent>::decode(bytes).is_err());
    }
}

/// Whether the call has an event nested in a system event. If that event is broken, the call has no error.
fn has_nested_event(body: &[u8]) -> bool {
    let failed = b"inngest/function.failed";
    body.windows(failed.len()).any(|window| window == failed)
}

/// The calls of a dev server have no signature, so the test signs them itself.
#[test]
fn every_recorded_call_is_verified_and_decoded_and_refused_with_a_changed_byte() {
    #[derive(Debug, Events)]
    enum LostOrOther {
        Lost(Received<CrateLost>),
        #[events(other)]
        Other(RawReceived),
    }
    let file: Value = serde_json::from_str(include_str!("data/calls.json")).unwrap();
    let keys = SigningKeys::new(file["signing_key"].as_str().unwrap()).unwrap();
    let other_keys = SigningKeys::new("signkey-test-00ff").unwrap();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_877_990);
    let (mut signed, mut lost, mut others) = (0, 0, 0);
    for recorded in recorded() {
        let body = recorded["body"].as_str().unwrap();
        let header = match &recorded["headers"][SIGNATURE_HEADER] {
            Value::String(header) => {
                signed += 1;
                header.clone()
            }
            _ => keys.sign(body, now),
        };
        let check = |keys: &SigningKeys, body: &[u8]| {
            let headers = Headers::from_pairs([(SIGNATURE_HEADER, &header)]);
            verify(keys, headers, body, now)
        };
        check(&keys, body.as_bytes()).unwrap();
        let mismatch = Err(SignatureError::Mismatch);
        assert_eq!(check(&other_keys, body.as_bytes()), mismatch);
        for at in (0..body.len()).step_by(13) {
            let mut changed = body.as_bytes().to_vec();
            changed[at] ^= 1;
            assert_eq!(check(&keys, &changed), mismatch, "{at}");
        }

        let call = FunctionCall::<LostOrOther>::decode(body).unwrap();
        let json: Value = serde_json::from_str(body).unwrap();
        let expected = json["events"].as_array().unwrap();
        let events = call.into_all_events().unwrap();
        assert_eq!(events.len(), expected.len());
        for (event, json) in events.iter().zip(expected) {
            match event {
                LostOrOther::Lost(event) => {
                    lost += 1;
                    assert_eq!(json["name"], event.name);
                    assert_eq!(
                        (&json["data"]["crate"], &json["id"]),
                        (&json!(event.data.label), &json!(event.id))
                    );
                }
                LostOrOther::Other(raw) => {
                    others += 1;
                    assert_eq!(json["name"], *raw.name);
                    assert_eq!(json["data"], raw.deserialize::<Value>().unwrap());
                }
            }
        }
    }
    assert!(
        signed == 4 && lost > 0 && others > 0,
        "{signed} {lost} {others}"
    );
}
