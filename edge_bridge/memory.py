"""What the receiver remembers of the store between batches, so that it asks the disk once and not for every message."""

from __future__ import annotations

from edge_bridge.ports import Changes, Heard, KeptAlert, Store, StreamKey

STREAMS_REMEMBERED = 20_000  # about 10 MB; a fleet of 1,000 drones with ten power-ups each


class Memory:
    """A copy of a store's heard streams and standing alerts. Only what is committed enters it: see committed()."""

    def __init__(self, store: Store) -> None:
        """Raises StoreError if the store cannot be read."""
        self.store = store
        self._heard: dict[StreamKey, Heard] = {}
        self.standing: dict[str, KeptAlert] = {kept.alert.violation.id: kept for kept in store.standing_alerts()}

    def heard(self, key: StreamKey) -> Heard:
        """What is kept of a stream."""
        found = self._heard.get(key)
        if found is None:
            found = self.store.heard(key)
            self._remember(key, found)
        return found

    def alert(self, violation_id: str) -> KeptAlert | None:
        """An alert, standing or retired; None when there never was one."""
        return self.standing.get(violation_id) or self.store.alert(violation_id)

    def committed(self, changes: Changes) -> None:
        """The changes are on the disk: they are true from now on."""
        for key, heard in changes.heard.items():
            self._remember(key, heard)
        self.standing.update(changes.alerts)

    def retired(self, violation_id: str) -> None:
        """The alert no longer stands on the broker."""
        self.standing.pop(violation_id, None)

    def _remember(self, key: StreamKey, heard: Heard) -> None:
        self._heard.pop(key, None)
        self._heard[key] = heard
        while len(self._heard) > STREAMS_REMEMBERED:
            self._heard.pop(next(iter(self._heard)))  # the one that was quiet the longest
