//! Tests `drift`: compares events that were sent with the types of the example shop.
#![cfg(all(feature = "drift", feature = "http"))]

use std::fs;

use inngest_core::Batch;
use inngest_core::blocking::Client;
use inngest_core::registry::Registry;
use inngest_core::testing::EventServer;
use inngest_registry::Catalogue;
use inngest_registry::drift::{Drift, DriftFinding, DriftKind, DriftReport};
use inngest_registry::samples::{Query, Sample, Source, read};
use proptest::prelude::*;
use serde_json::{Value, json};
use shop::{v1, v2};

fn types() -> Catalogue {
    Catalogue::of(&Registry::collect())
}

fn samples(source: &str) -> Vec<Sample> {
    let samples = read(&Source::from(source), &Query::default()).unwrap();
    samples.collect::<Result<_, _>>().unwrap()
}

/// The types as the shop exported them.
fn exported() -> Catalogue {
    Catalogue::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../examples/shop/schemas"
    ))
    .unwrap()
}

fn compare(samples: Vec<Sample>, drift: &Drift) -> DriftReport {
    drift.run(&types(), samples.into_iter().map(Ok)).unwrap()
}

/// Writes the events to a file, one per line, and compares them.
fn compare_lines(events: &[Value], drift: &Drift) -> DriftReport {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let lines = events.iter().map(|event| format!("{event}\n"));
    fs::write(&path, lines.collect::<String>()).unwrap();
    compare(samples(path.to_str().unwrap()), drift)
}

/// All findings except unseen fields and unseen events.
fn found(report: &DriftReport) -> Vec<&DriftFinding> {
    let is_unseen = |finding: &&DriftFinding| {
        matches!(
            finding.kind,
            DriftKind::UnseenField | DriftKind::UnseenEvent
        )
    };
    let findings = report.findings.iter();
    findings.filter(|finding| !is_unseen(finding)).collect()
}

fn comment() -> impl Strategy<Value = v2::Comment> {
    let leaf = (any::<String>(), any::<String>()).prop_map(|(author, text)| v2::Comment {
        author,
        text,
        answers: Vec::new(),
    });
    leaf.prop_recursive(3, 8, 3, |inner| {
        (any::<String>(), prop::collection::vec(inner, 0..3)).prop_map(|(text, answers)| {
            let author = "a".to_owned();
            v2::Comment {
                author,
                text,
                answers,
            }
        })
    })
}

fn method() -> impl Strategy<Value = v2::Method> {
    prop_oneof![
        any::<String>().prop_map(|last_four| v2::Method::Card { last_four }),
        any::<String>().prop_map(|iban| v2::Method::Transfer { iban }),
        Just(v2::Method::GiftCard),
    ]
}

fn key() -> impl Strategy<Value = String> {
    ".{1,12}"
}

