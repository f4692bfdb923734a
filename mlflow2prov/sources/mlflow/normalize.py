"""Normalization: the same facts of a store, in the same form and order, however it was read.

It runs once, after a reader has added all facts, in SQL over whole tables. Inherited rows have this form already.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from mlflow2prov.engine import identifier
from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.secrets import urls_without_credentials
from mlflow2prov.sources.mlflow.copied_versions import link_copied_versions
from mlflow2prov.sources.mlflow.entities import forward_slashes, is_artifact_root
from mlflow2prov.sources.mlflow.identity import add_identities
from mlflow2prov.sources.mlflow.options import ReadOptions
from mlflow2prov.sources.mlflow.selection import select_content

# Each table of a store, and the table that owns its rows.
_OWNERS = {
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

# Columns in which users and MLflow record URLs, which may carry a password.
_URL_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("runs", "early_source_name"),
    ("run_tags", "value"),
    ("logged_models", "artifact_location"),
    ("logged_model_tags", "value"),
    ("registered_model_versions", "source"),
    ("registered_model_versions", "run_link"),
    ("dataset_inputs", "source"),
)


def normalize(facts: Facts, options: ReadOptions, location: str) -> None:
    """Bring the facts of a store into the form that they have for every reader.

    - Runs take their names and users from their tags.
    - A version is linked to the run whose artifact root its source lies below, or to the version that its source
      names.
    - Traces are counted by run, and dropped unless ``options`` ask for them.
    - URLs lose their credentials.
    - Experiments and registered models get an identity.
    - Experiments and runs that are not selected are dropped.
    - Rows without a key, and rows without an owner, which a database keeps after a purge, are dropped.
    - All tables get the same order.

    Args:
        facts: the facts of the store.
        options: how much of the store is read.
        location: the name of the store in messages.

    Raises:
        TrackingStoreError: an experiment was selected that the store lacks.
    """
    _take_run_names_and_users(facts)
    _link_version_sources(facts)
    link_copied_versions(facts)
    _count_traces(facts)
    if not options.traces:
        facts.execute("DELETE FROM traces")
    for table, column in _URL_COLUMNS:
        _remove_credentials(facts, table, column)
    add_identities(facts)
    select_content(facts, options, location)
    for table, owner in _OWNERS.items():
        _drop_strays_and_sort(facts, table, owner)


def _take_run_names_and_users(facts: Facts) -> None:
    """Set the names and users of runs from their tags. Older versions of MLflow store a name only as a tag."""
    facts.execute(
        """
        WITH tags AS (
            SELECT
                run_id,
                nullif(max(value) FILTER (key = 'mlflow.runName'), '') AS name,
                nullif(max(value) FILTER (key = 'mlflow.user'), '') AS "user"
            FROM run_tags
            WHERE key IN ('mlflow.runName', 'mlflow.user')
            GROUP BY run_id
        )
        UPDATE runs
        SET name = coalesce(runs.name, tags.name), "user" = coalesce(tags."user", runs."user")
        FROM tags
        WHERE runs.run_id = tags.run_id
        """
    )


def _link_version_sources(facts: Facts) -> None:
    """Set the run and the artifact path of versions whose source lies below the artifact root of a run."""
    sources = facts.rows(
        """
        SELECT DISTINCT source
        FROM registered_model_versions
        WHERE source IS NOT NULL AND source_path IS NULL AND source_model_id IS NULL
        ORDER BY source
        """
    )
    if not sources:
        return
    roots = {
        _location(uri): run_id
        for run_id, uri in facts.rows("SELECT run_id, artifact_uri FROM runs ORDER BY ALL")
        if run_id and uri and is_artifact_root(_location(uri), run_id)
    }
    # A store that was moved may record locations of several machines. The id of a run leads to the run in all of them.
    run_ids = {run_id for (run_id,) in facts.rows("SELECT run_id FROM runs")}
    for (source,) in sources:
        for root, path in _splits(_location(source)):
            run_id = roots.get(root) or _run_of_root(root, run_ids)
            if run_id:
                facts.execute(
                    """
                    UPDATE registered_model_versions
                    SET source_run_id = ?, source_path = ?
                    WHERE source = ? AND source_path IS NULL AND source_model_id IS NULL
                    """,
                    [run_id, path, source],
                )
                break


def _run_of_root(root: str, run_ids: set[str]) -> str | None:
    """Return the run whose id precedes the last folder, if that is ``artifacts``."""
    parent, _, name = root.rpartition("/")
    run_id = parent.rpartition("/")[2]
    return run_id if name == "artifacts" and run_id in run_ids else None


def _location(uri: str) -> str:
    """Return a URI or path in one form: local files without a scheme, folders without a trailing slash."""
    try:
        location = unquote(urlsplit(uri).path) if uri.startswith("file:") else uri
    except ValueError:
        location = uri
    return forward_slashes(location).removeprefix("./").rstrip("/")


def _splits(location: str) -> Iterator[tuple[str, str]]:
    """Split a location at each of its slashes, the longest root first."""
    slash = location.rfind("/")
    while slash > 0:
        yield location[:slash].rstrip("/"), location[slash + 1 :].strip("/")
        slash = location.rfind("/", 0, slash)


def _count_traces(facts: Facts) -> None:
    facts.execute(
        """
        INSERT INTO run_traces (run_id, traces, assessments)
        SELECT run_id, count(DISTINCT trace_id), count(assessment_id)
        FROM traces
        LEFT JOIN assessments USING (trace_id)
        WHERE run_id IS NOT NULL
        GROUP BY run_id
        ORDER BY run_id
        """
    )


def _remove_credentials(facts: Facts, table: str, column: str) -> None:
    table, column = facts.own_table(table), identifier(column)
    # Credentials in a URL come with an @ or as the value of a parameter.
    suspects = facts.rows(
        f"SELECT DISTINCT {column} FROM {table} WHERE regexp_matches({column}, '://.*[@=]', 's')"
    )
    for (value,) in suspects:
        if (public := urls_without_credentials(value)) != value:
            facts.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", [public, value])


def _drop_strays_and_sort(facts: Facts, table: str, owner: str | None) -> None:
    columns = ", ".join(map(identifier, TABLES[table].columns))
    own_table = facts.own_table(table)
    has_owner = f"SEMI JOIN {owner} USING ({', '.join(_KEYS[owner])})" if owner else ""
    has_key = " AND ".join(f"{key} IS NOT NULL" for key in _KEYS.get(table, ())) or "true"
    # Models with the same environment name the same packages.
    distinct = "DISTINCT" if table == "environment_packages" else ""
    facts.execute(
        f"""
        CREATE OR REPLACE TABLE {own_table} AS
        SELECT {distinct} {columns}
        FROM {own_table}
        {has_owner}
        WHERE {has_key}
        ORDER BY ALL
        """
    )
