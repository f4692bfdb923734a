"""Facts of a store, and comparisons of the facts of two."""

from __future__ import annotations

from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.sources.mlflow import ReadOptions, TrackingStore
from mlflow2prov.sources.report import SourceReport


def read(url: str, **options) -> tuple[SourceReport, Facts]:
    """Read a store with :class:`ReadOptions`."""
    facts = Facts()
    return TrackingStore(url, ReadOptions(**options)).read(facts), facts


def rows(facts: Facts, table: str) -> list[str]:
    """Return the rows of a table as texts, in order, without the time of reading."""
    columns = "* EXCLUDE read_at" if table == "stores" else "*"
    return sorted(map(repr, facts.rows(f"SELECT {columns} FROM {table}")))


def count_rows(facts: Facts) -> dict[str, int]:
    """Return the number of rows of each table that has rows, except the table of stores."""
    counts = {name: len(rows(facts, name)) for name in TABLES if name != "stores"}
    return {name: count for name, count in counts.items() if count}


def differing_tables(left: Facts, right: Facts) -> set[str]:
    """Return the names of the tables that do not have the same rows."""
    return {name for name in TABLES if rows(left, name) != rows(right, name)}


def assert_a_server_shows_its_store(direct: Facts, served: Facts) -> None:
    """Assert that a server shows all facts of its store, except deletion times of runs and deleted versions."""
    assert differing_tables(direct, served) == {"stores", "runs", "registered_model_versions"}
    for query in (
        "SELECT * EXCLUDE deleted_at FROM runs ORDER BY run_id",
        "SELECT * FROM registered_model_versions WHERE NOT is_deleted ORDER BY ALL",
    ):
        assert direct.rows(query) == served.rows(query)
