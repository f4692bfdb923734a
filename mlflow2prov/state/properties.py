"""The properties of a project's resources that Git and MLflow overwrite, as one table of values.

A row is the value of one property of one subject. Two observations of the same project differ in these rows where
something changed in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlflow2prov.engine import Sql
from mlflow2prov.facts.differences import Differences

TABLE = "observed_properties"

SUBJECT_COLUMNS = (
    "is_prompt",
    "identity",
    "name",
    "version",
    "alias",
    "experiment_id",
    "run_id",
    "model_id",
)
"""The columns that identify the subject of a property, as those of ``observed_changes`` do."""

# Each query returns the subject, its address, the columns that identify it, and a property with its value. `updated_at`
# is the time at which MLflow says that the subject changed; `is_open` marks runs that still record their own tags.
_EXPERIMENTS = """
    SELECT
        'experiment' AS subject, coalesce(name, experiment_id) AS uri, identity, experiment_id,
        unnest([
            {'property': 'presence', 'value': 'present', 'updated_at': NULL, 'time_source': NULL},
            {'property': 'name', 'value': name, 'updated_at': last_updated_at, 'time_source': 'last_update_time'},
            {
                'property': 'lifecycle_stage',
                'value': lifecycle_stage,
                'updated_at': last_updated_at,
                'time_source': 'last_update_time'
            }
        ], recursive := true)
    FROM experiments
"""
_EXPERIMENT_TAGS = """
    SELECT
        'experiment' AS subject, coalesce(experiments.name, experiment_id) AS uri, identity, experiment_id,
        'tag' AS property, key, value
    FROM experiment_tags
    JOIN experiments USING (experiment_id)
"""
_RUNS = """
    SELECT
        'run' AS subject, 'runs:/' || run_id AS uri, run_id,
        status NOT IN ('finished', 'failed', 'killed') AS is_open,
        unnest([
            {'property': 'presence', 'value': 'present', 'updated_at': NULL, 'time_source': NULL},
            {'property': 'name', 'value': name, 'updated_at': NULL, 'time_source': NULL},
            {'property': 'status', 'value': status, 'updated_at': ended_at, 'time_source': 'end_time'},
            {
                'property': 'lifecycle_stage',
                'value': lifecycle_stage,
                'updated_at': deleted_at,
                'time_source': 'deleted_time'
            }
        ], recursive := true)
    FROM runs
"""
_RUN_TAGS = """
    SELECT 'run' AS subject, 'runs:/' || run_id AS uri, run_id, 'tag' AS property, key, value
    FROM run_tags
    WHERE key <> 'mlflow.runName'
"""
_LOGGED_MODELS = """
    SELECT
        'logged_model' AS subject, 'models:/' || model_id AS uri, model_id,
        unnest([
            {'property': 'presence', 'value': 'present', 'updated_at': NULL, 'time_source': NULL},
            {'property': 'name', 'value': name, 'updated_at': NULL, 'time_source': NULL},
            {
                'property': 'status',
                'value': status,
                'updated_at': last_updated_at,
                'time_source': 'last_updated_timestamp'
            },
            {
                'property': 'lifecycle_stage',
                'value': lifecycle_stage,
                'updated_at': last_updated_at,
                'time_source': 'last_updated_timestamp'
            }
        ], recursive := true)
    FROM logged_models
"""
_LOGGED_MODEL_MEMBERS = """
    SELECT 'logged_model' AS subject, 'models:/' || model_id AS uri, model_id, 'tag' AS property, key, value
    FROM logged_model_tags
    UNION ALL BY NAME
    SELECT 'logged_model' AS subject, 'models:/' || model_id AS uri, model_id, 'param' AS property, key, value
    FROM logged_model_params
"""
_SCHEME = "CASE WHEN is_prompt THEN 'prompts:/' ELSE 'models:/' END"
_REGISTERED_MODELS = f"""
    SELECT
        'registered_model' AS subject, {_SCHEME} || name AS uri, is_prompt, identity, name,
        unnest([
            {{'property': 'presence', 'value': 'present'}},
            {{'property': 'description', 'value': description}}
        ], recursive := true)
    FROM registered_models
"""
_REGISTERED_MODEL_TAGS = f"""
    SELECT
        'registered_model' AS subject, {_SCHEME} || name AS uri, is_prompt, identity, name,
        'tag' AS property, key, value
    FROM registered_model_tags
    JOIN registered_models USING (name)
"""
_ALIASES = f"""
    SELECT
        'alias' AS subject, {_SCHEME} || name || '@' || alias AS uri, is_prompt, identity, name, alias,
        'version' AS property, version AS value
    FROM registered_model_aliases
    JOIN registered_models USING (name)