prop_compose! {
    /// One event of each type of the shop's current version.
    fn events()(
        id in key(),
        text in any::<String>(),
        numbers in any::<[u32; 4]>(),
        sizes in any::<(u16, u16, u16)>(),
        large in any::<u64>(),
        map in prop::collection::btree_map(any::<String>(), any::<u32>(), 0..3),
        method in method(),
        stars in 1..=5_u8,
        comment in prop::option::of(comment()),
    ) -> Batch {
        let [a, b, c, d] = numbers;
        let some = (a % 2 == 0).then(|| text.clone());
        let mut batch = Batch::new();
        let country = text.clone();
        let supplier = v2::Supplier { name: text.clone(), country };
        let quantity = (b % 2 == 0).then_some(b);
        batch.push(&v1::ItemImported { item_id: id.clone(), sku: text.clone(), quantity: a }).unwrap();
        batch.push(&v2::ItemImported {
            item_id: id.clone(), sku: text.clone(), quantity, supplier,
        }).unwrap();
        batch.push(&v2::PriceChanged { sku: id.clone(), revision: c, prices: map.clone() }).unwrap();
        batch.push(&v2::CustomerRegistered {
            customer_id: large, email: text.clone(), invited_by: (a % 3 == 0).then_some(large),
        }).unwrap();
        let line = v2::Line { sku: text.clone(), quantity: a, cents: b };
        batch.push(&v2::CheckoutCompleted {
            cart_id: id.clone(),
            lines: vec![line; (c % 3) as usize],
            coupon: some.clone(),
            totals: v2::Totals { total_cents: d, taxes: map },
        }).unwrap();
        batch.push(&v2::OrderPaid { order_id: a, method, cents: b }).unwrap();
        let tracking = text.clone();
        batch.push(&v2::OrderShipped { order_id: a, parcel: sizes.0, tracking, size: sizes }).unwrap();
        batch.push(&v2::OrderRefunded { refund_id: a, order_id: b, cents: c, reason: some }).unwrap();
        batch.push(&v2::ReviewPosted { review_id: d, sku: text, stars, comment }).unwrap();
        batch
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn events_that_the_types_send_do_not_drift(batches in prop::collection::vec(events(), 1..8)) {
        let server = EventServer::start().unwrap();
        let client = Client::builder().dev(true).base_url(server.url()).build().unwrap();
        let count = batches.len() * 9;
        for batch in batches {
            client.send_batch(batch).unwrap();
        }
        let listed = samples(&server.url());
        prop_assert_eq!(listed.len(), count);
        let from_folder = Drift::new().run(&exported(), listed.iter().cloned().map(Ok)).unwrap();
        let lines: Vec<_> = listed.iter().map(|sample| sample.as_value().clone()).collect();
        let from_lines = compare_lines(&lines, &Drift::new());
        for report in [from_folder, compare(listed, &Drift::new()), from_lines] {
            prop_assert!(!report.breaks(), "{}", report);
            prop_assert_eq!(found(&report), [] as [&DriftFinding; 0]);
            prop_assert_eq!((report.samples, report.types), (count, 9));
        }
    }
}

/// A string and a number that no output may contain.
const TEXT: &str = "Jane Marked";
const NUMBER: u32 = 42_424_242;

/// Events in which every value is `TEXT` or `NUMBER`, where the type allows it.
fn marked() -> Vec<Value> {
    let (v, v1) = ("2026-11-21.1", "2026-09-01.1");
    let user = json!({ "email": TEXT, "age": NUMBER });
    vec![
        json!({ "name": "storefront/item.imported", "v": v, "id": format!("item-imported-{TEXT}"),
            "user": user, "data": { "item_id": TEXT, "sku": TEXT, "quantity": NUMBER,
            "supplier": { "name": TEXT, "country": TEXT } } }),
        json!({ "name": "storefront/item.imported", "v": v1, "id": format!("item-imported-{TEXT}"),
            "data": { "item_id": TEXT, "sku": TEXT, "quantity": NUMBER } }),
        json!({ "name": "storefront/price.changed", "v": v, "ts": 1_795_000_000_000_u64,
            "id": format!("price-changed-{NUMBER}/{TEXT}"),
            "data": { "sku": TEXT, "revision": NUMBER, "prices": { TEXT: NUMBER } } }),
        json!({ "name": "storefront/cart.checkout.completed", "v": v,
            "id": format!("cart-checkout-completed-{TEXT}"), "data": { "cart_id": TEXT,
            "lines": [{ "sku": TEXT, "quantity": NUMBER, "cents": NUMBER }], "coupon": TEXT,
            "total_cents": NUMBER, "taxes": { TEXT: NUMBER } } }),
        json!({ "name": "storefront/order.paid", "v": v, "id": format!("order-paid-{NUMBER}"),
            "data": { "order_id": NUMBER, "method": { "kind": "card", "last_four": TEXT },
            "cents": NUMBER } }),
        json!({ "name": "storefront/order.refunded", "v": v, "id": format!("order-refunded-{NUMBER}"),
            "data": { "refund_id": NUMBER, "order_id": NUMBER, "cents": NUMBER, "reason": TEXT } }),
        json!({ "name": "storefront/review.posted", "v": v, "id": format!("review-posted-{NUMBER}"),
            "data": { "review_id": NUMBER, "sku": TEXT, "stars": 3, "comment": { "author": TEXT,
            "text": TEXT, "answers": [{ "author": TEXT, "text": TEXT, "answers": [] }] } } }),
    ]
}

/// A change to one of the marked events, and the finding that it causes.
type Mutation = (
    // Which event.
    usize,
    // Where, as a JSON Pointer.
    &'static str,
    // The value there. `None` removes it.
    Option<Value>,
    // The kind and the path of the finding.
    DriftKind,
    Option<&'static str>,
);

#[expect(clippy::too_many_lines, reason = "a table")]
fn mutations() -> Vec<Mutation> {
    use DriftKind::{
        Invalid, NoId, NoVersion, UndeclaredField, UndeclaredVersion, UnknownName, WrongId,
    };
    let text = || Some(json!(TEXT));
    let number = || Some(json!(NUMBER));
    vec![
        (
            0,
            "/name",
            Some(json!("storefront/item.importd")),
            UnknownName,
            None,
        ),
        (
            0,
            "/v",
            Some(json!("2026-11-22.1")),
            UndeclaredVersion,
            None,
        ),
        (0, "/v", None, NoVersion, None),
        (0, "/data/sku", number(), Invalid, Some("data.sku")),
        (
            0,
            "/data/supplier/name",
            None,
            Invalid,
            Some("data.supplier.name"),
        ),
        (0, "/data/supplier", text(), Invalid, Some("data.supplier")),
        (0, "/data/quantity", text(), Invalid, Some("data.quantity")),
        (
            0,
            "/data/quantity",
            Some(json!(-42_424_242)),
            Invalid,
            Some("data.quantity"),
        ),
        (
            0,
            "/data/supplier/Name",
            text(),
            UndeclaredField,
            Some("data.supplier.Name"),
        ),
        (0, "/version", text(), UndeclaredField, Some("version")),
        (0, "/id", None, NoId, Some("id")),
        (0, "/id", text(), WrongId, Some("id")),
        (
            0,
            "/id",
            Some(json!(format!("item-imported-{TEXT}x"))),
            WrongId,
            Some("id"),
        ),
        (
            1,
            "/data/item_id",
            Some(json!(format!("{TEXT}x"))),
            WrongId,
            Some("id"),
        ),
        (2, "/ts", Some(json!(42_424_242)), Invalid, Some("ts")),
        (
            2,
            "/data/revision",
            Some(json!(42_424_243)),
            WrongId,
            Some("id"),
        ),
        (
            2,
            "/data/prices/Jane Marked",
            text(),
            Invalid,
            Some("data.prices{}"),
        ),
        (
            3,
            "/data/lines/0/cents",
            text(),
            Invalid,
            Some("data.lines[].cents"),
        ),
        (
            3,
            "/data/taxes/Jane Marked",
            text(),
            Invalid,
            Some("data.taxes{}"),
        ),
        (
            3,
            "/data/lines/0/price",
            number(),
            UndeclaredField,
            Some("data.lines[].price"),
        ),
        (
            4,
            "/data/method/kind",
            text(),
            Invalid,
            Some("data.method.kind"),
        ),
        (
            4,
            "/data/method/last_four",
            number(),
            Invalid,
            Some("data.method.last_four"),
        ),
        (4, "/data/method", text(), Invalid, Some("data.method")),
        (6, "/data/stars", number(), Invalid, Some("data.stars")),
        (
            6,
            "/data/comment/answers/0/text",
            number(),
            Invalid,
            Some("data.comment.text"),
        ),
        (
            6,
            "/data/comment/answers/0/texts",
            number(),
            UndeclaredField,
            Some("data.comment.texts"),
        ),
    ]
}

/// Sets or removes the value at a JSON Pointer.
fn set(event: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(key.to_owned(), value),
        None => parent.remove(key),
    };
}

