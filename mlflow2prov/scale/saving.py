"""Saving: a data set becomes a folder of Parquet files."""

from __future__ import annotations

import orjson

from mlflow2prov.formats.parquet import PREFIXES_KEY
from mlflow2prov.scale.dataset import Dataset, canonical_order
from mlflow2prov.scale.folders import DatasetFolder
from mlflow2prov.scale.session import translated_errors


def stage(dataset: Dataset, output: str) -> DatasetFolder:
    """Write a data set to a folder that has not appeared yet.

    Args:
        dataset: the data set.
        output: the address of the folder.

    Raises:
        FormatError: the folder cannot be written.
        EngineError: Spark fails.
    """
    folder = DatasetFolder(dataset.tables.spark, output)
    try:
        with translated_errors():
            _write_parquet(dataset, folder)
    except BaseException:
        folder.discard()
        raise
    return folder


def _write_parquet(dataset: Dataset, folder: DatasetFolder) -> None:
    """Write the statements in canonical order, one file after another."""
    from pyspark.sql import functions

    prefixes = orjson.dumps(dataset.namespaces.declared, option=orjson.OPT_SORT_KEYS).decode()
    order = [functions.expr(expression).asc_nulls_last() for expression in canonical_order()]
    frame = dataset.tables.frame.orderBy(*order)
    # Spark keeps the metadata of a column in a file, but none of the file itself.
    kind = functions.col("kind").alias("kind", metadata={PREFIXES_KEY: prefixes})
    frame.withColumn("kind", kind).write.mode("overwrite").parquet(folder.temporary)
