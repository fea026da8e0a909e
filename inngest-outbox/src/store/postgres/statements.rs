//! The statements of the store on Postgres.

use crate::table::Tables;

/// Without the planner settings, Postgres would scan the whole table when its statistics say that it is
/// small, although it is full of dead rows.
///
/// Without the timeouts, Postgres would keep the locks for hours if the computer of a relay stopped in a
/// transaction. The idle timeout applies between statements, the keepalives within a statement.
///
/// With `synchronous_commit = off`, a crash of Postgres could lose a request that was sent, and its events
/// would be sent again with other event ids.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL enable_seqscan = off; \
     SET LOCAL enable_bitmapscan = off; SET LOCAL idle_in_transaction_session_timeout = '10s'; \
     SET LOCAL statement_timeout = '20s'; SET LOCAL tcp_keepalives_idle = 5; \
     SET LOCAL tcp_keepalives_interval = 2; SET LOCAL tcp_keepalives_count = 3; \
     SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'";

/// Takes pending events. `late` reads transactions that were open when an earlier claim passed them.
/// `next` reads from where the last claim ended. `late_fit` and `next_fit` are their first rows, up to `$5`
/// bytes each. The last row of the result has no time and no texts but the body; it says where the claim ended,
/// whether it left events, and which transactions were open.
///
/// Here and in all statements that read texts, they are read as bytes: if the database has the encoding
/// `SQL_ASCII`, they can be anything, and Postgres fails a statement that returns invalid text.
const CLAIM: &str = "WITH late AS MATERIALIZED ( \
         SELECT ctid AS place, tx, id, octet_length(body) AS bytes FROM {events} \
         WHERE tx = ANY ($1::text[]::xid8[]) ORDER BY tx, id LIMIT $4 FOR UPDATE SKIP LOCKED \
     ), next AS MATERIALIZED ( \
         SELECT ctid AS place, tx, id, octet_length(body) AS bytes FROM {events} \
         WHERE (tx, id) > ($2::text::xid8, $3) ORDER BY tx, id LIMIT $4 FOR UPDATE SKIP LOCKED \
     ), late_fit AS MATERIALIZED ( \
         SELECT place FROM (SELECT place, sum(bytes) OVER (ORDER BY tx, id) - bytes AS before FROM late) AS sized \
         WHERE before < $5 \
     ), next_fit AS MATERIALIZED ( \
         SELECT place, tx, id FROM ( \
             SELECT place, tx, id, sum(bytes) OVER (ORDER BY tx, id) - bytes AS before FROM next) AS sized \
         WHERE before < $5 \
     ), claimed AS ( \
         DELETE FROM {events} \
         WHERE ctid = ANY (ARRAY(SELECT place FROM late_fit UNION ALL SELECT place FROM next_fit)) \
         RETURNING tx, id, added_at, name, dedup_id, traceparent, body \
     ), last AS ( \
         SELECT tx, id FROM next_fit ORDER BY tx DESC, id DESC LIMIT 1 \
     ) \
     SELECT tx::text, id, \
         (extract(epoch FROM {added_at}) * 1000)::bigint AS added_at, \
         convert_to(traceparent, 'SQL_ASCII'), convert_to(body, 'SQL_ASCII'), \
         convert_to(name, 'SQL_ASCII'), convert_to(dedup_id, 'SQL_ASCII') \
     FROM claimed \
     UNION ALL \
     SELECT (SELECT tx::text FROM last), (SELECT id FROM last), NULL, NULL, convert_to(concat_ws(' ', \
         (SELECT count(*) >= $4 OR count(*) > (SELECT count(*) FROM late_fit) FROM late), \
         (SELECT count(*) >= $4 OR count(*) > (SELECT count(*) FROM next_fit) FROM next), \
         pg_current_snapshot()), 'SQL_ASCII'), NULL, NULL";

const ADDED_AT: &str =
    "CASE WHEN added_at BETWEEN '0001-01-01' AND '9999-12-31' THEN added_at ELSE now() END";

/// Since when the server may have the events is unknown, so they are too old to be sent again.
const SENT_AT: &str = "CASE WHEN sent_at NOT BETWEEN '0001-01-01' AND '9999-12-31' \
     THEN to_timestamp(0) ELSE sent_at END";

const WRITE_REQUESTS: &str = "INSERT INTO {requests} (seed, events, traceparent, body, added_at, sent_at, relay, lease_until) \
     SELECT seed, events, traceparent, body, to_timestamp(added_at / 1000.0), now(), $6, \
         now() + $7 * interval '1 ms' \
     FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::bigint[]) \
         AS new (seed, events, traceparent, body, added_at) \
     RETURNING id, seed";

/// Another program can write times that are infinite, or that become too large when they are rounded.
/// `{added_at}` and `{sent_at}` replace them.
const LEASE_ENDED: &str = "SELECT id, convert_to(seed, 'SQL_ASCII') AS seed, events, \
         convert_to(traceparent, 'SQL_ASCII') AS traceparent, convert_to(body, 'SQL_ASCII') AS body, \
         (extract(epoch FROM {added_at}) * 1000)::bigint AS added_at, \
         (extract(epoch FROM now() - {sent_at}) * 1000)::bigint AS sent_for \
     FROM {requests} WHERE lease_until <= now() OR lease_until > now() + $2 * interval '1 ms' \
     ORDER BY lease_until LIMIT $1 FOR UPDATE SKIP LOCKED";

