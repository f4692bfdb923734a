"""Saving: a data set becomes a folder of files."""

from __future__ import annotations

import orjson

from mlflow2prov.formats.parquet import PREFIXES_KEY
from mlflow2prov.scale.dataset import Dataset, canonical_order
from mlflow2prov.scale.folders import DatasetFolder
from mlflow2prov.scale.session import translated_errors


def stage(dataset: Dataset, output: str, format_: str) -> DatasetFolder:
    """Write a data set to a folder that has not appeared yet.

    Args:
        dataset: the data set.
        output: the address of the folder.
        format_: the name of its format, one of :data:`~mlflow2prov.scale.FORMATS`.

    Raises:
        FormatError: the folder cannot be written, or the format cannot express the statements.
        EngineError: Spark fails.
    """
    folder = DatasetFolder(dataset.tables.spark, output)
    try:
        with translated_errors():
            _WRITERS[format_](dataset, folder)
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


def _write_nquads(dataset: Dataset, folder: DatasetFolder) -> None:
    # Documents of one machine, which Spark's processes write, are imported only for this format.
    from mlflow2prov.scale.nquads import write

    write(dataset, folder.temporary)


_WRITERS = {"parquet": _write_parquet, "nquads": _write_nquads}
