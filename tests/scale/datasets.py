"""Documents and data sets in tests: the same statements on both engines."""

from itertools import count
from pathlib import Path
from tempfile import mkdtemp

from mlflow2prov import engine, save
from mlflow2prov.prov.tables import COLUMNS
from mlflow2prov.scale.dataset import canonical_order
from mlflow2prov.scale.reading import read

_numbers = count(1)


def datasets(spark, folder, *documents):
    """Write documents as Parquet, and read them as data sets."""
    folder = Path(mkdtemp(dir=folder))
    paths = [folder / f"{next(_numbers)}.parquet" for _ in documents]
    for document, path in zip(documents, paths, strict=True):
        save(document, path, "parquet")
    return [read(spark, str(path)) for path in paths]


def rows_of_document(document):
    """Return the statements of a document as dicts, in canonical order."""
    table = [batch.to_pylist() for batch in engine.stream(document.tables.in_order(), 10_000)]
    return [{**row, "kind": str(row["kind"])} for batch in table for row in batch]


def rows_of_dataset(dataset):
    """Return the statements of a data set as dicts, in canonical order."""
    from pyspark.sql import functions

    order = [functions.expr(expression).asc_nulls_last() for expression in canonical_order()]
    frame = dataset.tables.frame.select(*COLUMNS).orderBy(*order)
    return [row.asDict(recursive=True) for row in frame.collect()]
