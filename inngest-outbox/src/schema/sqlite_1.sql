-- Times are milliseconds since 1970.

-- Events that are not yet in a request. Any program may insert `name` and `body`, an event as JSON.
CREATE TABLE {events} (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    added_at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),
    name TEXT NOT NULL,
    dedup_id TEXT,
    traceparent TEXT,
    body TEXT NOT NULL
);

-- Requests: a relay writes one before it sends it, and deletes it when the outcome of each event is known.
-- If the lease has ended, another relay takes the request over and sends the same bytes with the same seed,
-- so no function runs twice.
CREATE TABLE {requests} (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The header x-inngest-event-id-seed. The event ids follow from it and the order of the events.
    seed TEXT NOT NULL,
    events INTEGER NOT NULL,
    traceparent TEXT,
    -- A JSON array with one event on each line.
    body TEXT NOT NULL,
    -- When the oldest event of the request was added.
    added_at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),
    -- Since when the server may have the events; NULL if it has none.
    sent_at INTEGER,
    -- The relay that sends the request, until its lease ends.
    relay TEXT,
    lease_until INTEGER NOT NULL DEFAULT 0
);

-- Events that the server refused, and rows that are not valid events.
CREATE TABLE {failed} (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    failed_at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),
    added_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    dedup_id TEXT,
    event_id TEXT,
    -- The seed that keeps the event id when the event is sent alone.
    seed TEXT,
    traceparent TEXT,
    body TEXT NOT NULL,
    error TEXT NOT NULL
);

-- Events that the server may have, but that are too old to be sent again without a person's decision.
CREATE TABLE {uncertain} (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    failed_at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),
    sent_at INTEGER NOT NULL,
    added_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    dedup_id TEXT,
    event_id TEXT,
    seed TEXT,
    traceparent TEXT,
    body TEXT NOT NULL,
    error TEXT NOT NULL
);

-- Delivered events, if the relay keeps them.
CREATE TABLE {delivered} (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivered_at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),
    added_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    dedup_id TEXT,
    event_id TEXT,
    body TEXT NOT NULL
);

CREATE TABLE {version} (version INTEGER NOT NULL);
INSERT INTO {version} (version) VALUES (1);
