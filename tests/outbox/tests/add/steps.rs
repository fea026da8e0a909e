//! The steps of a transaction, whichever library runs it.

use inngest_core::{Batch, Payload, RawEvent};
use inngest_outbox::{Connection, Outbox, OutboxError};

use crate::events::OrderPlaced;

/// How a transaction or a savepoint ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Commit,
    Rollback,
}

/// A step of a transaction.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Runs a statement.
    Sql(&'static str),
    /// Runs a statement that the database refuses.
    Fails(&'static str),
    /// Runs steps in a savepoint.
    Savepoint(Vec<Step>, End),
    Add(Add),
    /// Adds events that the outbox refuses before it uses the database.
    Refused(Add),
}

/// The argument of `add` or `add_many`.
#[derive(Clone, Debug)]
pub(crate) enum Add {
    Event(OrderPlaced),
    Payload(Payload<OrderPlaced>),
    Raw(RawEvent),
    Events(Vec<OrderPlaced>),
    Payloads(Vec<Payload<OrderPlaced>>),
    Batch(Batch),
}

impl Add {
    pub(crate) fn run<C: Connection>(&self, outbox: &Outbox, connection: C) -> C::Added {
        match self {
            Self::Event(event) => outbox.add(connection, event),
            Self::Payload(payload) => outbox.add(connection, payload.clone()),
            Self::Raw(event) => outbox.add(connection, event.clone()),
            Self::Events(events) => outbox.add_many(connection, events),
            Self::Payloads(payloads) => outbox.add_many(connection, payloads.clone()),
            Self::Batch(batch) => outbox.add_many(connection, batch.clone()),
        }
    }
}

/// A transaction: its steps and how it ends. After an error of the outbox, it is rolled back.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) url: String,
    pub(crate) outbox: Outbox,
    pub(crate) steps: Vec<Step>,
    pub(crate) end: End,
}

/// Checks that the outbox refused an event.
pub(crate) fn expect_refused(added: &Result<(), OutboxError>) {
    assert!(matches!(added, Err(OutboxError::Event(_))), "{added:?}");
}
