"""What each hop says it holds, as plain values, and what follows from holding them side by side. No I/O.

The way of a message: made (drone, desk or file) -> stored or quarantined (bridge) -> in Kafka -> archived. At every hop a message is
known by its id; (drone_id, boot, seq) names it for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import msgspec

Hop = Literal["store", "kafka", "archive"]


class Known(NamedTuple):
    """A message by name. `drone_id`, `boot` and `seq` as in the message."""

    id: str
    drone_id: str
    boot: int
    seq: int


class Gap(NamedTuple):
    """What a station says that damage to its store lost: a number of a sender's `report` or `correction` stream."""

    drone_id: str
    boot: int
    stream: str
    seq: int


Keeper = Literal["drone", "desk", "station", "kafka"]


class Missing(msgspec.Struct, frozen=True):
    """A message that has not reached `hop`. `kept_by` still has it and will hand it on; None: nobody has it, it is lost. `damaged`: the
    station itself names it as lost through damage.
    """

    kind: str
    drone_id: str
    boot: int
    seq: int
    id: str
    hop: Hop
    kept_by: Keeper | None
    damaged: bool = False


class KindCensus(msgspec.Struct):
    """What was found of one kind of message, hop by hop. Kafka and the archive are counted with repetitions."""

    made: dict[str, Known]
    unacknowledged: set[str]  # made, and kept by the sender until the bridge has said that it is stored
    stored: dict[str, Known]
    waiting: set[str]  # stored, and kept by the station until Kafka has confirmed it
    quarantined: set[str]  # ids, where the bytes had one
    set_aside: set[str]  # stored, but Kafka cannot take them: kept at the station with the reason
    kafka: dict[str, int]  # id -> how often it is in the topic
    unread: set[str]  # in Kafka behind the place up to which the archive has read
    archive: dict[str, int]  # id -> how many rows have it
    thinned: dict[tuple[str, int], tuple[int, int]] = {}  # telemetry given up: (drone_id, boot) -> first and last seq

    def was_thinned(self, known: Known) -> bool:
        """Whether the station says that it gave this one up: one of those missing between two numbers."""
        first, last = self.thinned.get((known.drone_id, known.boot), (1, 0))
        return first <= known.seq <= last

    def keep_only(self, ids: set[str]) -> None:
        """Forgets every message that is not among `ids`, at all hops."""
        for hop in (self.made, self.stored, self.kafka, self.archive):
            for gone in hop.keys() - ids:
                del hop[gone]
        for some in (self.unacknowledged, self.waiting, self.quarantined, self.set_aside, self.unread):
            some &= ids


class KindProof(msgspec.Struct, frozen=True):
    """The figures of one kind. `stored`: also what the station has purged since Kafka has it. `thinned`: telemetry that the station gave
    up for want of room; `lost_in_air`: telemetry that never reached it, which nobody asks for again.
    """

    made: int
    lost_in_air: int
    thinned: int
    stored: int
    quarantined: int
    in_kafka: int
    in_kafka_distinct: int
    archived: int
    archived_distinct: int
    on_the_way: int
    lost: int
    doubled: int


class Proof(msgspec.Struct, frozen=True):
    """The verdict over all kinds; `missing` names every message that has not reached the archive, `gaps` what damage has lost for good."""

    kinds: dict[str, KindProof]
    missing: tuple[Missing, ...]
    gaps: tuple[Gap, ...] = ()
    lost_unseen: int = 0  # gaps of which no sender's memory tells: they are in no kind's figures

    @property
    def lost(self) -> int:
        """How many messages a hop has let go of without the next one having them."""
        return sum(kind.lost for kind in self.kinds.values()) + self.lost_unseen

    @property
    def unexplained(self) -> int:
        """How many of the lost ones the station does not know of."""
        return self.lost - len(self.gaps)

    @property
    def on_the_way(self) -> int:
        """How many messages have not arrived, but are kept by the hop before."""
        return sum(1 for one in self.missing if one.kept_by is not None)

    @property
    def doubled(self) -> int:
        """How many copies too many Kafka and the archive hold."""
        return sum(kind.doubled for kind in self.kinds.values())


MAY_BE_LOST_IN_THE_AIR = frozenset({"telemetry"})


