"""The query behind each question of an audit, over the statements of the mapping (``docs/prov-model.md``).

A query answers its question for all subjects of a call at once. It is built from
:class:`~mlflow2prov.analysis.subject_tables.SubjectTables` by one function, listed in :data:`_QUERIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlflow2prov import engine
from mlflow2prov.analysis import call_queries
from mlflow2prov.analysis.item import Item, non_empty
from mlflow2prov.analysis.options import SubjectKind
from mlflow2prov.analysis.query import (
    Query,
    agents,
    attributes,
    elements,
    members,
    missing_elements,
    recorded,
    used,
)
from mlflow2prov.analysis.subject_tables import SUBJECT_TYPES, SubjectTables
from mlflow2prov.engine import identifier, literal

_SUBJECT_KEYS = (
    "name",
    "version",
    "uri",
    "registered_model_version_stage",
    "run_id",
    "model_id",
    "path",
    "status",
    "lifecycle_stage",
    "description",
    "created_at",
)
_ENVIRONMENT_FILES = ("requirements.txt", "conda.yaml", "python_env.yaml")

_ARTIFACT_OF_RUN = r"'^.*/([0-9a-f]{32})/artifacts/(.+)$'"
"""The SQL of a regular expression: the location of an artifact, with the id of its run."""

_LABEL = "attr(element.attributes, 'prov:label')"
_NAME = "attr(element.attributes, 'name')"
_PATH = "attr(element.attributes, 'path')"


def subject_items(tables: SubjectTables) -> dict[str, tuple[SubjectKind, Item]]:
    """Return the kind and the item of each subject that has one of the types of :data:`SUBJECT_TYPES`."""
    columns = ",\n".join(f"attr(entity.attributes, {literal(key)})" for key in _SUBJECT_KEYS)
    rows = engine.rows(
        f"""
        WITH alias_names AS (
            SELECT DISTINCT
                alternate.alternate2 AS subject,
                attr(alias.attributes, 'name') AS name
            FROM {tables.statements("alternateOf")} AS alternate
            JOIN {tables.statements("entity")} AS alias ON alias.id = alternate.alternate1
            WHERE alternate.alternate2 IN (SELECT subject FROM {tables.subjects})
        ),
        aliases AS (
            SELECT subject, string_agg(name, ', ' ORDER BY name) AS names
            FROM alias_names
            GROUP BY subject
        ),
        deletions AS (
            SELECT entity AS subject, coalesce(max(time), 'yes') AS time
            FROM {tables.statements("wasInvalidatedBy")}
            WHERE entity IN (SELECT subject FROM {tables.subjects})
            GROUP BY entity
        )
        SELECT
            entity.id,
            domain_type(entity.attributes),
            coalesce(
                attr(entity.attributes, 'prov:label'),
                attr(entity.attributes, 'name'),
                entity.id
            ),
            {columns},
            deletions.time,
            aliases.names
        FROM {tables.statements("entity")} AS entity
        LEFT JOIN aliases ON aliases.subject = entity.id
        LEFT JOIN deletions ON deletions.subject = entity.id
        WHERE entity.id IN (SELECT subject FROM {tables.subjects})
        -- If several bundles describe a subject, the last row counts: that of the document itself.
        ORDER BY entity.bundle DESC
        """
    )
    keys = ("type", *_SUBJECT_KEYS, "deleted_at", "aliases")
    return {
        subject: (
            SUBJECT_TYPES[type_name],
            Item(label, subject, non_empty(dict(zip(keys, (type_name, *values), strict=True)))),
        )
        for subject, type_name, label, *values in rows
        if type_name in SUBJECT_TYPES
    }


def answer_items(tables: SubjectTables, question: str) -> dict[str, tuple[Item, ...]]:
    """Return the items of the answers to a question by subject, in a stable order and without repetitions."""
    keys, sql, first = _QUERIES[question](tables)
    columns = [identifier(key) for key in keys]
    groups = ", ".join(["subject", "label", *columns])
    order = ", ".join(
        [
            "subject",
            first,
            "label",
            *(f"TRY_CAST({column} AS DOUBLE) NULLS LAST, {column}" for column in columns),
            "identifier",
        ]
    )
    rows = engine.rows(
        f"""
        WITH answers AS ({sql})
        SELECT min(identifier) AS identifier, {groups}
        FROM answers
        GROUP BY {groups}
        ORDER BY {order}
        """
    )
    items: dict[str, list[Item]] = {}
    for name, subject, label, *values in rows:
        item = Item(label, name, non_empty(dict(zip(keys, values, strict=True))))
        items.setdefault(subject, []).append(item)
    return {subject: tuple(answers) for subject, answers in items.items()}


# The questions.


def _source(tables: SubjectTables) -> Query:
    """Return the query for the models and versions behind a version; without one, for the source that it names.

    A source among the artifacts of a run has the name that users write, ``runs:/<id>/<path>``.
    """
    types = ["LoggedModel", "ModelArtifact", "RegisteredModelVersion", "PromptVersion", "Artifact"]
    pairs = (
        f"SELECT subject, model AS identifier, distance FROM {tables.models} WHERE model <> subject"
    )
    sources = elements(
        tables,
        pairs,
        types,
        _LABEL,
        {
            **attributes("model_id", "uri", "path", "model_type", "status", "lifecycle_stage"),
            "distance": "pairs.distance",
        },
        has_missing=False,
    )
    return Query(
        (*(key for key in sources.keys if key != "distance"), "missing"),
        f"""
        WITH sources AS ({sources.sql}),
        missing_sources AS ({missing_elements(tables, pairs, types)}),
        locations AS (
            SELECT versions.subject, max(attr(entity.attributes, 'source_path')) AS location
            FROM {tables.versions} AS versions
            JOIN {tables.statements("entity")} AS entity ON entity.id = versions.version
            WHERE versions.subject = versions.version
            GROUP BY versions.subject
        ),
        named_sources AS (
            SELECT
                subject,
                regexp_replace(location, {_ARTIFACT_OF_RUN}, 'runs:/\\1/\\2') AS label,
                nullif(location, label) AS uri
            FROM locations
            WHERE location IS NOT NULL AND subject NOT IN (SELECT subject FROM sources)
        )
        SELECT * FROM sources
        UNION ALL BY NAME
        SELECT named_sources.*, missing_sources.missing
        FROM named_sources
        LEFT JOIN missing_sources USING (subject)
        UNION ALL BY NAME
        SELECT *
        FROM missing_sources
        WHERE subject NOT IN (SELECT subject FROM named_sources)
        """,
        order="min(distance)",
    )


def _registered_by(tables: SubjectTables) -> Query:
    return agents(tables, f"SELECT subject, activity FROM {tables.registrations}")


def _registered_at(tables: SubjectTables) -> Query:
    return Query(
        (),
        f"""
        SELECT subject, NULL AS identifier, time AS label
        FROM {tables.registrations}
        WHERE time IS NOT NULL
        """,
    )


def _run(tables: SubjectTables) -> Query:
    """Return the query for the runs; for one that the document does not describe, for its id."""
    runs = elements(
        tables,
        f"""
        SELECT
            runs.subject,
            runs.run AS identifier,
            activity.startTime AS started_at,
            activity.endTime AS ended_at
        FROM {tables.runs} AS runs
        LEFT JOIN {tables.statements("activity")} AS activity ON activity.id = runs.activity
        """,
        ["Run"],
        _LABEL,
        {
            **attributes("run_id", "uri", "status", "lifecycle_stage"),
            "started_at": "pairs.started_at",
            "ended_at": "pairs.ended_at",
        },
    )
    return Query(
        runs.keys,
        f"""
        WITH runs AS ({runs.sql})
        SELECT * FROM runs
        UNION ALL BY NAME
        SELECT subject, run_id AS label, run_id, 'runs:/' || run_id AS uri
        FROM {tables.missing_runs}
        """,
    )


def _run_by(tables: SubjectTables) -> Query:
    return agents(tables, f"SELECT subject, activity FROM {tables.run_creations}")


def _experiment(tables: SubjectTables) -> Query:
    return _collections(tables, "Experiment", "experiment_id", "lifecycle_stage")


def _parent_run(tables: SubjectTables) -> Query:
    return _collections(tables, "Run", "run_id", "uri")


def _collections(tables: SubjectTables, collection_type: str, *keys: str) -> Query:
    """Return the query for the collections of a type that the run is a member of."""
    return elements(
        tables,
        f"""
        SELECT runs.subject, membership.collection AS identifier
        FROM {tables.runs} AS runs
        JOIN {tables.statements("hadMember")} AS membership ON membership.entity = runs.run
        """,
        [collection_type],
        _LABEL,
        attributes(*keys),
    )


def _commit(tables: SubjectTables) -> Query:
    """Return the query for the commits of the repository; without one, for the hash that the run recorded."""
    recorded_values = recorded(tables, "commit", "repository_url")
    commits = elements(
        tables,
        f"""
        WITH recorded AS ({recorded_values})
        SELECT
            commits.subject,
            commits.commit AS identifier,
            max(recorded.repository_url) AS repository_url
        FROM {tables.commits} AS commits
        LEFT JOIN recorded ON recorded.subject = commits.subject
        GROUP BY commits.subject, commits.commit
        """,
        ["Commit"],
        "attr(element.attributes, 'sha')",
        {
            **attributes("title", "message", "authored_at", "committed_at", "pushed", "sha"),
            "repository_url": "pairs.repository_url",
        },
        "activity",
    )
    return Query(
        commits.keys,
        f"""
        WITH commits AS ({commits.sql}),
        recorded AS ({recorded_values})
        SELECT * FROM commits
        UNION ALL BY NAME
        SELECT
            subject,
            commit AS label,
            commit AS sha,
            max(repository_url) AS repository_url
        FROM recorded
        WHERE commit IS NOT NULL AND subject NOT IN (SELECT subject FROM {tables.commits})
        GROUP BY subject, commit
        """,
    )


def _authors(tables: SubjectTables) -> Query:
    return _agents_of_commit(tables, "Author")


def _committers(tables: SubjectTables) -> Query:
    return _agents_of_commit(tables, "Committer")


def _coauthors(tables: SubjectTables) -> Query:
    return _agents_of_commit(tables, "CoAuthor")


def _agents_of_commit(tables: SubjectTables, role: str) -> Query:
    return agents(tables, f"SELECT subject, commit AS activity FROM {tables.commits}", role)


def _dirty(tables: SubjectTables) -> Query:
    """Return the query for uncommitted changes: the run recorded them, or the commit lacks the run's script."""
    keys = ("uncommitted_script", "script_added_by", "script_added_at")
    columns = ",\n".join(f"max({key}) AS {key}" for key in keys)
    return Query(
        keys,
        f"""
        WITH recorded AS ({recorded(tables, "dirty", *keys)})
        SELECT
            subject,
            NULL AS identifier,
            CASE
                WHEN bool_or(uncommitted_script IS NOT NULL OR lower(dirty) = 'true') THEN 'yes'
                ELSE 'no'
            END AS label,
            {columns}
        FROM recorded
        WHERE lower(dirty) IN ('true', 'false') OR uncommitted_script IS NOT NULL
        GROUP BY subject
        """,
    )


