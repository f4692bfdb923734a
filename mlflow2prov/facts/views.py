"""Views over the fact tables: what the templates read, a row for what they describe.

A view joins what stands in several tables and leaves out what was not asked for; it adds nothing that
the tables do not say. In the SQL, ``{name}`` is a fact table or an earlier view.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlflow2prov.facts.schema import TABLES, Table, Type

TEXT, TIME, INTEGER, NUMBER, BOOLEAN = Type

DELETED_TOGETHER = 1.0
"""Seconds within which a run's deletion counts as part of its experiment's deletion."""


@dataclass(frozen=True)
class View(Table):
    """A table that is computed: its columns' types and the SQL that gives them, in that order."""

    sql: str

    @property
    def sources(self) -> set[str]:
        """The tables and views without which there are no rows: those that are read and not only joined."""
        return set(re.findall(r"\bFROM \{(\w+)\}", self.sql))


def _columns(table: str, **more: Type) -> dict[str, Type]:
    return {**TABLES[table].columns, **more}


_BOT = r"name ILIKE '%[bot]' OR email ILIKE '%[bot]@%' OR regexp_matches(name, '(?i)(^|[-_ ])bot$')"

_GIT = (
    View(
        "selected_commits",
        _columns("commits", started_at=TIME, ended_at=TIME, pushed=TEXT),
        """
        SELECT c.*,
            CASE WHEN authored_epoch <= committed_epoch THEN authored_at
                 ELSE coalesce(committed_at, authored_at) END,
            CASE WHEN authored_epoch <= committed_epoch THEN committed_at
                 ELSE coalesce(authored_at, committed_at) END,
            CASE WHEN u.sha IS NOT NULL THEN 'false' END
        FROM {commits} c LEFT JOIN {unpushed_commits} u ON u.sha = c.sha WHERE is_selected
        """,
    ),
    View(
        "selected_parents",
        _columns("parents"),
        "SELECT p.* FROM {parents} p SEMI JOIN {selected_commits} USING (ordinal)",
    ),
    View(
        "selected_coauthors",
        _columns("coauthors"),
        "SELECT c.* FROM {coauthors} c SEMI JOIN {selected_commits} USING (ordinal)",
    ),
    View(
        "people",
        {"name": TEXT, "email": TEXT, "label": TEXT, "is_bot": BOOLEAN},
        f"""
        SELECT DISTINCT name, email, coalesce(name, email), coalesce({_BOT}, false)
        FROM (
            SELECT author_name AS name, author_email AS email FROM {{selected_commits}}
            UNION ALL SELECT committer_name, committer_email FROM {{selected_commits}}
            UNION ALL SELECT name, email FROM {{selected_coauthors}}
            UNION ALL SELECT author_name, author_email FROM {{revisions}} WHERE is_selected
        )
        """,
    ),
    # A revision or deletion, its file's base name, its blob as a Software Heritage identifier, and
    # whether it begins its file.
    View(
        "file_changes",
        _columns("revisions", name=TEXT, swhid=TEXT, is_start=BOOLEAN),
        """
        SELECT *, CASE WHEN path NOT LIKE '"%' THEN parse_filename(path, false, 'forward_slash')
                -- A path in git's quotes: so is its last part, where it needs them.
                WHEN contains(regexp_extract(path, '([^/]*)"$', 1), '\\')
                THEN '"' || regexp_extract(path, '([^/"]*"?)$')
                ELSE regexp_extract(path, '([^/"]*)"$', 1) END,
            CASE WHEN length(blob) <> 40 THEN blob
                 WHEN mode = '160000' THEN 'swh:1:rev:' || blob
                 ELSE 'swh:1:cnt:' || blob END,
            status <> 'D' AND file_sha = sha AND file_path = path
        FROM {revisions} WHERE is_selected
        """,
    ),
)

_EXPERIMENTS = (
    # `store` is the fingerprint of the MLflow store: experiment ids and model names repeat elsewhere.
    View(
        "stored_experiments",
        _columns("experiments", store=TEXT, user=TEXT, deleted_at=TIME),
        """
        SELECT e.*, s.fingerprint, t.value,
            CASE WHEN lifecycle_stage = 'deleted' THEN last_updated_at END
        FROM {experiments} e CROSS JOIN {stores} s
        LEFT JOIN {experiment_tags} t ON t.experiment_id = e.experiment_id AND t.key = 'mlflow.user'
        """,
    ),
    View(
        "stored_experiment_tags",
        _columns("experiment_tags", store=TEXT, user=TEXT, lifecycle_stage=TEXT, deleted_at=TIME),
        """
        SELECT t.*, e.store, e."user", e.lifecycle_stage, e.deleted_at
        FROM {experiment_tags} t JOIN {stored_experiments} e USING (experiment_id)
        """,
    ),
)


