//! The tables of the outbox, and the statements that add events.

/// The version of the tables that this library needs.
#[cfg(feature = "_relay")]
pub(crate) const VERSION: i32 = 2;

/// The scripts that create the tables on Postgres, one for each version.
#[cfg(feature = "postgres")]
pub(crate) const POSTGRES: [&str; 2] = [
    include_str!("postgres_1.sql"),
    include_str!("postgres_2.sql"),
];

/// The scripts that create the tables on SQLite, one for each version.
#[cfg(feature = "sqlite")]
pub(crate) const SQLITE: [&str; 2] = [include_str!("sqlite_1.sql"), include_str!("sqlite_2.sql")];

pub(crate) const POSTGRES_ADD_EVENT: &str =
    "INSERT INTO {events} (name, dedup_id, traceparent, body) VALUES ($1, $2, $3, $4)";

/// In the arrays, an empty text stands for NULL, because some libraries cannot put NULL into an array.
pub(crate) const POSTGRES_ADD_EVENTS: &str = "INSERT INTO {events} (name, dedup_id, traceparent, body) \
     SELECT name, nullif(dedup_id, ''), nullif(traceparent, ''), body \
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS new (name, dedup_id, traceparent, body)";

/// The seed of a request contains the time at which a client built it, so the server cannot have had its
/// events for longer.
pub(crate) const POSTGRES_ADD_REQUESTS: &str = "INSERT INTO {requests} (seed, events, traceparent, body, sent_at) \
     SELECT seed, events, nullif(traceparent, ''), body, \
         CASE WHEN is_uncertain THEN to_timestamp(split_part(seed, ',', 1)::bigint / 1000.0) END \
     FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::bool[]) \
         AS new (seed, events, traceparent, body, is_uncertain)";

pub(crate) const SQLITE_ADD_EVENT: &str =
    "INSERT INTO {events} (name, dedup_id, traceparent, body) VALUES (?1, ?2, ?3, ?4)";

/// The parameter is a JSON array that holds `[name, dedup_id, traceparent, body]` for each event.
pub(crate) const SQLITE_ADD_EVENTS: &str = "INSERT INTO {events} (name, dedup_id, traceparent, body) \
     SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), \
         json_extract(value, '$[3]') \
     FROM json_each(?1)";

/// The parameter is a JSON array that holds `[seed, events, traceparent, body, is_uncertain]` for each
/// request.
pub(crate) const SQLITE_ADD_REQUESTS: &str = "INSERT INTO {requests} (seed, events, traceparent, body, sent_at) \
     SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), \
         json_extract(value, '$[3]'), \
         CASE WHEN json_extract(value, '$[4]') THEN CAST(json_extract(value, '$[0]') AS INTEGER) END \
     FROM json_each(?1)";
