"""The content of runs and logged models that is taken from an earlier reading."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.engine import Sql
from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow.call_records import call_record_paths
from mlflow2prov.sources.mlflow.entities import Artifact

_RUN_TABLES = ("runs", "run_models")
_MEMBERS = ("run_tags", "params", "metrics", "dataset_inputs")
"""The tables of what belongs to runs, which are too large to be copied."""


def copy_runs(facts: Facts, previous: Facts, run_ids: Collection[str]) -> None:
    """Add runs of ``previous`` with all that belongs to them, except artifacts."""
    facts.flush()
    with _names(run_ids) as names:
        for table in _RUN_TABLES:
            facts.execute(
                f"""
                INSERT INTO {table} BY NAME
                FROM {previous.table(table)}
                WHERE run_id IN (SELECT name FROM {names})
                """
            )
        facts.execute(
            f"""
            INSERT INTO kept_runs BY NAME
            SELECT names.name AS run_id, coalesce(kept_runs.read_at, stores.read_at) AS read_at
            FROM {names} AS names
            CROSS JOIN {previous.table("stores")} AS stores
            LEFT JOIN {previous.table("kept_runs")} AS kept_runs ON kept_runs.run_id = names.name
            """
        )
    for table in _MEMBERS:
        _inherit(facts, previous, table, run_ids)


def _inherit(facts: Facts, previous: Facts, table: str, run_ids: Collection[str]) -> None:
    """Let a table of what belongs to runs have the rows of some runs of ``previous``."""
    with _names(run_ids) as names:
        others = engine.rows(
            f"""
            SELECT DISTINCT run_id
            FROM {previous.table(table)}
            WHERE run_id NOT IN (SELECT name FROM {names})
            """
        )
    facts.inherit(previous, table, "run_id", (run_id for (run_id,) in others))


def copy_artifacts(
    facts: Facts, previous: Facts, runs: Collection[str], models: Collection[str]
) -> list[tuple[str, str]]:
    """Add artifacts of ``previous`` and their environments, for some runs and logged models.

    Returns:
        The (run, path) of the records of calls among the artifacts. Their calls are not added.
    """
    facts.flush()
    _inherit(facts, previous, "artifacts", runs)
    for table, key, owners in (
        ("logged_model_artifacts", "model_id", models),
        ("environments", "owner_id", [*runs, *models]),
    ):
        with _names(owners) as names:
            facts.execute(
                f"""
                INSERT INTO {table} BY NAME
                FROM {previous.table(table)}
                WHERE {key} IN (SELECT name FROM {names})
                """
            )
    facts.execute(
        f"""
        INSERT INTO environment_packages BY NAME
        FROM {previous.table("environment_packages")}
        WHERE digest IN (SELECT digest FROM environments)
        """
    )
    return list(_call_records(facts))


def _call_records(facts: Facts) -> Iterator[tuple[str, str]]:
    rows = facts.rows(
        "SELECT run_id, path FROM artifacts WHERE starts_with(path, 'mlflow2prov/') AND NOT is_dir ORDER BY ALL"
    )
    for run_id, path in rows:
        if call_record_paths([Artifact(path, is_dir=False, file_size=None)]):
            yield run_id, path


def unchanged_models(facts: Facts, previous: Facts) -> set[str]:
    """Return the logged models that are complete, and have not been updated since ``previous``."""
    facts.flush()
    rows = facts.rows(
        f"""
        SELECT model_id
        FROM logged_models
        JOIN {previous.table("logged_models")} AS known USING (model_id, status, last_updated_at)
        WHERE status = 'ready'
        """
    )
    return {model_id for (model_id,) in rows}


@contextmanager
def _names(names: Iterable[str]) -> Iterator[Sql]:
    with engine.registered(pa.table({"name": pa.array(list(names), pa.string())})) as table:
        yield table
