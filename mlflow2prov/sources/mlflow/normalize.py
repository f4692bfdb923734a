"""What is the same of every store, however it was read: done once, when all its facts are there."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.sources.mlflow.values import is_own_root
from mlflow2prov.secrets import urls_without_credentials

# The tables of a store, and the one that holds what their rows belong to.
_STORED = {
    "experiments": None,
    "experiment_tags": "experiments",
    "runs": None,
    "run_tags": "runs",
    "params": "runs",
    "metrics": "runs",
    "dataset_inputs": "runs",
    "artifacts": "runs",
    "run_models": "runs",
    "traces": None,
    "assessments": "traces",
    "environments": None,
    "environment_packages": "environments",
    "logged_models": None,
    "logged_model_tags": "logged_models",
    "logged_model_params": "logged_models",
    "logged_model_metrics": "logged_models",
    "logged_model_artifacts": "logged_models",
    "registered_models": None,
    "registered_model_tags": "registered_models",
    "registered_model_aliases": "registered_models",
    "registered_model_versions": "registered_models",
    "registered_model_version_tags": "registered_model_versions",
}
_KEYS = {
    "experiments": ("experiment_id",),
    "runs": ("run_id",),
    "logged_models": ("model_id",),
    "traces": ("trace_id",),
    "assessments": ("assessment_id",),
    "environments": ("digest",),
    "registered_models": ("name",),
    "registered_model_versions": ("name", "version"),
}

# Tags say who and what a run was, above all in stores of older versions.
_RUNS = """
    UPDATE {runs} SET
        name = coalesce(runs.name, said.name), "user" = coalesce(said."user", runs."user")
    FROM (
        SELECT run_id, nullif(max(value) FILTER (key = 'mlflow.runName'), '') AS name,
            nullif(max(value) FILTER (key = 'mlflow.user'), '') AS "user"
        FROM {run_tags} WHERE key IN ('mlflow.runName', 'mlflow.user') GROUP BY run_id
    ) said
    WHERE runs.run_id = said.run_id
"""

_UNTRACED = """
    SELECT DISTINCT source FROM {registered_model_versions}
    WHERE source IS NOT NULL AND source_path IS NULL AND source_model_id IS NULL ORDER BY source
"""

_TRACED = """
    UPDATE {registered_model_versions} SET source_run_id = ?, source_path = ?
    WHERE source = ? AND source_path IS NULL AND source_model_id IS NULL
"""


_COUNTS = """
    INSERT INTO {run_traces}
    SELECT run_id, count(DISTINCT trace_id), count(assessment_id)
    FROM {traces} LEFT JOIN {assessments} USING (trace_id)
    WHERE run_id IS NOT NULL GROUP BY run_id ORDER BY run_id
"""

# Where others may have written a URL with their password in it.
_LOCATIONS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("run_tags", "value"),
    ("logged_models", "artifact_location"),
    ("logged_model_tags", "value"),
    ("registered_model_versions", "source"),
    ("registered_model_versions", "run_link"),
    ("dataset_inputs", "source"),
)


def settle(facts: Facts, *, keeps_traces: bool) -> None:
    """Bring the facts of a store into the form that they have by whatever way it was read.

    Runs get the names and users of their tags, and versions the run below whose artifact root their
    source lies. Traces are counted, and kept if asked. URLs lose their credentials. What belongs to
    nothing (a database keeps some rows of what it purges) goes, as does what has no identity, and all
    tables get the same order.
    """
    facts.execute(_RUNS, [])
    _trace_sources(facts)
    facts.execute(_COUNTS, [])
    if not keeps_traces:
        facts.execute("DELETE FROM {traces}", [])
    for table, column in _LOCATIONS:
        _hide_credentials(facts, table, column)
    for table, owner in _STORED.items():
        columns = ", ".join(f'"{name}"' for name in TABLES[table].columns)
        belonging = f"SEMI JOIN {{{owner}}} USING ({', '.join(_KEYS[owner])})" if owner else ""
        known = " AND ".join(f"{key} IS NOT NULL" for key in _KEYS.get(table, ())) or "true"
        # An environment is the same wherever it is met.
        distinct = "DISTINCT " if table == "environment_packages" else ""
        facts.execute(
            f"CREATE OR REPLACE TABLE {{{table}}} AS "
            f"SELECT {distinct}{columns} FROM {{{table}}} {belonging} WHERE {known} ORDER BY ALL",
            [],
        )


def _hide_credentials(facts: Facts, table: str, column: str) -> None:
    suspects = facts.query(
        f'SELECT DISTINCT "{column}" FROM {{{table}}} WHERE regexp_matches("{column}", '
        "'://[^/ ]*@|://.*[?&][^= ]+=')"
    )
    for (value,) in suspects:
        if (shown := urls_without_credentials(value)) != value:
            facts.execute(
                f'UPDATE {{{table}}} SET "{column}" = ? WHERE "{column}" = ?', [shown, value]
            )


def _trace_sources(facts: Facts) -> None:
    untraced = [source for (source,) in facts.query(_UNTRACED)]
    if not untraced:
        return
    roots = {
        _place(uri): run
        for run, uri in facts.query("SELECT run_id, artifact_uri FROM {runs} ORDER BY ALL")
        if run and uri and is_own_root(uri, run)
    }
    for source in untraced:
        for root, path in _splits(_place(source)):
            if root in roots:
                facts.execute(_TRACED, [roots[root], path, source])
                break


def _place(uri: str) -> str:
    """Return a URI or path in one form: local files without a scheme, no slash at the end."""
    try:
        local = unquote(urlsplit(uri).path) if uri.startswith("file:") else uri
    except ValueError:
        local = uri
    return local.removeprefix("./").rstrip("/")


def _splits(place: str) -> Iterator[tuple[str, str]]:
    """Split a place at each of its slashes, the longest root first."""
    at = place.rfind("/")
    while at > 0:
        yield place[:at].rstrip("/"), place[at + 1 :].strip("/")
        at = place.rfind("/", 0, at)
