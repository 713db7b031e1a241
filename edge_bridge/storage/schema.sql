-- The station's store. Written by the receiving process alone; the sending process reads it and keeps its own file (sent.sql).
-- Times are milliseconds since 1970 UTC. A message is kept byte for byte; its columns repeat what is searched or shown.

-- One table for each lane, so that each is read from front to back by its row and freed from the front, without any index.
-- `row` numbers all messages of the store, whatever the lane, in the order in which they were stored.
CREATE TABLE message_alert (
    row INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    drone_id TEXT NOT NULL,
    boot INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    captured_at_ms INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    stored_at_ms INTEGER NOT NULL,
    key TEXT,  -- of the Kafka record; empty: the drone's id
    payload BLOB NOT NULL
);
CREATE TABLE message_violation (
    row INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, drone_id TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL,
    captured_at_ms INTEGER NOT NULL, received_at_ms INTEGER NOT NULL, stored_at_ms INTEGER NOT NULL, key TEXT, payload BLOB NOT NULL
);
CREATE TABLE message_evidence (
    row INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, drone_id TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL,
    captured_at_ms INTEGER NOT NULL, received_at_ms INTEGER NOT NULL, stored_at_ms INTEGER NOT NULL, key TEXT, payload BLOB NOT NULL
);
CREATE TABLE message_telemetry (
    row INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, drone_id TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL,
    captured_at_ms INTEGER NOT NULL, received_at_ms INTEGER NOT NULL, stored_at_ms INTEGER NOT NULL, key TEXT, payload BLOB NOT NULL
);
CREATE TABLE message_history (
    row INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, drone_id TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL,
    captured_at_ms INTEGER NOT NULL, received_at_ms INTEGER NOT NULL, stored_at_ms INTEGER NOT NULL, key TEXT, payload BLOB NOT NULL
);
CREATE VIEW message AS
    SELECT 0 AS lane, * FROM message_alert UNION ALL SELECT 1, * FROM message_violation UNION ALL SELECT 2, * FROM message_evidence
    UNION ALL SELECT 3, * FROM message_telemetry UNION ALL SELECT 4, * FROM message_history;

-- A report that comes again is told from another one that uses its number. Telemetry, by far the most, has no such index: it costs
-- two thirds of the write rate.
CREATE INDEX message_alert_by_number ON message_alert (drone_id, boot, seq);
CREATE INDEX message_violation_by_number ON message_violation (drone_id, boot, seq);
CREATE INDEX message_evidence_by_number ON message_evidence (drone_id, boot, seq);

-- Which numbers of a sender's stream are kept: 1..highest without the holes, a JSON list of [first, last].
CREATE TABLE heard (
    drone_id TEXT NOT NULL, boot INTEGER NOT NULL, stream TEXT NOT NULL, highest INTEGER NOT NULL, holes TEXT NOT NULL,
    PRIMARY KEY (drone_id, boot, stream)
) WITHOUT ROWID;

-- An alert's present state as it is said on MQTT. `standing`: retained on the broker, until it is closed and headquarters has the decision.
CREATE TABLE alert (
    violation_id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    raised_at_ms INTEGER NOT NULL,
    body BLOB NOT NULL,
    decision_row INTEGER,
    standing INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE INDEX alert_standing ON alert (violation_id) WHERE standing = 1;

CREATE TABLE evidence_part (
    evidence_id TEXT NOT NULL, part INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (evidence_id, part)
) WITHOUT ROWID;

-- What could not be taken, once for each topic and content however often it came. `payload`: the first 64 kB.
CREATE TABLE quarantine (
    quarantine_row INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload BLOB NOT NULL,
    length INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    times INTEGER NOT NULL DEFAULT 1,
    last_received_at_ms INTEGER NOT NULL
);

-- How far a historic file has been read. Moves with the rows of its records.
CREATE TABLE place (
    fingerprint TEXT PRIMARY KEY, file_name TEXT NOT NULL, byte_offset INTEGER NOT NULL, records INTEGER NOT NULL,
    quarantined INTEGER NOT NULL, finished INTEGER NOT NULL
) WITHOUT ROWID;

-- Counters: `rows` (the last row given out), `stored:KIND`, `quarantined:REASON`, `duplicates`.
CREATE TABLE tally (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;

-- `store_id`: a new store is told from an old one that was lost; `boot`: starts of the bridge; `session`: once connected to a broker.
CREATE TABLE station (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