def prove(census: Mapping[str, KindCensus], gaps: Iterable[Gap] = ()) -> Proof:
    """Holds every hop of every kind against the one before it. `gaps`: what the stores say that damage has lost."""
    kinds: dict[str, KindProof] = {}
    missing: list[Missing] = []
    for kind, found in census.items():
        gone = list(_missing(kind, found))
        missing.extend(gone)
        unstored = [known for id_, known in found.made.items() if not _was_stored(found, id_)]
        thinned = sum(1 for known in unstored if found.was_thinned(known))
        purged = sum(1 for id_ in found.kafka if id_ in found.made and id_ not in found.stored)
        kinds[kind] = KindProof(
            made=len(found.made),
            lost_in_air=len(unstored) - thinned if kind in MAY_BE_LOST_IN_THE_AIR else 0,
            thinned=thinned,
            stored=len(found.stored) + purged,
            quarantined=len(found.quarantined),
            in_kafka=sum(found.kafka.values()),
            in_kafka_distinct=len(found.kafka),
            archived=sum(found.archive.values()),
            archived_distinct=len(found.archive),
            on_the_way=sum(1 for one in gone if one.kept_by is not None),
            lost=sum(1 for one in gone if one.kept_by is None),
            doubled=_copies_too_many(found.kafka.values()) + _copies_too_many(found.archive.values()),
        )
    open_gaps = _open(gaps, census, missing)
    decisions = sum(1 for one in missing if one.kind == "correction" and one.kept_by is None)
    told = sum(1 for gap in open_gaps if gap.stream == "correction")
    missing = [
        msgspec.structs.replace(
            one, damaged=_number(one) in open_gaps or (one.kind == "correction" and told >= decisions)
        )
        if one.kept_by is None
        else one
        for one in missing
    ]
    seen = sum(1 for one in missing if one.damaged and one.kind != "correction") + min(told, decisions)
    return Proof(kinds=kinds, missing=tuple(missing), gaps=tuple(open_gaps), lost_unseen=len(open_gaps) - seen)


def _open(gaps: Iterable[Gap], census: Mapping[str, KindCensus], missing: Iterable[Missing]) -> list[Gap]:
    """The gaps that are losses: no hop has what is missing there, and no sender keeps it."""
    there = {
        _number(known)
        for kind, found in census.items()
        for id_ in (*found.stored, *found.kafka)
        if kind not in MAY_BE_LOST_IN_THE_AIR and (known := found.stored.get(id_) or found.made.get(id_))
    }
    there |= {_number(one) for one in missing if one.kept_by is not None}
    return [gap for gap in gaps if gap not in there]


def _number(known: Known | Missing) -> Gap:
    # A decision is known by its id alone: two desks count alike.
    return Gap(known.drone_id, known.boot, "report", known.seq)


def _missing(kind: str, found: KindCensus) -> Iterable[Missing]:
    sender: Keeper = "desk" if kind == "correction" else "drone"
    if kind not in MAY_BE_LOST_IN_THE_AIR:
        for id_, known in found.made.items():
            if not _was_stored(found, id_):
                yield _named(kind, known, "store", sender if id_ in found.unacknowledged else None)
    for id_, known in found.stored.items():
        if id_ not in found.kafka and id_ not in found.set_aside:
            yield _named(kind, known, "kafka", "station" if id_ in found.waiting else None)
    for id_ in found.kafka:
        if id_ not in found.archive:
            known = found.stored.get(id_) or found.made.get(id_) or Known(id_, "unknown", 0, 0)
            yield _named(kind, known, "archive", "kafka" if id_ in found.unread else None)


def _was_stored(found: KindCensus, id_: str) -> bool:
    """Whether the station had it: what is in Kafka came from there, and may be purged by now."""
    return id_ in found.stored or id_ in found.quarantined or id_ in found.kafka


def _named(kind: str, known: Known, hop: Hop, kept_by: Keeper | None) -> Missing:
    return Missing(
        kind=kind, drone_id=known.drone_id, boot=known.boot, seq=known.seq, id=known.id, hop=hop, kept_by=kept_by
    )


def _copies_too_many(counts: Iterable[int]) -> int:
    return sum(count - 1 for count in counts)


def percentiles(values: list[float]) -> dict[str, float] | None:
    """p50, p95 and p99 (nearest rank) and the number of values; None without any."""
    if not values:
        return None
    ordered = sorted(values)
    at = {name: ordered[min(len(ordered) - 1, -(-len(ordered) * share // 100) - 1)] for name, share in _SHARES.items()}
    return {**{name: round(value, 1) for name, value in at.items()}, "count": len(ordered)}


_SHARES = {"p50": 50, "p95": 95, "p99": 99}
