-- Why the last attempt to send a request failed. A relay that dies leaves it for the next one.
ALTER TABLE {requests} ADD COLUMN error text;

UPDATE {version} SET version = 2;