fn outputs(report: &DriftReport) -> String {
    let json = report.to_json();
    let all = [
        report.to_string(),
        json.to_string(),
        report.to_github(),
        report.to_markdown(),
    ];
    all.join("\n")
}

#[test]
fn each_change_to_an_event_is_found() {
    let unchanged = compare_lines(&marked(), &Drift::new());
    assert_eq!(found(&unchanged), [] as [&DriftFinding; 0]);
    for (index, pointer, value, kind, path) in mutations() {
        let mut events = marked();
        set(&mut events[index], pointer, value);
        let report = compare_lines(&events, &Drift::new());
        let found = found(&report);
        let is_it = |finding: &&&DriftFinding| {
            (finding.kind, finding.path.as_deref(), finding.count) == (kind, path, 1)
        };
        assert!(
            found.iter().any(|finding| is_it(&finding)),
            "{pointer}: {report}"
        );
        assert_eq!(found.len(), 1, "{pointer}: {report}");
        assert_eq!(
            report.breaks(),
            kind != DriftKind::UndeclaredField,
            "{pointer}: {report}"
        );
        let line = format!("line {}", index + 1);
        assert_eq!(found[0].example.as_ref().unwrap().origin, line, "{pointer}");
        let outputs = outputs(&report);
        for mark in [TEXT, "42424242", "42424243"] {
            assert!(!outputs.contains(mark), "{pointer}: {outputs}");
        }
    }
}

