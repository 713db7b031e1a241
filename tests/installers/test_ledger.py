"""The proof: what is missing or doubled at any hop is named, and nothing else is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from installers.local.proof.census import Census, Times
from installers.local.proof.ledger import Gap, KindCensus, Known, Missing, percentiles, prove
from installers.local.proof.report import NAMED_AT_MOST, as_json, as_text


def known(n: int) -> Known:
    return Known(id=f"id-{n}", drone_id="nyc-01", boot=2, seq=n)


def whole_way(*numbers: int) -> KindCensus:
    return KindCensus(
        made={known(n).id: known(n) for n in numbers},
        unacknowledged=set(),
        stored={known(n).id: known(n) for n in numbers},
        waiting=set(),
        quarantined=set(),
        set_aside=set(),
        kafka={known(n).id: 1 for n in numbers},
        unread=set(),
        archive={known(n).id: 1 for n in numbers},
    )


def test_a_message_that_passed_every_hop_once_is_neither_lost_nor_doubled():
    proof = prove({"violation": whole_way(1, 2, 3)})

    assert (proof.lost, proof.doubled) == (0, 0)


def test_a_report_that_no_hop_after_the_drone_has_is_named():
    census = whole_way(1, 2)
    del census.stored["id-2"], census.kafka["id-2"], census.archive["id-2"]

    proof = prove({"violation": census})

    assert proof.missing == (
        Missing(kind="violation", drone_id="nyc-01", boot=2, seq=2, id="id-2", hop="store", kept_by=None),
    )
    assert proof.lost == 1


def test_what_the_hop_before_still_keeps_is_on_the_way_and_not_lost():
    census = whole_way(1, 2, 3)
    del census.stored["id-1"], census.kafka["id-1"], census.archive["id-1"]
    del census.kafka["id-2"], census.archive["id-2"]
    del census.archive["id-3"]
    census.unacknowledged.add("id-1")
    census.waiting.add("id-2")
    census.unread.add("id-3")

    proof = prove({"violation": census})

    assert (proof.lost, proof.on_the_way) == (0, 3)
    assert [one.kept_by for one in proof.missing] == ["drone", "station", "kafka"]


def test_telemetry_that_never_arrived_is_lost_in_the_air_and_not_by_us():
    census = whole_way(1, 2)
    del census.stored["id-2"], census.kafka["id-2"], census.archive["id-2"]

    proof = prove({"telemetry": census})

    assert proof.lost == 0
    assert proof.kinds["telemetry"].lost_in_air == 1


def test_telemetry_is_not_excused_after_it_was_stored():
    census = whole_way(1)
    census.kafka.clear()
    census.archive.clear()

    assert [one.hop for one in prove({"telemetry": census}).missing] == ["kafka"]


def test_what_kafka_has_and_the_archive_has_not_is_missing_there():
    census = whole_way(1)
    census.archive.clear()

    assert [one.hop for one in prove({"violation": census}).missing] == ["archive"]


def test_a_quarantined_message_is_accounted_for():
    census = whole_way(1)
    census.stored.clear()
    census.kafka.clear()
    census.archive.clear()
    census.quarantined.add("id-1")

    assert prove({"violation": census}).lost == 0


@given(st.lists(st.integers(1, 5), min_size=1, max_size=20), st.lists(st.integers(1, 5), min_size=1, max_size=20))
def test_every_copy_too_many_is_counted(in_kafka: list[int], in_archive: list[int]):
    census = whole_way(*range(max(len(in_kafka), len(in_archive))))
    census.kafka.update({f"id-{n}": count for n, count in enumerate(in_kafka)})
    census.archive.update({f"id-{n}": count for n, count in enumerate(in_archive)})

    assert prove({"evidence": census}).doubled == sum(in_kafka) - len(in_kafka) + sum(in_archive) - len(in_archive)


def test_percentiles_are_values_that_were_seen():
    assert percentiles([float(n) for n in range(1, 101)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0, "count": 100}
    assert percentiles([7.0]) == {"p50": 7.0, "p95": 7.0, "p99": 7.0, "count": 1}
    assert percentiles([]) is None


def test_what_the_station_purged_since_kafka_has_it_counts_as_stored():
    census = whole_way(1, 2)
    del census.stored["id-1"]

    proof = prove({"violation": census})

    assert (proof.lost, proof.kinds["violation"].stored) == (0, 2)


def test_what_the_station_gave_up_is_told_from_what_the_air_lost():
    census = whole_way(1, 2, 3, 4, 5)
    for number in (2, 3, 5):
        del census.stored[f"id-{number}"], census.kafka[f"id-{number}"], census.archive[f"id-{number}"]
    census.thinned["nyc-01", 2] = (2, 4)

    figures = prove({"telemetry": census}).kinds["telemetry"]

    assert (figures.thinned, figures.lost_in_air, figures.lost) == (2, 1, 0)


def test_a_report_is_never_taken_for_one_that_was_given_up():
    census = whole_way(1)
    for hop in (census.stored, census.kafka, census.archive):
        hop.clear()
    census.thinned["nyc-01", 2] = (1, 9)

    assert prove({"violation": census}).lost == 1


def without(census: KindCensus, *numbers: int) -> KindCensus:
    """The same, as if no hop after the drone had these."""
    for number in numbers:
        for hop in (census.stored, census.kafka, census.archive):
            hop.pop(f"id-{number}", None)
    return census


def gap(seq: int, stream: str = "report") -> Gap:
    return Gap("nyc-01", 2, stream, seq)


def test_a_loss_that_the_station_names_is_told_from_one_that_nobody_knows_of():
    proof = prove({"violation": without(whole_way(1, 2, 3), 1, 2)}, [gap(1)])

    assert (proof.lost, proof.unexplained) == (2, 1)
    assert [(one.seq, one.damaged) for one in proof.missing] == [(1, True), (2, False)]


def test_a_gap_of_which_no_drone_tells_is_a_loss_all_the_same():
    proof = prove({"violation": whole_way(1)}, [gap(7)])

    assert (proof.lost, proof.unexplained, proof.gaps) == (1, 0, (gap(7),))


def test_a_gap_is_no_loss_while_the_drone_has_the_report_or_when_it_has_arrived():
    census = without(whole_way(1, 2), 1)
    census.unacknowledged.add("id-1")

    proof = prove({"violation": census}, [gap(1), gap(2)])

    assert (proof.lost, proof.on_the_way, proof.gaps) == (0, 1, ())


def test_a_telemetry_with_the_number_of_a_gap_does_not_fill_it():
    assert prove({"telemetry": whole_way(1)}, [gap(1)]).lost == 1


def test_a_decision_that_damage_lost_is_counted_once():
    census = KindCensus({"d": Known("d", "desk-a", 0, 0)}, set(), {}, set(), set(), set(), {}, set(), {})

    proof = prove({"correction": census}, [gap(1, "correction")])

    assert (proof.lost, proof.unexplained) == (1, 0)


def test_the_report_names_the_first_gaps_and_counts_the_others():
    kinds = {"violation": whole_way(1)}
    gaps = [gap(seq) for seq in range(2, 5 + NAMED_AT_MOST)]
    census, proof = Census(kinds, Times({}, {}, {}, {}, {}), gaps), prove(kinds, gaps)

    text = as_text(census, proof)

    assert "23 messages are lost, 0 of them unexplained:" in text
    assert text.count("  report of nyc-01, boot 2, seq ") == NAMED_AT_MOST
    assert "  and 3 more" in text
    assert as_json(census, proof)["gaps"][0] == {"drone_id": "nyc-01", "boot": 2, "stream": "report", "seq": 2}