def _script(tables: SubjectTables) -> Query:
    """Return the query for the revisions of scripts that the run executed; without one, for the name that it recorded.

    They have the entry point of a project. Inferred revisions count only without others.
    """
    sources = f"""
        WITH recorded AS ({recorded(tables, "source_name", "entry_point")})
        SELECT subject, max(source_name) AS label, max(entry_point) AS entry_point
        FROM recorded
        GROUP BY subject
        """
    revisions = elements(
        tables,
        f"""
        WITH used AS ({used(tables)})
        SELECT used.subject, used.identifier, used.inferred, sources.entry_point
        FROM used
        LEFT JOIN ({sources}) AS sources USING (subject)
        WHERE is_named(role, 'Source')
        QUALIFY used.inferred IS NULL OR bool_and(used.inferred IS NOT NULL) OVER (PARTITION BY subject)
        """,
        ["FileRevision"],
        _PATH,
        {
            **attributes("commit", "blob", "status"),
            "entry_point": "pairs.entry_point",
            "inferred": "pairs.inferred",
        },
    )
    return Query(
        revisions.keys,
        f"""
        WITH revisions AS ({revisions.sql})
        SELECT * FROM revisions
        UNION ALL BY NAME
        SELECT *
        FROM ({sources})
        WHERE label IS NOT NULL AND subject NOT IN (SELECT subject FROM revisions)
        """,
    )


