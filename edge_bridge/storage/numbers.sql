-- The number first: the drones of a fleet count alike, so that a batch of many drones ends up on a few pages of the index. With the drone
-- first each of them has a page of its own, which a batch writes again for the sake of one or two rows.
CREATE INDEX message_alert_by_seq ON message_alert (seq, boot, drone_id);
CREATE INDEX message_violation_by_seq ON message_violation (seq, boot, drone_id);
CREATE INDEX message_evidence_by_seq ON message_evidence (seq, boot, drone_id);
DROP INDEX message_alert_by_number;
DROP INDEX message_violation_by_number;
DROP INDEX message_evidence_by_number;