def _with_run(table: str) -> View:
    """Return the view of what belongs to runs, with what its template wants to know of the run."""
    return View(
        f"stored_{table}",
        _columns(
            table,
            user=TEXT,
            lifecycle_stage=TEXT,
            deleted_at=TIME,
            store=TEXT,
            experiment_id=TEXT,
            experiment_deleted_at=TIME,
            is_deleted_with_experiment=BOOLEAN,
        ),
        f"""
        SELECT t.*, r."user", r.lifecycle_stage, r.deleted_at, r.store, r.experiment_id,
            r.experiment_deleted_at, r.is_deleted_with_experiment
        FROM {{{table}}} t JOIN {{stored_runs}} r USING (run_id)
        """,
    )


# What MLflow's tags say of the working tree that a run or logged model came from.
_ORIGIN = """
    max(lower(trim(value))) FILTER (key = 'mlflow.source.git.commit') AS commit,
    max(value) FILTER (key = 'mlflow.source.git.branch') AS branch,
    max(lower(value)) FILTER (key = 'mlflow.source.git.dirty') AS dirty,
    max(value) FILTER (key = 'mlflow.source.git.repoURL') AS repository_url
"""

_RUNS = (
    # A run with what its tags say of its origin. `commit` is the hash the run gives, `known_commit` the
    # same where the repository has it; (`revision_sha`, `revision_path`) is the source file's revision.
    # An experiment's deletion deletes its runs: `is_deleted_with_experiment`.
    View(
        "stored_runs",
        _columns(
            "runs",
            store=TEXT,
            note=TEXT,
            source_name=TEXT,
            branch=TEXT,
            dirty=TEXT,
            repository_url=TEXT,
            traces=INTEGER,
            assessments=INTEGER,
            commit=TEXT,
            known_commit=TEXT,
            revision_sha=TEXT,
            revision_path=TEXT,
            parent_run_id=TEXT,
            experiment_deleted_at=TIME,
            is_deleted_with_experiment=BOOLEAN,
        ),
        f"""
        WITH tags AS (
            SELECT run_id,
                max(value) FILTER (key = 'mlflow.note.content') AS note,
                max(value) FILTER (key = 'mlflow.source.name') AS source_name,
                {_ORIGIN},
                max(value) FILTER (key = 'mlflow.parentRunId') AS parent_run_id
            FROM {{run_tags}} WHERE value <> '' GROUP BY run_id
        )
        SELECT r.*, e.store, t.note, t.source_name, t.branch, t.dirty, t.repository_url,
            n.traces, nullif(n.assessments, 0), t.commit, c.sha, s.sha, s.path,
            nullif(t.parent_run_id, r.run_id), e.deleted_at,
            coalesce(r.lifecycle_stage = 'deleted' AND e.lifecycle_stage = 'deleted' AND NOT coalesce(
                epoch(r.deleted_at::TIMESTAMPTZ) < epoch(e.deleted_at::TIMESTAMPTZ) - {DELETED_TOGETHER},
                false), false)
        FROM {{runs}} r
        LEFT JOIN {{stored_experiments}} e USING (experiment_id)
        LEFT JOIN tags t USING (run_id)
        LEFT JOIN {{commits}} c ON c.sha = t.commit
        LEFT JOIN {{run_sources}} s USING (run_id)
        LEFT JOIN {{run_traces}} n USING (run_id)
        """,
    ),
    *(
        _with_run(table)
        for table in ("run_tags", "params", "metrics", "artifacts", "dataset_inputs")
    ),
)

_LOGGED_MODELS = (
    View(
        "stored_logged_models",
        _columns(
            "logged_models",
            user=TEXT,
            commit=TEXT,
            branch=TEXT,
            dirty=TEXT,
            repository_url=TEXT,
            known_commit=TEXT,
        ),
        f"""
        WITH tags AS (
            SELECT model_id, {_ORIGIN} FROM {{logged_model_tags}} WHERE value <> '' GROUP BY model_id
        )
        SELECT m.*, r."user", t.commit, t.branch, t.dirty, t.repository_url, c.sha
        FROM {{logged_models}} m LEFT JOIN {{runs}} r ON r.run_id = m.source_run_id
        LEFT JOIN tags t USING (model_id)
        LEFT JOIN {{commits}} c ON c.sha = t.commit
        """,
    ),
)

