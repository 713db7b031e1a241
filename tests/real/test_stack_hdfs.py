"""The one-machine HDFS, written and read by something that is not Java."""

from __future__ import annotations

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from installers.local.hdfs import Hdfs, name_system_state


def test_a_table_written_to_hdfs_reads_back_whole(hdfs: Hdfs) -> None:
    place = f"{hdfs.uri}/test/stack"
    for first in (0, 100):
        write_deltalake(place, pa.table({"n": list(range(first, first + 100))}), mode="append")

    table = DeltaTable(place).to_pyarrow_table()

    assert sorted(table["n"].to_pylist()) == list(range(200))


def test_it_says_that_it_takes_files(hdfs: Hdfs) -> None:
    state = name_system_state(hdfs.ports.name_http)

    assert (state["FSState"], state["NumLiveDataNodes"]) == ("Operational", 1)
