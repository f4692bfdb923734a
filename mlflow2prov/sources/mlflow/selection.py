"""Selection: the experiments and runs of a store that are extracted, with all that belongs to them."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.errors import TrackingStoreError, unknown_choice
from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow.options import ReadOptions

MAX_NAMES = 20
"""Maximum number of experiments that a message lists."""


def matching_experiments(facts: Facts, patterns: Iterable[str], location: str) -> list[str]:
    """Return the ids of the experiments whose id is one of ``patterns``, or whose name matches one.

    A pattern is a name, a glob with ``*``, ``?`` and ``[...]``, or a list of them with commas.

    Raises:
        TrackingStoreError: a pattern matches no experiment.
    """
    facts.flush()
    names = dict(facts.rows("SELECT experiment_id, coalesce(name, '') FROM experiments ORDER BY 1"))
    matches: dict[str, None] = {}
    for pattern in patterns:
        whole = _matches(names, pattern)
        parts = [part.strip() for part in pattern.split(",") if part.strip()]
        for part in [pattern] if whole or len(parts) < 2 else parts:
            found = _matches(names, part)
            if not found:
                choices = [name or key for key, name in names.items()]
                more = " and more" if len(choices) > MAX_NAMES else ""
                message = unknown_choice("experiment", part, choices[:MAX_NAMES])
                raise TrackingStoreError(f"{location}: {message}{more}")
            matches.update(dict.fromkeys(found))
    return list(matches)


def _matches(names: dict[str, str], pattern: str) -> list[str]:
    return [
        key for key, name in names.items() if pattern in (key, name) or fnmatchcase(name, pattern)
    ]


def select_content(facts: Facts, options: ReadOptions, location: str) -> None:
    """Delete the experiments, runs, models, traces and versions that ``options`` do not select.

    What belongs to them, such as metrics and tags, goes with the rows without an owner. A version is selected with its
    run, its logged model, or the version that it was copied from; a registered model and its aliases with a version.

    Raises:
        TrackingStoreError: a pattern matches no experiment.
    """
    if not options.is_selective:
        return
    if options.experiments:
        ids = matching_experiments(facts, options.experiments, location)
        with engine.registered(pa.table({"id": pa.array(ids, pa.string())})) as selected:
            for table in ("experiments", "runs", "logged_models", "traces"):
                facts.execute(
                    f"DELETE FROM {table} WHERE experiment_id IS NULL "
                    f"OR experiment_id NOT IN (SELECT id FROM {selected})"
                )
    if options.runs_since is not None:
        _delete_earlier(facts, options.runs_since)
    facts.execute(
        """
        DELETE FROM run_traces WHERE run_id NOT IN (SELECT run_id FROM runs WHERE run_id IS NOT NULL)
        """
    )
    _delete_other_versions(facts)


def _delete_earlier(facts: Facts, since: int) -> None:
    """Delete the runs that started before a time or at an unknown one, and models and traces likewise."""
    facts.execute(
        f"""
        DELETE FROM runs
        WHERE coalesce(epoch(TRY_CAST(started_at AS TIMESTAMPTZ)), 0) < {since};
        DELETE FROM logged_models
        WHERE CASE
            WHEN source_run_id IS NULL
            THEN coalesce(epoch(TRY_CAST(created_at AS TIMESTAMPTZ)), 0) < {since}
            ELSE source_run_id NOT IN (SELECT run_id FROM runs WHERE run_id IS NOT NULL)
        END;
        DELETE FROM traces
        WHERE coalesce(epoch(TRY_CAST(requested_at AS TIMESTAMPTZ)), 0) < {since}
        """
    )


def _delete_other_versions(facts: Facts) -> None:
    """Delete versions without a selected run or model behind them, and registered models without a version."""
    facts.execute(
        """
        CREATE OR REPLACE TEMP TABLE selected_versions AS
        WITH RECURSIVE selected AS (
            SELECT name, version
            FROM registered_model_versions
            WHERE source_run_id IN (SELECT run_id FROM runs)
                OR source_model_id IN (SELECT model_id FROM logged_models)
            UNION
            SELECT copies.name, copies.version
            FROM registered_model_versions AS copies
            JOIN selected
                ON selected.name = copies.source_name AND selected.version = copies.source_version
        )
        SELECT DISTINCT name, version FROM selected;
        DELETE FROM registered_model_versions
        WHERE (name, version) NOT IN (SELECT (name, version) FROM selected_versions)
            OR name IS NULL OR version IS NULL;
        DELETE FROM registered_model_aliases
        WHERE (name, version) NOT IN (SELECT (name, version) FROM selected_versions);
        DELETE FROM registered_models
        WHERE name NOT IN (SELECT name FROM selected_versions);
        DROP TABLE selected_versions
        """
    )
