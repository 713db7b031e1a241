"""Analyses must not single out: a cell of few cases is not shown by itself."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as fn


def folded(cells: DataFrame, keys: list[str], smallest: int) -> DataFrame:
    """Cells of fewer than `smallest` cases put together into one row for each source, whose `keys` are null.

    In: source, the keys, cases. Out: source, the keys, cases, folded (how many cells are in the row; 0: the cell as it is). A row that
    stays below `smallest` even so has `cases` null: it is there, but not how many. Cells whose own keys are null (not known) stay
    apart from the folded row by `folded`.
    """
    few = fn.col("cases") < smallest
    kept = cells.where(~few).select("source", *keys, "cases", fn.lit(0).cast("bigint").alias("folded"))
    nothing = {key: cells.schema[key].dataType for key in keys}
    rest = (
        cells.where(few)
        .groupBy("source")
        .agg(fn.sum("cases").alias("cases"), fn.count("*").alias("folded"))
        .select(
            "source",
            *(fn.lit(None).cast(nothing[key]).alias(key) for key in keys),
            fn.when(fn.col("cases") >= smallest, fn.col("cases")).alias("cases"),
            "folded",
        )
    )
    return kept.unionByName(rest)