def _parameters(tables: SubjectTables) -> Query:
    return elements(tables, members(tables), ["Param"], _NAME, attributes("value"))


def _metrics(tables: SubjectTables) -> Query:
    columns = attributes("step", "value", "timestamp")
    return elements(tables, members(tables), ["Metric"], _NAME, columns)


def _datasets(tables: SubjectTables) -> Query:
    """Return the query for the datasets of the run; without one, for the files that its captured calls read."""
    columns = {
        **attributes("digest"),
        "context": "pairs.context",
        **attributes("source_type", "source"),
    }
    datasets = elements(tables, used(tables), ["Dataset"], _NAME, columns)
    return Query(
        datasets.keys,
        f"""
        WITH datasets AS ({datasets.sql}),
        files AS ({call_queries.input_files(tables)})
        SELECT * FROM datasets
        UNION ALL BY NAME
        SELECT subject, identifier, coalesce(path, label) AS label, label AS digest
        FROM files
        WHERE subject NOT IN (SELECT subject FROM datasets)
        """,
    )


def _environment(tables: SubjectTables) -> Query:
    """Return the query for the environments that were read; without one, for the files that describe it.

    The files of a logged model are its members. Those of a model in the folder of a run are below its path.
    """
    environments = elements(
        tables,
        f"""
        WITH used AS ({used(tables)})
        SELECT subject, identifier FROM used
        UNION
        SELECT models.subject, derivation.usedEntity
        FROM {tables.models} AS models
        JOIN {tables.statements("wasDerivedFrom")} AS derivation
            ON derivation.generatedEntity = models.model
        """,
        ["SoftwareEnvironment"],
        _NAME,
        attributes("digest", "uri"),
    )
    artifacts = elements(
        tables, members(tables), ["Artifact"], _PATH, attributes("digest", "uri", "path")
    )
    return Query(
        environments.keys,
        f"""
        WITH environments AS ({environments.sql}),
        artifacts AS ({artifacts.sql}),
        folders AS (
            SELECT '' AS folder, subject FROM {tables.subjects}
            UNION
            SELECT attr(entity.attributes, 'path') || '/', models.subject
            FROM {tables.models} AS models
            JOIN {tables.statements("entity")} AS entity ON entity.id = models.model
        ),
        environment_files AS (
            SELECT subject, folder || unnest([{", ".join(map(literal, _ENVIRONMENT_FILES))}]) AS path
            FROM folders
        )
        SELECT * FROM environments
        UNION ALL BY NAME
        SELECT subject, identifier, label, digest, uri
        FROM artifacts
        SEMI JOIN environment_files USING (subject, path)
        WHERE subject NOT IN (SELECT subject FROM environments)
        """,
    )


