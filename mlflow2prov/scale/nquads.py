"""N-Quads on Spark: each process of Spark writes a part of a data set, as :mod:`mlflow2prov.formats.nquads` does.

A part has all statements that this writer compares with each other: those of one kind and bundle with the same first
argument. Its file begins with the prefixes, so each can be read alone, and the files can be joined to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import pyarrow as pa

from mlflow2prov.errors import FormatError, MLflow2ProvError
from mlflow2prov.formats._support.rdf_writer import require_distinct_identifiers
from mlflow2prov.formats.nquads import write_part
from mlflow2prov.formats.parquet import document_of
from mlflow2prov.prov.kinds import KINDS
from mlflow2prov.prov.namespaces import Namespaces
from mlflow2prov.prov.tables import COLUMNS
from mlflow2prov.scale.dataset import Dataset, case_of_kind
from mlflow2prov.scale.merge import unify
from mlflow2prov.scale.session import REFUSAL
from mlflow2prov.temporary import temporary_file

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

BATCH_LINES = 10_000
"""How many lines a process passes to Spark at a time."""


def write(dataset: Dataset, address: str) -> None:
    """Write a data set as a folder of N-Quads.

    Raises:
        FormatError: PROV-O cannot express the statements.
        EngineError: Spark fails.
    """
    from pyspark import StorageLevel

    dataset = unify(dataset)
    # The statements are read twice. Spark would also plan for very long to read only what the first query needs.
    frame = dataset.tables.frame.persist(StorageLevel.DISK_ONLY)
    try:
        require_distinct_identifiers(replace(dataset.tables, frame=frame, _views={}))
        _lines(frame, dataset.namespaces).write.mode("overwrite").text(address)
    finally:
        frame.unpersist()


def _lines(statements: DataFrame, namespaces: Namespaces) -> DataFrame:
    """Return the lines of unified statements as N-Quads, in the only column of a table."""
    from pyspark.sql import functions

    first = case_of_kind(
        {kind.name: "id" if kind.element else kind.argument_columns[0] for kind in KINDS}
    )
    together = [functions.expr(expression) for expression in ("bundle", "kind", first)]
    parts = statements.select(*COLUMNS).repartition(*together)
    return parts.mapInArrow(partial(_lines_of_part, namespaces.declared), "line STRING")


def _lines_of_part(
    prefixes: dict[str, str], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a part, within a process of Spark."""
    from pyspark import TaskContext

    context = TaskContext.get()
    number = 0 if context is None else context.partitionId()
    try:
        document = document_of(batches, prefixes)
        if not len(document):
            return
        with temporary_file(lambda stream: write_part(document, stream, number)) as file:
            while some := list(islice(file, BATCH_LINES)):
                texts = [line.decode().removesuffix("\n") for line in some]
                yield pa.RecordBatch.from_pydict({"line": texts})
    except MLflow2ProvError as error:
        raise FormatError(f"{REFUSAL}{error}") from error
