"""A store as the tests of services look at it: read into facts, and these as rows."""

from __future__ import annotations

from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.sources.mlflow import ReadOptions, StoreInfo, read_store


def read(url: str, **wishes) -> tuple[StoreInfo, Facts]:
    """Read a store; what is to be said of it, and its facts."""
    facts = Facts()
    return read_store(url, facts, ReadOptions(**wishes)), facts


def rows(facts: Facts, table: str) -> list[str]:
    """Return a table's rows, each as a text, in order."""
    return sorted(map(repr, facts.query(f"SELECT * FROM {{{table}}}")))


def counts(facts: Facts) -> dict[str, int]:
    """Return how many rows each table has that has any, but for that of the store itself."""
    found = {name: len(rows(facts, name)) for name in TABLES if name != "stores"}
    return {name: count for name, count in found.items() if count}


def tables_that_differ(one: Facts, other: Facts) -> set[str]:
    """Return the names of the tables that have not the same rows."""
    return {name for name in TABLES if rows(one, name) != rows(other, name)}


def assert_a_server_says_what_its_store_says(direct: Facts, served: Facts) -> None:
    """A server tells all but when a run was deleted, and that there are deleted versions."""
    assert tables_that_differ(direct, served) == {"stores", "runs", "registered_model_versions"}
    for told in (
        "SELECT * EXCLUDE deleted_at FROM {runs} ORDER BY run_id",
        "SELECT * FROM {registered_model_versions} WHERE NOT is_deleted ORDER BY ALL",
        "SELECT fingerprint FROM {stores}",
    ):
        assert direct.query(told) == served.query(told)
