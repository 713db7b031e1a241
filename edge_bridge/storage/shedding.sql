-- What the bounding of the disk needs to know.

-- Whose number a refused message used: when rows are purged, a number that is no longer found is told from one that was never good.
ALTER TABLE quarantine ADD COLUMN drone_id TEXT;
ALTER TABLE quarantine ADD COLUMN boot INTEGER;
ALTER TABLE quarantine ADD COLUMN seq INTEGER;
CREATE INDEX quarantine_by_number ON quarantine (drone_id, boot, seq) WHERE drone_id IS NOT NULL;

CREATE INDEX evidence_part_by_row ON evidence_part (row);
CREATE INDEX alert_retired ON alert (raised_at_ms) WHERE standing = 0;

-- Telemetry that was given up for want of room: all that is missing of a drone's power-up between these numbers.
CREATE TABLE thinned (
    drone_id TEXT NOT NULL, boot INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, rows INTEGER NOT NULL,
    PRIMARY KEY (drone_id, boot)
) WITHOUT ROWID;
