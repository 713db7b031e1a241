-- What is sent of a store. Written by the sending process alone, beside the store as FILE.sent. It may be lost: then the ends of
-- Kafka's partitions tell again what is there.

-- The row up to which everything of a lane is confirmed by Kafka or set aside.
CREATE TABLE cursor (lane INTEGER PRIMARY KEY, through_row INTEGER NOT NULL);

-- When: rows first..last of a lane.
CREATE TABLE mark (
    lane INTEGER NOT NULL, first_row INTEGER NOT NULL, last_row INTEGER NOT NULL, sent_at_ms INTEGER NOT NULL, PRIMARY KEY (lane, first_row)
) WITHOUT ROWID;

-- The highest offset of each partition at which Kafka confirmed a record of this store: a restart looks for more of them after it.
CREATE TABLE tail (
    topic TEXT NOT NULL, "partition" INTEGER NOT NULL, "offset" INTEGER NOT NULL, PRIMARY KEY (topic, "partition")
) WITHOUT ROWID;

-- Rows that Kafka cannot take, and those that were refused in company and must be tried alone.
CREATE TABLE set_aside (row INTEGER PRIMARY KEY, lane INTEGER NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, at_ms INTEGER NOT NULL);
CREATE TABLE suspect (row INTEGER PRIMARY KEY);

-- Messages of each kind that are confirmed.
CREATE TABLE tally (kind TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;

-- How the link stands, as JSON (messages.state.LinkState); and `store_id`, whose sendings these are.
CREATE TABLE station (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