"""
_VERSIONS = f"""
    SELECT
        'version' AS subject, {_SCHEME} || name || '/' || version AS uri, is_prompt, identity, name, version,
        unnest([
            {{
                'property': 'presence',
                'value': CASE WHEN is_deleted THEN NULL ELSE 'present' END,
                'updated_at': deleted_at,
                'time_source': 'last_updated_timestamp'
            }},
            {{
                'property': 'stage',
                'value': stage,
                'updated_at': last_updated_at,
                'time_source': 'last_updated_timestamp'
            }},
            {{
                'property': 'description',
                'value': description,
                'updated_at': last_updated_at,
                'time_source': 'last_updated_timestamp'
            }},
            {{
                'property': 'status',
                'value': status,
                'updated_at': last_updated_at,
                'time_source': 'last_updated_timestamp'
            }}
        ], recursive := true)
    FROM registered_model_versions
"""
_VERSION_TAGS = f"""
    SELECT
        'version' AS subject, {_SCHEME} || name || '/' || version AS uri, is_prompt, identity, name, version,
        'tag' AS property, key, value
    FROM registered_model_version_tags
    JOIN registered_model_versions USING (name, version)
"""

_COLUMNS = f"""
    SELECT
        NULL::VARCHAR AS subject, NULL::VARCHAR AS uri, NULL::BOOLEAN AS is_prompt,
        {", ".join(f"NULL::VARCHAR AS {column}" for column in SUBJECT_COLUMNS[1:])},
        NULL::VARCHAR AS property, NULL::VARCHAR AS key, NULL::VARCHAR AS value,
        NULL::VARCHAR AS updated_at, NULL::VARCHAR AS time_source, NULL::BOOLEAN AS is_open
    WHERE false
"""


@dataclass(frozen=True)
class _Resource:
    """A kind of resources whose properties are independent of those of the others."""

    tables: tuple[str, ...]
    """The tables that its properties come from."""
    queries: tuple[str, ...]
    key: str = ""
    """A column of all tables, if the properties of one resource come from the rows with one value of it."""


_RESOURCES = (
    _Resource(
        ("experiments", "experiment_tags"), (_EXPERIMENTS, _EXPERIMENT_TAGS), "experiment_id"
    ),
    _Resource(("runs", "run_tags"), (_RUNS, _RUN_TAGS), "run_id"),
    _Resource(
        ("logged_models", "logged_model_tags", "logged_model_params"),
        (_LOGGED_MODELS, _LOGGED_MODEL_MEMBERS),
        "model_id",
    ),
    _Resource(
        (
            "registered_models",
            "registered_model_tags",
            "registered_model_aliases",
            "registered_model_versions",
            "registered_model_version_tags",
        ),
        (_REGISTERED_MODELS, _REGISTERED_MODEL_TAGS, _ALIASES, _VERSIONS, _VERSION_TAGS),
    ),
)


def create_properties(differences: Differences) -> tuple[Sql, Sql]:
    """Create two tables of the properties of the resources that may differ, and return their qualified names.

    The first has those of the later observation. ``subject_key`` identifies the subject, and with ``property`` and
    ``key`` the row. The tables are among those of the facts.
    """
    queries = [
        query for resource in _RESOURCES for query in _different_properties(resource, differences)
    ]
    # A resource of a store is known by its identity, under which a name or an id may be used again.
    identifying = ", ".join(f"coalesce({column}::VARCHAR, '')" for column in SUBJECT_COLUMNS[1:])
    for facts in (differences.facts, differences.previous):
        facts.execute(
            f"""
            CREATE OR REPLACE TABLE {TABLE} AS
            SELECT
                * REPLACE (coalesce(key, '') AS key),
                concat_ws(chr(31), subject, {identifying}) AS subject_key
            FROM ({" UNION ALL BY NAME ".join(f"({query})" for query in (_COLUMNS, *queries))})
            """
        )
    return differences.facts.table(TABLE), differences.previous.table(TABLE)


def _different_properties(resource: _Resource, differences: Differences) -> Iterator[str]:
    """Yield the queries for the properties of those resources of a kind that may differ."""
    tables = [
        difference for name in resource.tables if (difference := differences.of(name)) is not None
    ]
    if not tables or not resource.key:
        yield from resource.queries if tables else ()
        return
    keys = " UNION ".join(
        f"SELECT {resource.key} FROM {table}"
        for difference in tables
        for table in (difference.additions, difference.deletions)
    )
    for query in resource.queries:
        yield f"SELECT * FROM ({query}) WHERE {resource.key} IN ({keys})"
