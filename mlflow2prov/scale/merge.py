"""Merge on Spark: several data sets become one, whose statements are unified.

The definitions are those of :mod:`mlflow2prov.prov.merge` and :mod:`mlflow2prov.prov.unify`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce

from mlflow2prov.engine import Sql, literal
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.prov.kinds import ELEMENTS, KINDS, RELATIONS, Argument, ArgumentType, Kind
from mlflow2prov.prov.namespaces import Namespaces
from mlflow2prov.prov.prefixes import renamed_rows
from mlflow2prov.prov.tables import KEY_COLUMNS
from mlflow2prov.prov.unify import united_rows
from mlflow2prov.scale.dataset import Dataset, DatasetTables, widened
from mlflow2prov.scale.session import translated_errors
from mlflow2prov.scale.views import frame_of

_ARGUMENTS = {argument.column: argument for kind in RELATIONS for argument in kind.arguments}

RELATION = Kind("relation", (Argument("kind", ArgumentType.ELEMENT), *_ARGUMENTS.values()))
"""All relations as one kind, with their kind as an argument, so that one query unifies them.

Arguments that a kind lacks are null, and nulls count as equal.
"""


def merge(datasets: Iterable[Dataset]) -> Dataset:
    """Return one data set with the statements of all ``datasets``, unified.

    Raises:
        ConfigurationError: there are no data sets.
    """
    datasets = list(datasets)
    if not datasets:
        raise ConfigurationError("merge: there are no data sets")
    return unify(union(datasets))


def union(datasets: list[Dataset]) -> Dataset:
    """Return one data set with the statements of all, under the prefixes of one document."""
    namespaces = Namespaces()
    with translated_errors():
        frames = [_renamed(dataset, namespaces).frame for dataset in datasets]
        frame = reduce(lambda left, right: left.unionByName(right), frames)
    present = {kind for dataset in datasets for kind in dataset.tables.present_kinds}
    kinds = tuple(kind for kind in KINDS if kind in present)
    has_plain_times = all(dataset.tables.has_plain_times for dataset in datasets)
    return Dataset(namespaces, DatasetTables(frame, kinds, has_plain_times))


def unify(dataset: Dataset) -> Dataset:
    """Return a data set in which no two statements are the same."""
    if dataset.is_unified:
        return dataset
    tables = dataset.tables
    kinds = tables.existing() or [KINDS[0]]

    def values_of(kind: Kind) -> list[Sql] | None:
        return list(map(Sql, kind.argument_columns)) if tables.has_plain_times else None

    queries = [
        _united(kind, tables.of(kind), literal(kind.name), values_of(kind))
        for kind in kinds
        if kind in ELEMENTS
    ]
    if any(kind in RELATIONS for kind in kinds):
        names = ", ".join(literal(kind.name) for kind in RELATIONS)
        relations = Sql(f"(SELECT * FROM {tables.union()} WHERE kind IN ({names}))")
        queries.append(_united(RELATION, relations, Sql("kind"), values_of(RELATION)))
    with translated_errors():
        frames = [frame_of(tables.spark, query) for query in queries]
        frame = reduce(lambda left, right: left.unionByName(right), frames)
    united = replace(tables, frame=frame, _views={})
    return Dataset(dataset.namespaces, united, is_unified=True)


def _united(kind: Kind, rows: Sql, name: Sql, values: Sequence[Sql] | None) -> Sql:
    return widened(united_rows(kind, rows, values), kind.columns, name)


def _renamed(dataset: Dataset, namespaces: Namespaces) -> DatasetTables:
    """Return the statements of a data set with the prefixes of ``namespaces``."""
    columns = [column for column in KEY_COLUMNS if column != "kind"]
    query = renamed_rows(
        dataset.tables.union(), columns, dataset.namespaces, namespaces, others=["kind"]
    )
    if query is None:
        return dataset.tables
    frame = frame_of(dataset.tables.spark, query)
    return replace(dataset.tables, frame=frame, _views={})
