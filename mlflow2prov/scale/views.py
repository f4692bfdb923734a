"""Queries of DuckDB's on Spark, and names for their results."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_numbers = itertools.count(1)


def frame_of(spark: SparkSession, query: str) -> DataFrame:
    """Return the rows of a query of DuckDB's, on Spark, which runs it when they are needed."""
    from mlflow2prov.scale.dialect import to_spark

    return spark.sql(to_spark(query))


def create_view(frame: DataFrame, name: str) -> str:
    """Give a table of Spark a name for queries, which begins with ``name``."""
    view = f"{name}_{next(_numbers)}"
    frame.createOrReplaceTempView(view)
    return view
