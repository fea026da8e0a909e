//! The settings of an outbox.

use std::sync::Arc;

use crate::error::OutboxError;
use crate::schema;
use crate::table::Tables;

/// The largest event that Inngest accepts on any plan, in bytes (measured).
const MAX_EVENT_BYTES: usize = 3 << 20;

/// The settings of an outbox. Cloning them is cheap.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Settings(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    tables: Result<Tables, String>,
    statements: Statements,
    max_event_bytes: usize,
    uses_prepared_statements: bool,
}

/// The statements of `add`, with the names of the tables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statements {
    pub(crate) postgres_event: String,
    pub(crate) postgres_events: String,
    pub(crate) postgres_requests: String,
    pub(crate) sqlite_event: String,
    pub(crate) sqlite_events: String,
    pub(crate) sqlite_requests: String,
}

impl Statements {
    fn of(tables: &Tables) -> Self {
        Self {
            postgres_event: tables.fill(schema::POSTGRES_ADD_EVENT),
            postgres_events: tables.fill(schema::POSTGRES_ADD_EVENTS),
            postgres_requests: tables.fill(schema::POSTGRES_ADD_REQUESTS),
            sqlite_event: tables.fill(schema::SQLITE_ADD_EVENT),
            sqlite_events: tables.fill(schema::SQLITE_ADD_EVENTS),
            sqlite_requests: tables.fill(schema::SQLITE_ADD_REQUESTS),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let tables = Tables::default();
        Self(Arc::new(Inner {
            statements: Statements::of(&tables),
            tables: Ok(tables),
            max_event_bytes: MAX_EVENT_BYTES,
            uses_prepared_statements: true,
        }))
    }
}

impl Settings {
    pub(crate) fn set_table(&mut self, table: &str) {
        let inner = Arc::make_mut(&mut self.0);
        match Tables::parse(table) {
            Ok(tables) => {
                inner.statements = Statements::of(&tables);
                inner.tables = Ok(tables);
            }
            Err(_) => inner.tables = Err(table.to_owned()),
        }
    }

    pub(crate) fn set_max_event_bytes(&mut self, bytes: usize) {
        Arc::make_mut(&mut self.0).max_event_bytes = bytes;
    }

    pub(crate) fn set_prepared_statements(&mut self, enabled: bool) {
        Arc::make_mut(&mut self.0).uses_prepared_statements = enabled;
    }

    /// The size of the largest event. Fails if the name of the table is invalid.
    pub(crate) fn max_event_bytes(&self) -> Result<usize, OutboxError> {
        self.tables()?;
        Ok(self.0.max_event_bytes)
    }

    pub(crate) fn tables(&self) -> Result<&Tables, OutboxError> {
        let tables = self.0.tables.as_ref();
        tables.map_err(|table| OutboxError::TableName {
            table: table.clone(),
        })
    }

    /// The name of the table, for messages.
    pub(crate) fn table_name(&self) -> String {
        let tables = self.0.tables.as_ref();
        tables.map_or_else(Clone::clone, Tables::display)
    }

    pub(crate) fn statements(&self) -> &Statements {
        &self.0.statements
    }

    pub(crate) fn uses_prepared_statements(&self) -> bool {
        self.0.uses_prepared_statements
    }
}
