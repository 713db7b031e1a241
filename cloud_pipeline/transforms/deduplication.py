"""Each message once: the station sends again whatever it is not sure of, with the same id."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as fn
from pyspark.sql.window import Window


def once_each(rows: DataFrame) -> DataFrame:
    """One row for each id of a batch. Repeats are equal byte for byte, so whichever stays is the right one.

    In, out: the columns of a table, `id` among them.
    """
    return rows.dropDuplicates(["id"])


def tickets_once(tickets: DataFrame) -> DataFrame:
    """One ticket for each summons number: the city's files repeat rows (667 of 10,000 in the sample of the fiscal year 2015).

    The first record of the file stays. In, out: the columns of the history table; `summons_number`, `drone_id` and `seq` are used.
    """
    first = Window.partitionBy("summons_number").orderBy("drone_id", "seq", "id")
    return tickets.withColumn("turn", fn.row_number().over(first)).where(fn.col("turn") == 1).drop("turn")