/// The number of events that other relays than `$1` have in requests, and how long their leases last. It is 0 if
/// any other event is left.
const WAITS_FOR: &str = "SELECT CASE \
             WHEN count(*) = count(*) FILTER (WHERE relay <> $1 AND lease_until > now()) \
                 AND NOT EXISTS (SELECT FROM {events}) \
             THEN coalesce(sum(events), 0) ELSE 0 END::bigint, \
         coalesce((extract(epoch FROM max(lease_until) FILTER (WHERE isfinite(lease_until)) - now()) * 1000)::bigint, 0) \
     FROM {requests}";

/// Leaves `sent_at` as it is, because the relay does not send the request yet.
const TAKE_OVER: &str = "UPDATE {requests} SET relay = $1, lease_until = now() + $2 * interval '1 ms' \
     WHERE id = ANY ($3)";

const RENEW: &str = "UPDATE {requests} SET lease_until = now() + $2 * interval '1 ms' \
     WHERE relay = $1 AND id = ANY ($3)";

const HOLD: &str = "UPDATE {requests} SET sent_at = CASE WHEN $4 THEN sent_at END, error = coalesce($3, error) \
     WHERE relay = $1 AND id = $2";

const RESUME: &str = "UPDATE {requests} SET lease_until = now() + $2 * interval '1 ms', \
         sent_at = coalesce(sent_at, now()) \
     WHERE relay = $1 AND id = $3 \
     RETURNING (extract(epoch FROM now() - {sent_at}) * 1000)::bigint AS sent_for";

const RELEASE: &str = "UPDATE {requests} SET relay = NULL, lease_until = now() WHERE relay = $1";

const SETTLE_PLAIN: &str = "DELETE FROM {requests} WHERE id = ANY ($1)";

/// `$2` is this relay if only the owner of the lease may settle the request.
const SETTLE: &str = "DELETE FROM {requests} WHERE id = $1 AND ($2::text IS NULL OR relay = $2) \
     RETURNING (extract(epoch FROM {added_at}) * 1000)::bigint AS added_at, \
         (extract(epoch FROM {sent_at}) * 1000)::bigint AS sent_at, \
         (extract(epoch FROM now() - {sent_at}) * 1000)::bigint AS sent_for";

const WRITE_REMAINING: &str = "INSERT INTO {requests} (seed, events, traceparent, body, added_at, sent_at, relay, lease_until) \
     VALUES ($1, $2, $3, $4, to_timestamp($5 / 1000.0), to_timestamp($6 / 1000.0), $7, \
         now() + $8 * interval '1 ms') \
     RETURNING id";

const SET_ASIDE: &str = "(added_at, name, dedup_id, event_id, seed, traceparent, body, error{sent_column}) \
     SELECT to_timestamp(added_at / 1000.0), name, dedup_id, event_id, seed, traceparent, \
         convert_from(body, 'SQL_ASCII'), error{sent} \
     FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], \
         $8::text[]) AS new (added_at, name, dedup_id, event_id, seed, traceparent, body, error)";

const KEEP: &str = "INSERT INTO {delivered} (added_at, name, dedup_id, event_id, body) \
     SELECT to_timestamp($1 / 1000.0), name, dedup_id, event_id, body \
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS new (name, dedup_id, event_id, body)";

const PRUNE: &str = "DELETE FROM {delivered} WHERE id = ANY (ARRAY( \
         SELECT id FROM {delivered} WHERE delivered_at < now() - $1 * interval '1 ms' \
         ORDER BY delivered_at LIMIT $2 FOR UPDATE SKIP LOCKED))";

/// The statements with the names of the tables.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) claim: String,
    pub(super) write_requests: String,
    pub(super) ended: String,
    pub(super) take_over: String,
    pub(super) renew: String,
    pub(super) hold: String,
    pub(super) resume: String,
    pub(super) release: String,
    pub(super) waits_for: String,
    pub(super) settle_plain: String,
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
        let set_aside = |table: &str, sent_column: &str, sent: &str| {
            let columns = SET_ASIDE.replace("{sent_column}", sent_column);
            tables.fill(&format!(
                "INSERT INTO {table} {}",
                columns.replace("{sent}", sent)
            ))
        };
        let fill = |sql: &str| {
            let sql = sql.replace("{added_at}", ADDED_AT);
            tables.fill(&sql.replace("{sent_at}", SENT_AT))
        };
        Self {
            claim: fill(CLAIM),
            write_requests: fill(WRITE_REQUESTS),
            ended: fill(LEASE_ENDED),
            take_over: fill(TAKE_OVER),
            renew: fill(RENEW),
            hold: fill(HOLD),
            resume: fill(RESUME),
            release: fill(RELEASE),
            waits_for: fill(WAITS_FOR),
            settle_plain: fill(SETTLE_PLAIN),
            settle: fill(SETTLE),
            write_remaining: fill(WRITE_REMAINING),
            set_failed: set_aside("{failed}", "", ""),
            set_uncertain: set_aside("{uncertain}", ", sent_at", ", to_timestamp($9 / 1000.0)"),
            keep: fill(KEEP),
            prune: fill(PRUNE),
            version: fill("SELECT version, getdatabaseencoding()::text FROM {version}"),
        }
    }
}
