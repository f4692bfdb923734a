"""Views over MLflow's logged models, registered models and software environments."""

from mlflow2prov.facts.views.tracking import git_tags
from mlflow2prov.facts.views.view import BOOLEAN, TEXT, TIME, view

_LOGGED_MODELS = (
    # `commit` and `linked_commit` as in runs_of_experiments, from the model's own tags.
    view(
        "logged_models_of_runs",
        f"""
        SELECT
            logged_models.*,
            runs."user",
            tags.commit,
            tags.branch,
            tags.dirty,
            tags.repository_url,
            tags.linked_commit
        FROM logged_models
        LEFT JOIN runs ON runs.run_id = logged_models.source_run_id
        LEFT JOIN ({git_tags("logged_model_tags", "model_id")}) AS tags USING (model_id)
        """,
        rows_from="logged_models",
        extends="logged_models",
        user=TEXT,
        commit=TEXT,
        branch=TEXT,
        dirty=TEXT,
        repository_url=TEXT,
        linked_commit=TEXT,
    ),
)

_ENVIRONMENTS = (
    # The owner is a logged model (`model_id`), or a run with a model artifact at `path` (`run_id`).
    view(
        "environments_of_models",
        """
        SELECT
            environments.*,
            runs.run_id,
            logged_models.model_id,
            coalesce(runs.run_id, logged_models.source_run_id) AS creator_run_id
        FROM environments
        LEFT JOIN runs ON runs.run_id = environments.owner_id
        LEFT JOIN logged_models ON logged_models.model_id = environments.owner_id
        """,
        rows_from="environments",
        extends="environments",
        run_id=TEXT,
        model_id=TEXT,
        creator_run_id=TEXT,
    ),
)

KIND = "CASE WHEN is_prompt THEN 'Prompt' ELSE 'RegisteredModel' END"
"""The SQL for the kind of a row of the registry. MLflow keeps prompts as registered models."""

_URI_SCHEME = "CASE WHEN is_prompt THEN 'prompts:/' ELSE 'models:/' END"

_REGISTRY = (
    view(
        "registered_models_of_store",
        f"""
        SELECT
            registered_models.*,
            registered_model_tags.value AS "user",
            {KIND} AS kind
        FROM registered_models
        LEFT JOIN registered_model_tags
            ON registered_model_tags.name = registered_models.name
            AND registered_model_tags.key = 'mlflow.user'
        """,
        rows_from="registered_models",
        extends="registered_models",
        user=TEXT,
        kind=TEXT,
    ),
    view(
        "tags_of_registered_models",
        """
        SELECT registered_model_tags.*, model.identity, model."user", model.kind
        FROM registered_model_tags
        JOIN registered_models_of_store AS model USING (name)
        """,
        rows_from="registered_model_tags",
        extends="registered_model_tags",
        identity=TEXT,
        user=TEXT,
        kind=TEXT,
    ),
    view(
        "aliases_of_registered_models",
        f"""
        SELECT
            aliases.*,
            model.identity,
            model.kind,
            {_URI_SCHEME} || aliases.name || '@' || aliases.alias AS uri
        FROM registered_model_aliases AS aliases
        JOIN registered_models_of_store AS model USING (name)
        """,
        rows_from="registered_model_aliases",
        extends="registered_model_aliases",
        identity=TEXT,
        kind=TEXT,
        uri=TEXT,
    ),
    # `creator` is the user who registered the version, from its column or its tag. `source_identity` is the
    # identity of the registered model `source_name`.
    view(
        "versions_of_registered_models",
        f"""
        SELECT
            versions.*,
            originals.identity AS source_identity,
            coalesce(versions."user", tags.value) AS creator,
            {_URI_SCHEME} || versions.name || '/' || versions.version AS uri,
            {KIND} AS kind
        FROM registered_model_versions AS versions
        LEFT JOIN (SELECT name, identity FROM registered_models) AS originals
            ON originals.name = versions.source_name
        LEFT JOIN registered_model_version_tags AS tags
            ON tags.name = versions.name
            AND tags.version = versions.version
            AND tags.key = 'mlflow.user'
        """,
        rows_from="registered_model_versions",
        extends="registered_model_versions",
        source_identity=TEXT,
        creator=TEXT,
        uri=TEXT,
        kind=TEXT,
    ),
    view(
        "tags_of_versions",
        """
        SELECT
            tags.*,
            version.identity,
            version.creator,
            version.kind,
            version.is_deleted,
            version.deleted_at
        FROM registered_model_version_tags AS tags
        JOIN versions_of_registered_models AS version USING (name, version)
        """,
        rows_from="registered_model_version_tags",
        extends="registered_model_version_tags",
        identity=TEXT,
        creator=TEXT,
        kind=TEXT,
        is_deleted=BOOLEAN,
        deleted_at=TIME,
    ),
)

VIEWS = (*_LOGGED_MODELS, *_ENVIRONMENTS, *_REGISTRY)
