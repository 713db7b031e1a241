"""What can go wrong at the bridge's ports.

StoreError ─┬─ StoreFull      no room              SinkError ── SinkLost    the sink must be thrown away
            ├─ StoreBusy      another has the file
            └─ StoreDamaged   a page is not whole
"""

from __future__ import annotations


class StoreError(Exception):
    """The store could not do what was asked: nothing of the batch may be acknowledged. The text is for the log and the status."""


class StoreFull(StoreError):
    """There is no room on the disk."""


class StoreBusy(StoreError):
    """Another program has the file for a moment: a reader beside that opens or closes it."""


class StoreDamaged(StoreError):
    """The file is not what was written: a page is not whole, or it was never a store."""


class SinkError(Exception):
    """Headquarters cannot be used now. The text is for the log and the status; every row is still pending."""


class SinkLost(SinkError):
    """The sink must be thrown away: which of the rows under way arrived is only known after reconcile()."""