#[test]
fn values_are_shown_on_request() {
    for (index, pointer, value, kind, _) in mutations() {
        let shown = matches!(kind, DriftKind::Invalid | DriftKind::WrongId);
        if let Some(value) = value.filter(|_| shown) {
            let mut events = marked();
            set(&mut events[index], pointer, Some(value));
            let report = compare_lines(&events, &Drift::new().show_values(true));
            let outputs = outputs(&report);
            assert!(
                outputs.contains("Marked") || outputs.contains("4242424"),
                "{pointer}: {outputs}"
            );
        }
    }
}

#[test]
fn many_unexpected_fields_are_one_finding() {
    let mut event = types().iter().next().unwrap().clone();
    event.schema = json!({
        "type": "object",
        "properties": {
            "name": { "const": event.name },
            "data": { "type": "object", "properties": {}, "additionalProperties": false },
        },
    });
    let listed = |fields: usize| {
        let data: Value = (0..fields)
            .map(|n| (format!("f{n:02}"), json!(n)))
            .collect();
        let sent = json!({ "name": event.name, "v": event.version, "data": data });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        fs::write(&path, format!("{sent}\n").repeat(2)).unwrap();
        let types: Catalogue = [event.clone()].into_iter().collect();
        let samples = samples(path.to_str().unwrap()).into_iter().map(Ok);
        let report = Drift::new().run(&types, samples).unwrap();
        let invalid = report.findings.iter();
        invalid
            .filter(|finding| finding.kind == DriftKind::Invalid)
            .count()
    };
    assert_eq!(listed(1), 1);
    assert_eq!(listed(20), 20);
    assert_eq!(listed(300), 21);
}

#[test]
fn findings_are_counted_by_sample() {
    let mut events = vec![marked().remove(3); 6];
    let line = events[0]["data"]["lines"][0].clone();
    for event in &mut events[2..5] {
        event["data"]["lines"] =
            json!([line, { "sku": 1, "quantity": 2 }, { "sku": 1, "quantity": 2 }]);
    }
    let report = compare_lines(&events, &Drift::new());
    let texts: Vec<_> = found(&report).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(texts.join("\n"));
}