def _stored_by(tables: SubjectTables) -> Query:
    """Return the query for the commits that added the run's files to the repository, with the authors of each."""
    storages = f"""
        SELECT runs.subject, usage.activity AS identifier
        FROM {tables.runs} AS runs
        JOIN {tables.statements("used")} AS usage ON usage.entity = runs.run
        WHERE is_named(attr(usage.attributes, 'prov:role'), 'StoredRun')
        """
    authors = agents(
        tables, f"SELECT identifier AS subject, identifier AS activity FROM ({storages})", "Author"
    )
    return elements(
        tables,
        f"""
        WITH authors AS ({authors.sql}),
        author_names AS (
            SELECT DISTINCT subject, label || coalesce(' <' || email || '>', '') AS name
            FROM authors
        ),
        authors_of_commits AS (
            SELECT subject AS identifier, string_agg(name, ', ' ORDER BY name) AS authors
            FROM author_names
            GROUP BY subject
        )
        SELECT * FROM ({storages}) LEFT JOIN authors_of_commits USING (identifier)
        """,
        ["Commit"],
        "attr(element.attributes, 'sha')",
        {**attributes("title", "committed_at", "sha"), "authors": "pairs.authors"},
        "activity",
    )


def _upstream_models(tables: SubjectTables) -> Query:
    types = ["LoggedModel", "ModelArtifact", "RegisteredModelVersion"]
    return elements(tables, used(tables), types, _LABEL, attributes("uri", "model_id"))


_QUERIES: Mapping[str, Callable[[SubjectTables], Query]] = {
    "source": _source,
    "registered_by": _registered_by,
    "registered_at": _registered_at,
    "run": _run,
    "run_by": _run_by,
    "experiment": _experiment,
    "parent_run": _parent_run,
    "commit": _commit,
    "authors": _authors,
    "committers": _committers,
    "coauthors": _coauthors,
    "dirty": _dirty,
    "script": _script,
    "parameters": _parameters,
    "metrics": _metrics,
    "datasets": _datasets,
    "environment": _environment,
    **call_queries.QUERIES,
    "stored_by": _stored_by,
    "upstream_models": _upstream_models,
}
"""The function that builds the query of each question of :data:`~mlflow2prov.analysis.questions.QUESTIONS`."""
