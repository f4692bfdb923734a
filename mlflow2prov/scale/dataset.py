"""A data set: a document as a table of Spark, with the columns of :mod:`mlflow2prov.formats.parquet`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlflow2prov.engine import Sql, literal
from mlflow2prov.prov.kinds import KINDS, Kind
from mlflow2prov.prov.namespaces import Namespaces
from mlflow2prov.prov.tables import COLUMNS
from mlflow2prov.scale.session import rows, translated_errors
from mlflow2prov.scale.views import create_view, frame_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass
class DatasetTables:
    """The statements of a data set, as tables of queries.

    Attributes:
        frame: the statements, with the columns :data:`~mlflow2prov.prov.tables.COLUMNS`.
        present_kinds: the kinds of which there may be statements.
        has_plain_times: whether all times are spelled like their values (:mod:`mlflow2prov.prov.values`).
    """

    frame: DataFrame
    present_kinds: tuple[Kind, ...] = KINDS
    has_plain_times: bool = False
    _views: dict[str, Sql] = field(default_factory=dict)

    @property
    def spark(self) -> SparkSession:
        """The session that the statements belong to."""
        return self.frame.sparkSession

    def union(self) -> Sql:
        """Return one table of all statements."""
        if "" not in self._views:
            self._views[""] = Sql(create_view(self.frame, "statements"))
        return self._views[""]

    def of(self, kind: Kind) -> Sql:
        """Return the table of a kind, with the columns :attr:`Kind.columns`."""
        if kind.name not in self._views:
            frame = self.frame.where(f"kind = {literal(kind.name)}").select(*kind.columns)
            self._views[kind.name] = Sql(create_view(frame, kind.name))
        return self._views[kind.name]

    def existing(self) -> list[Kind]:
        """Return the kinds of which there may be statements, in PROV-DM's order."""
        return [kind for kind in KINDS if kind in self.present_kinds]

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query with a small result."""
        with translated_errors():
            frame = frame_of(self.spark, query)
        return rows(frame)


@dataclass
class Dataset:
    """A document on Spark.

    Attributes:
        namespaces: the prefixes of its qualified names.
        tables: its statements.
        is_unified: whether no two of them are the same.
    """

    namespaces: Namespaces
    tables: DatasetTables
    is_unified: bool = False


def widened(query: Sql, columns: Sequence[str], kind: str) -> Sql:
    """Return a query with all columns of a data set, from one with some of them.

    Args:
        query: the query.
        columns: its columns.
        kind: the SQL of the kind of its statements.
    """
    selection = ", ".join(
        f"{kind} AS kind"
        if column == "kind"
        else column
        if column in columns
        else f"NULL::VARCHAR AS {column}"
        for column in COLUMNS
    )
    return Sql(f"SELECT {selection} FROM ({query})")


def canonical_order() -> list[str]:
    """Return the SQL expressions of Spark by which statements are in canonical order, null last.

    It is the order of :meth:`~mlflow2prov.prov.tables.StatementTables.in_order`: kinds have their formal arguments in
    different orders, so rows are sorted by the places of these.
    """
    places = range(max(len(kind.arguments) for kind in KINDS))
    kind_place = case_of_kind({kind.name: str(number) for number, kind in enumerate(KINDS)})
    arguments = [
        case_of_kind(
            {
                kind.name: kind.argument_columns[place]
                for kind in KINDS
                if place < len(kind.arguments)
            }
        )
        for place in places
    ]
    return ["bundle", kind_place, "id", *arguments]


def case_of_kind(results: dict[str, str]) -> str:
    """Return the SQL expression of Spark whose value is the result for the kind of a statement."""
    branches = " ".join(f"WHEN {literal(kind)} THEN {result}" for kind, result in results.items())
    return f"CASE kind {branches} END"
