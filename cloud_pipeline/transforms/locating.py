"""From a position to the police precinct and the borough it lies in: point in polygon, with the shipped city."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as fn
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

from maps import base_map

_PLACE = StructType([StructField("precinct", IntegerType()), StructField("borough", StringType())])


def located(rows: DataFrame) -> DataFrame:
    """In: lat_deg, lon_deg and any others. Out: the same with precinct and borough; null on water and outside the city."""
    place = fn.udf(_place_of, _PLACE, useArrow=True)
    return (
        rows.withColumn("place", place("lat_deg", "lon_deg"))
        .select("*", "place.precinct", "place.borough")
        .drop("place")
    )


def _place_of(lat_deg: float | None, lon_deg: float | None) -> tuple[int | None, str | None]:
    if lat_deg is None or lon_deg is None:
        return None, None
    return base_map.precinct_of(lat_deg, lon_deg), base_map.borough_of(lat_deg, lon_deg)
