//! The scenarios that every library runs, with their assertions.

use std::error::Error as _;

use inngest_core::{Batch, Payload, RawEvent};
use inngest_outbox::{Outbox, OutboxError};
use serde_json::{Value, json};

use crate::database::{Database, Stored};
use crate::events::{OrderPlaced, order, orders, refused, unsent};
use crate::steps::{Add, End, Script, Step, expect_refused};

/// Runs a script in a library's transaction.
pub(crate) trait Run: AsyncFn(Script) -> Result<(), OutboxError> {}

impl<F: AsyncFn(Script) -> Result<(), OutboxError>> Run for F {}

/// Where a scenario runs: the URL of the database, and the first statements of each transaction.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) url: String,
    pub(crate) outbox: Outbox,
    pub(crate) first: &'static [&'static str],
}

impl Setting {
    pub(crate) fn of(database: &Database) -> Self {
        Self {
            url: database.url(),
            outbox: Outbox::new(),
            first: &[],
        }
    }

    /// A transaction in this setting.
    pub(crate) fn script(&self, steps: impl IntoIterator<Item = Step>, end: End) -> Script {
        let first = self.first.iter().map(|sql| Step::Sql(sql));
        Script {
            url: self.url.clone(),
            outbox: self.outbox.clone(),
            steps: first.chain(steps).collect(),
            end,
        }
    }
}

const PLACE_ORDER: Step = Step::Sql("INSERT INTO orders (id) VALUES (1)");

/// Adds one event.
pub(crate) fn add(event: OrderPlaced) -> Step {
    Step::Add(Add::Event(event))
}

/// The number in the data of each event.
fn numbers<'a>(bodies: impl IntoIterator<Item = &'a str>) -> Vec<u64> {
    let number = |body: &str| {
        let event: Value = serde_json::from_str(body).unwrap();
        event["data"]["order"].as_u64().unwrap()
    };
    bodies.into_iter().map(number).collect()
}

/// The number in the data of each stored event.
fn stored_numbers(events: &[Stored]) -> Vec<u64> {
    numbers(events.iter().map(|event| &*event.body))
}

/// Committed events are stored exactly as encoded.
pub(crate) async fn commit(database: &Database, setting: &Setting, run: impl Run) {
    let steps = [PLACE_ORDER, add(order(7))];
    run(setting.script(steps, End::Commit)).await.unwrap();
    let [event] = database.events().await.try_into().unwrap();
    assert_eq!(event.name, "shop/order.placed");
    assert_eq!(event.dedup_id.as_deref(), Some("order-placed-7"));
    let body: Value = serde_json::from_str(&event.body).unwrap();
    assert_eq!(body["data"], serde_json::to_value(order(7)).unwrap());
    assert_eq!(body["id"], "order-placed-7");
    assert_eq!(database.orders().await, 1);
}

/// Events of a transaction that is rolled back are not stored.
pub(crate) async fn rollback(database: &Database, setting: &Setting, run: impl Run) {
    let many = Step::Add(Add::Events(orders(3)));
    let unsent = Step::Add(Add::Batch(unsent().await));
    let steps = [PLACE_ORDER, add(order(7)), many, unsent];
    run(setting.script(steps, End::Rollback)).await.unwrap();
    assert_eq!(database.events().await, []);
    assert_eq!(database.requests().await, []);
    assert_eq!(database.orders().await, 0);
}

/// Events in a savepoint are committed or rolled back with it.
pub(crate) async fn savepoint(database: &Database, setting: &Setting, run: impl Run) {
    let inner = Step::Savepoint(vec![add(order(4))], End::Rollback);
    let steps = [
        add(order(1)),
        Step::Savepoint(vec![PLACE_ORDER, add(order(2))], End::Rollback),
        Step::Savepoint(vec![add(order(3)), inner, add(order(5))], End::Commit),
        add(order(6)),
    ];
    run(setting.script(steps, End::Commit)).await.unwrap();
    assert_eq!(stored_numbers(&database.events().await), [1, 3, 5, 6]);
    assert_eq!(database.orders().await, 0);
}

/// Without a transaction, each call commits its own events.
pub(crate) async fn alone(database: &Database, setting: &Setting, run: impl Run) {
    let steps = [
        add(order(1)),
        Step::Add(Add::Events(orders(2))),
        Step::Add(Add::Events(vec![order(3), refused()])),
    ];
    let refused = run(setting.script(steps, End::Commit)).await;
    expect_refused(&refused);
    assert_eq!(stored_numbers(&database.events().await), [1, 0, 1]);
}

/// Many events are stored in order, and no others.
pub(crate) async fn many(database: &Database, setting: &Setting, run: impl Run) {
    let none = Step::Add(Add::Events(Vec::new()));
    let steps = [none, Step::Add(Add::Events(orders(2500)))];
    run(setting.script(steps, End::Commit)).await.unwrap();
    let events = database.events().await;
    assert_eq!(stored_numbers(&events), (0..2500).collect::<Vec<_>>());
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event.dedup_id, Some(format!("order-placed-{number}")));
        assert!(event.body.contains(r#"\"tea\" \\ \u0000 "#), "{event:?}");
    }
}