_ENVIRONMENTS = (
    # An environment with what it belongs to: a logged model, else a run and its artifact at `path`.
    View(
        "stored_environments",
        _columns("environments", run_id=TEXT, model_id=TEXT, creator_run_id=TEXT),
        """
        SELECT e.*, r.run_id, m.model_id, coalesce(r.run_id, m.source_run_id)
        FROM {environments} e LEFT JOIN {runs} r ON r.run_id = e.owner_id
        LEFT JOIN {logged_models} m ON m.model_id = e.owner_id
        """,
    ),
)

_TRACES = (
    # `person` is who assessed, where that was a person.
    View(
        "stored_assessments",
        _columns("assessments", person=TEXT),
        "SELECT *, CASE WHEN source_type = 'human' AND source_id <> 'default' THEN source_id END FROM {assessments}",
    ),
)

# What a row of the registry is about, as the first part of its types' names.
_KIND = "CASE WHEN is_prompt THEN 'Prompt' ELSE 'RegisteredModel' END"

_REGISTRY = (
    View(
        "stored_registered_models",
        _columns("registered_models", store=TEXT, user=TEXT, kind=TEXT),
        f"""
        SELECT m.*, s.fingerprint, t.value, {_KIND}
        FROM {{registered_models}} m CROSS JOIN {{stores}} s
        LEFT JOIN {{registered_model_tags}} t ON t.name = m.name AND t.key = 'mlflow.user'
        """,
    ),
    View(
        "stored_registered_model_tags",
        _columns("registered_model_tags", store=TEXT, user=TEXT, kind=TEXT),
        """
        SELECT t.*, m.store, m."user", m.kind
        FROM {registered_model_tags} t JOIN {stored_registered_models} m USING (name)
        """,
    ),
    View(
        "stored_aliases",
        _columns("registered_model_aliases", store=TEXT, kind=TEXT, uri=TEXT),
        """
        SELECT a.*, m.store, m.kind,
            CASE WHEN m.is_prompt THEN 'prompts:/' ELSE 'models:/' END || a.name || '@' || a.alias
        FROM {registered_model_aliases} a JOIN {stored_registered_models} m USING (name)
        """,
    ),
    # `creator` is who registered the version: MLflow's user of it, else its tag.
    View(
        "stored_versions",
        _columns("registered_model_versions", store=TEXT, creator=TEXT, uri=TEXT, kind=TEXT),
        f"""
        SELECT v.*, s.fingerprint, coalesce(v."user", t.value),
            CASE WHEN is_prompt THEN 'prompts:/' ELSE 'models:/' END || v.name || '/' || v.version,
            {_KIND}
        FROM {{registered_model_versions}} v CROSS JOIN {{stores}} s
        LEFT JOIN {{registered_model_version_tags}} t
            ON t.name = v.name AND t.version = v.version AND t.key = 'mlflow.user'
        """,
    ),
    View(
        "stored_version_tags",
        _columns(
            "registered_model_version_tags",
            store=TEXT,
            creator=TEXT,
            kind=TEXT,
            is_deleted=BOOLEAN,
            deleted_at=TIME,
        ),
        """
        SELECT t.*, v.store, v.creator, v.kind, v.is_deleted, v.deleted_at
        FROM {registered_model_version_tags} t JOIN {stored_versions} v USING (name, version)
        """,
    ),
)

_MLFLOW_USERS = (
    View(
        "mlflow_users",
        {"username": TEXT},
        """
        SELECT DISTINCT username FROM (
            SELECT "user" AS username FROM {runs}
            UNION ALL SELECT "user" FROM {stored_experiments}
            UNION ALL SELECT "user" FROM {stored_registered_models}
            UNION ALL SELECT creator FROM {stored_versions}
            UNION ALL SELECT "user" FROM {traces}
            UNION ALL SELECT person FROM {stored_assessments}
        ) WHERE username <> ''
        """,
    ),
)

VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        *_GIT,
        *_EXPERIMENTS,
        *_RUNS,
        *_LOGGED_MODELS,
        *_ENVIRONMENTS,
        *_TRACES,
        *_REGISTRY,
        *_MLFLOW_USERS,
    )
}
