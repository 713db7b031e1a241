"""The archive job with a death built in, for tests: KESTREL_TEST_DIES = before-write, one-table or all-tables, in its second batch.

KESTREL_TEST_PLAIN: append only, without transaction ids and without looking for ids that are there: the control that must double.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from pyspark.sql import DataFrame, SparkSession

from cloud_pipeline.__main__ import main
from cloud_pipeline.archive.tables import BatchName, table_uri
from cloud_pipeline.archive.writer import Part, Writer, _stamped
from cloud_pipeline.jobs import archive_job
from cloud_pipeline.schema import table_type
from cloud_pipeline.transforms.decoding import rows_of

DIES = os.environ.get("KESTREL_TEST_DIES", "")
PLAIN = "KESTREL_TEST_PLAIN" in os.environ


def die() -> None:
    os.killpg(os.getpgid(0), signal.SIGKILL)


class DyingWriter(Writer):
    """Dies with its JVM between two steps of the second batch it writes."""

    batches = 0

    def write(self, batch: DataFrame, number: int) -> None:
        self.batches += 1
        if self.batches == 2 and DIES == "before-write":
            die()
        super().write(batch, number)
        if self.batches == 2 and DIES == "all-tables":
            die()

    def _table_job(self, session: SparkSession, kept: DataFrame, part: Part, name: BatchName) -> Callable[[], None]:
        merge = super()._table_job(session, kept, part, name)

        def append() -> None:
            for option in ("txnAppId", "txnVersion"):
                session.conf.unset(f"spark.databricks.delta.write.{option}")
            rows = _stamped(rows_of(kept, part.kind), table_type(part.kind), self._clock(), name)
            rows.write.format("delta").mode("append").save(table_uri(self._archive, part.kind))

        def write_then_die() -> None:
            (append if PLAIN else merge)()
            if self.batches == 2 and DIES == "one-table":
                die()

        return write_then_die


if __name__ == "__main__":
    setattr(archive_job, "Writer", DyingWriter)  # noqa: B010 - the job takes its writer by this name
    sys.exit(main(sys.argv[1:]))