/// If the server would refuse one of the events, no event is inserted, and the transaction can continue.
pub(crate) async fn refused_event(database: &Database, setting: &Setting, run: impl Run) {
    let mut events = orders(3);
    events.insert(1, refused());
    let steps = [
        Step::Refused(Add::Event(refused())),
        Step::Refused(Add::Events(events)),
        PLACE_ORDER,
        add(order(9)),
    ];
    run(setting.script(steps, End::Commit)).await.unwrap();
    assert_eq!(stored_numbers(&database.events().await), [9]);
    assert_eq!(database.orders().await, 1);
}

/// `add` and `add_many` accept payloads, raw events and batches.
pub(crate) async fn kinds(database: &Database, setting: &Setting, run: impl Run) {
    let raw = RawEvent::new("shop/cart.cleared", json!({ "order": 2 }));
    let mut batch = Batch::new();
    batch.push(order(5)).unwrap();
    batch.push(raw.clone()).unwrap();
    let payloads = [3, 4].map(|number| Payload::new(order(number)).id(format!("own-{number}")));
    let steps = [
        Add::Payload(Payload::new(order(1)).id("own \0 id")),
        Add::Raw(raw),
        Add::Payloads(payloads.into()),
        Add::Batch(batch),
    ];
    let steps = steps.map(Step::Add);
    run(setting.script(steps, End::Commit)).await.unwrap();
    let events = database.events().await;
    assert_eq!(stored_numbers(&events), [1, 2, 3, 4, 5, 2]);
    let ids: Vec<_> = events
        .iter()
        .map(|event| event.dedup_id.as_deref())
        .collect();
    // Postgres cannot store NUL in this column, which only people read. The event keeps it.
    assert_eq!(
        ids,
        [
            Some("own \u{fffd} id"),
            None,
            Some("own-3"),
            Some("own-4"),
            Some("order-placed-5"),
            None
        ]
    );
    assert!(
        events[0].body.contains(r#""id":"own \u0000 id""#),
        "{events:?}"
    );
    assert_eq!(events[1].name, "shop/cart.cleared");
}

/// The requests of a batch that a client could not deliver keep their seeds, order and uncertainty.
pub(crate) async fn unsent_batch(database: &Database, setting: &Setting, run: impl Run) {
    let batch = unsent().await;
    let steps = [Step::Add(Add::Batch(batch.clone()))];
    run(setting.script(steps, End::Commit)).await.unwrap();
    assert_eq!(stored_numbers(&database.events().await), [100]);
    let found = database.requests().await;
    let expected: Vec<_> = batch.requests().collect();
    assert!(!expected.is_empty());
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.seed, expected.seed);
        assert_eq!(
            usize::try_from(found.events).unwrap(),
            expected.events.len()
        );
        assert_eq!(found.is_uncertain, expected.may_have_been_accepted);
        let found: Vec<Value> = serde_json::from_str(&found.body).unwrap();
        let expected = expected
            .events
            .iter()
            .map(|event| serde_json::from_str::<Value>(event));
        assert_eq!(found, expected.map(Result::unwrap).collect::<Vec<_>>());
    }
}

/// Without the tables, the error says what to do.
pub(crate) async fn no_table(database: &Database, setting: &Setting, run: impl Run) {
    for step in [
        add(order(1)),
        Step::Add(Add::Events(orders(2))),
        Step::Add(Add::Batch(unsent().await)),
    ] {
        let mut setting = setting.clone();
        setting.outbox = setting.outbox.table("missing");
        let error = run(setting.script([PLACE_ORDER, step], End::Commit))
            .await
            .unwrap_err();
        assert!(matches!(error, OutboxError::NoTable { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            "there is no outbox table `missing` in this database; run \
             `inngest-outbox migrate --table missing`, or call `Outbox::migrate`"
        );
    }
    assert_eq!(database.orders().await, 0);
}

/// If the table has other columns, the error of the database is passed on.
pub(crate) async fn other_table(database: &Database, setting: &Setting, run: impl Run) {
    database.run("CREATE TABLE other (name text)").await;
    let mut setting = setting.clone();
    setting.outbox = setting.outbox.table("other");
    let error = run(setting.script([add(order(1))], End::Commit))
        .await
        .unwrap_err();
    assert!(matches!(error, OutboxError::Database(_)), "{error:?}");
    let source = error.source().unwrap().to_string();
    assert!(
        format!("{source} {:?}", error.source()).contains("dedup_id"),
        "{error:?}"
    );
}

/// Checks that a transaction fails with an expected error after the statements in `before`.
pub(crate) async fn fails(
    database: &Database,
    setting: &Setting,
    run: impl Run,
    before: impl IntoIterator<Item = Step>,
    expected: fn(&OutboxError) -> bool,
) {
    let before: Vec<_> = before.into_iter().collect();
    // The note needs more than one page of SQLite.
    let note = "x".repeat(10_000).leak();
    for step in [
        add(OrderPlaced { order: 1, note }),
        Step::Add(Add::Events(orders(2000))),
    ] {
        let steps = before.iter().cloned().chain([step]);
        let error = run(setting.script(steps, End::Commit)).await.unwrap_err();
        assert!(expected(&error), "{error:?}");
    }
    assert_eq!(database.events().await, []);
}
