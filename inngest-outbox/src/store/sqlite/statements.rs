//! The statements of the store on SQLite.

use crate::table::Tables;

/// Takes the write lock at once. A transaction that reads first and writes later fails if another one has
/// written in between.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";

/// The current time in milliseconds since 1970.
pub(super) const NOW: &str = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";

/// Whether texts are UTF-8. The name of another encoding could not be read.
pub(super) const ENCODING: &str = "SELECT encoding = 'UTF-8' FROM pragma_encoding";

const PENDING: &str = "SELECT 1 FROM {events} WHERE id > ?1 LIMIT 1";

/// Reads the first events after `?3`, up to `?2` bytes. `octet_length` does not read the bodies of the other events,
/// which can be long, while this transaction keeps other programs from writing.
///
/// Here and in all statements that read requests, the casts are needed because another program can write values of
/// any type, and text that is not UTF-8, into any column.
const READ: &str = "SELECT id, CAST(added_at AS INTEGER), CAST(traceparent AS BLOB), CAST(body AS BLOB), \
         CAST(name AS BLOB), CAST(dedup_id AS BLOB) \
     FROM {events} \
     WHERE id > ?3 AND id <= ( \
         SELECT max(id) FROM ( \
             SELECT id, sum(bytes) OVER (ORDER BY id) - bytes AS before \
             FROM (SELECT id, octet_length(body) AS bytes FROM {events} WHERE id > ?3 ORDER BY id LIMIT ?1)) \
         WHERE before < ?2) \
     ORDER BY id";

const DELETE: &str = "DELETE FROM {events} WHERE id > ?1 AND id <= ?2";

const WRITE_REQUEST: &str = "INSERT INTO {requests} (seed, events, traceparent, body, added_at, sent_at, relay, lease_until) \
     VALUES (?1, ?2, ?3, ?4, ?5, {now}, ?6, {now} + ?7) RETURNING id";

const LEASE_ENDED: &str = "SELECT id, CAST(seed AS BLOB) AS seed, CAST(events AS INTEGER) AS events, \
         CAST(traceparent AS BLOB) AS traceparent, CAST(body AS BLOB) AS body, \
         CAST(added_at AS INTEGER) AS added_at, CAST({now} - sent_at AS INTEGER) AS sent_for \
     FROM {requests} \
     WHERE CAST(lease_until AS INTEGER) <= {now} OR CAST(lease_until AS INTEGER) > {now} + ?2 \
     ORDER BY lease_until LIMIT ?1";

/// The number of events that other relays than `?1` have in requests, and how long their leases last. It is 0 if
/// any other event is left.
const WAITS_FOR: &str = "SELECT CASE \
             WHEN count(*) = count(*) FILTER (WHERE relay <> ?1 AND CAST(lease_until AS INTEGER) > {now}) \
                 AND NOT EXISTS (SELECT 1 FROM {events}) \
             THEN coalesce(sum(CAST(events AS INTEGER)), 0) ELSE 0 END, \
         coalesce(max(CAST(lease_until AS INTEGER)) - {now}, 0) \
     FROM {requests}";

/// Leaves `sent_at` as it is, because the relay does not send the request yet.
const TAKE_OVER: &str = "UPDATE {requests} SET relay = ?1, lease_until = {now} + ?2 \
     WHERE id IN (SELECT value FROM json_each(?3))";

const PRUNE: &str = "DELETE FROM {delivered} WHERE id IN ( \
         SELECT id FROM {delivered} WHERE delivered_at < {now} - ?1 ORDER BY delivered_at LIMIT ?2)";

const RENEW: &str = "UPDATE {requests} SET lease_until = {now} + ?2 \
     WHERE relay = ?1 AND id IN (SELECT value FROM json_each(?3))";

const HOLD: &str = "UPDATE {requests} SET sent_at = CASE WHEN ?4 THEN sent_at END, error = coalesce(?3, error) \
     WHERE relay = ?1 AND id = ?2";

const RESUME: &str = "UPDATE {requests} SET lease_until = {now} + ?2, sent_at = coalesce(sent_at, {now}) \
     WHERE relay = ?1 AND id = ?3 RETURNING CAST({now} - sent_at AS INTEGER)";

const RELEASE: &str = "UPDATE {requests} SET relay = NULL, lease_until = 0 WHERE relay = ?1";

/// `?2` is this relay if only the owner of the lease may settle the request.
const SETTLE: &str = "DELETE FROM {requests} WHERE id = ?1 AND (?2 IS NULL OR relay = ?2) \
     RETURNING CAST(added_at AS INTEGER), CAST(sent_at AS INTEGER), CAST({now} - sent_at AS INTEGER)";

const WRITE_REMAINING: &str = "INSERT INTO {requests} (seed, events, traceparent, body, added_at, sent_at, relay, lease_until) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, {now} + ?8) RETURNING id";

