-- Why the last attempt to send a request failed. A relay that dies leaves it for the next one.
ALTER TABLE {requests} ADD COLUMN error TEXT;

-- Without it, a relay that keeps delivered events would read all of them to find the old ones.
CREATE INDEX {schema}"{name}_delivered_at" ON "{name}_delivered" (delivered_at);

UPDATE {version} SET version = 2;
