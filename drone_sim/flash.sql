-- A drone's flash. WAL; every commit is on disk before anything is sent (synchronous=FULL).

CREATE TABLE IF NOT EXISTS drone (
    drone_id TEXT PRIMARY KEY,
    boot INTEGER NOT NULL,          -- power-ups so far
    last_moment BLOB                -- drone_sim.drone.Saved as JSON: where it was and how full its battery
) STRICT, WITHOUT ROWID;

-- Every message ever made, also those that are acknowledged: the ledger that `verify` holds against the other hops.
CREATE TABLE IF NOT EXISTS made (
    drone_id TEXT NOT NULL,
    boot INTEGER NOT NULL,
    stream TEXT NOT NULL,           -- telemetry or report
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    captured_ms INTEGER NOT NULL,   -- Unix milliseconds
    published_ms INTEGER,           -- first hand-over to the broker
    acknowledged INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (drone_id, boot, stream, seq)
) STRICT, WITHOUT ROWID;

-- The bytes of reports that are not acknowledged yet.
CREATE TABLE IF NOT EXISTS kept (
    drone_id TEXT NOT NULL,
    boot INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    alert TEXT,                     -- set for a part of the picture of an alert: the violation's id
    payload BLOB NOT NULL,
    UNIQUE (drone_id, boot, seq)
) STRICT;

-- Pictures of the last alerts, kept after their acknowledgement: an officer may ask for one again.
CREATE TABLE IF NOT EXISTS picture (
    id INTEGER PRIMARY KEY,
    violation_id TEXT NOT NULL,
    payload BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS picture_of_violation ON picture (violation_id);