const SET_FAILED: &str = "INSERT INTO {failed} (added_at, name, dedup_id, event_id, seed, traceparent, body, error) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

const SET_UNCERTAIN: &str = "INSERT INTO {uncertain} (added_at, name, dedup_id, event_id, seed, traceparent, body, error, sent_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

const KEEP: &str = "INSERT INTO {delivered} (added_at, name, dedup_id, event_id, body) \
     VALUES (?1, ?2, ?3, ?4, ?5)";

/// The statements with the names of the tables.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) pending: String,
    pub(super) read: String,
    pub(super) delete: String,
    pub(super) write_request: String,
    pub(super) ended: String,
    pub(super) take_over: String,
    pub(super) renew: String,
    pub(super) hold: String,
    pub(super) resume: String,
    pub(super) release: String,
    pub(super) waits_for: String,
    pub(super) settle: String,
    pub(super) write_remaining: String,
    pub(super) set_failed: String,
    pub(super) set_uncertain: String,
    pub(super) keep: String,
    pub(super) prune: String,
    pub(super) version: String,
}

impl Statements {
    pub(super) fn of(tables: &Tables) -> Self {
        let fill = |sql: &str| tables.fill(&sql.replace("{now}", NOW));
        Self {
            pending: fill(PENDING),
            read: fill(READ),
            delete: fill(DELETE),
            write_request: fill(WRITE_REQUEST),
            ended: fill(LEASE_ENDED),
            take_over: fill(TAKE_OVER),
            renew: fill(RENEW),
            hold: fill(HOLD),
            resume: fill(RESUME),
            release: fill(RELEASE),
            waits_for: fill(WAITS_FOR),
            settle: fill(SETTLE),
            write_remaining: fill(WRITE_REMAINING),
            set_failed: fill(SET_FAILED),
            set_uncertain: fill(SET_UNCERTAIN),
            keep: fill(KEEP),
            prune: fill(PRUNE),
            version: fill("SELECT version FROM {version}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::{SqlitePool, SqliteRow};
    use sqlx::{AssertSqlSafe, Row as _};

    use super::*;
    use crate::outbox::Outbox;

    /// While SQLite reads the events to delete, no other program can write.
    #[tokio::test]
    async fn pruning_reads_only_the_events_that_it_deletes() {
        let file = outbox_tests::sqlite();
        let pool = SqlitePool::connect(&file.url()).await.unwrap();
        let outbox = Outbox::new();
        outbox.migrate(&pool).await.unwrap();
        let statements = Statements::of(outbox.0.tables().unwrap());
        let plan = format!("EXPLAIN QUERY PLAN {}", statements.prune);
        let plan = sqlx::query(AssertSqlSafe(plan)).bind(1_i64).bind(1_i64);
        let plan = plan.fetch_all(&pool).await.unwrap();
        let steps: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
        assert!(
            !steps.iter().any(|step| step.starts_with("SCAN")),
            "{steps:?}"
        );
    }

    /// The relay reads while no other program can write, so a long backlog must not slow each claim down.
    #[tokio::test]
    async fn a_claim_reads_only_the_bodies_that_it_takes() {
        let file = outbox_tests::sqlite();
        let pool = SqlitePool::connect(&file.url()).await.unwrap();
        let outbox = Outbox::new();
        outbox.migrate(&pool).await.unwrap();
        let statements = Statements::of(outbox.0.tables().unwrap());
        let table = "SELECT rootpage, cid FROM sqlite_schema, pragma_table_info(sqlite_schema.name) AS c \
             WHERE sqlite_schema.name = 'inngest_outbox' AND c.name = 'body'";
        let table = sqlx::query(table).fetch_one(&pool).await.unwrap();
        let (root, body): (i64, i64) = (table.get(0), table.get(1));
        let program = format!("EXPLAIN {}", statements.read);
        let program = sqlx::query(AssertSqlSafe(program)).bind(1_i64);
        let program = program.bind(1_i64).bind(1_i64).fetch_all(&pool).await;
        // SQLite's instructions: a name and the parameters p1, p2 and so on.
        let program = program.unwrap();
        let steps = |name: &'static str, p2: i64| {
            let steps = program.iter();
            steps.filter(move |step| {
                step.get::<&str, _>("opcode") == name && step.get::<i64, _>("p2") == p2
            })
        };
        let cursor = |step: &SqliteRow| step.get::<i64, _>("p1");
        let cursors: Vec<i64> = steps("OpenRead", root).map(cursor).collect();
        let reads = steps("Column", body).filter(|step| cursors.contains(&cursor(step)));
        // Without the flag in p5 for its length, a column is read as a whole.
        let (whole, lengths): (Vec<_>, Vec<_>) =
            reads.partition(|step| step.get::<i64, _>("p5") == 0);
        assert_eq!((cursors.len(), whole.len(), lengths.len()), (2, 1, 1));
    }
}
