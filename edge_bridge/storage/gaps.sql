-- Messages that a damaged store lost after they were acknowledged and before headquarters had them: each by its sender's number. `row`: where
-- it was. `filled_at_ms`: when its drone sent it again; empty while nobody has.
CREATE TABLE gap (
    drone_id TEXT NOT NULL, boot INTEGER NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, "row" INTEGER, found_at_ms INTEGER NOT NULL,
    filled_at_ms INTEGER, PRIMARY KEY (drone_id, boot, stream, seq)
) WITHOUT ROWID;
