"""The tables of MLflow's logged models and of its model registry."""

from mlflow2prov.facts.schema.table import BOOLEAN, INTEGER, NUMBER, TEXT, TIME, Table, tag_table

_LOGGED_MODELS = (
    Table(
        "logged_models",
        {
            "model_id": TEXT,
            "experiment_id": TEXT,
            "name": TEXT,
            "model_type": TEXT,
            "source_run_id": TEXT,
            "status": TEXT,
            "lifecycle_stage": TEXT,
            "created_at": TIME,
            "last_updated_at": TIME,
            "artifact_location": TEXT,
        },
    ),
    tag_table("logged_model_tags", model_id=TEXT),
    tag_table("logged_model_params", model_id=TEXT),
    Table(
        "logged_model_metrics",
        {
            "model_id": TEXT,
            "run_id": TEXT,
            "key": TEXT,
            "value": NUMBER,
            "step": INTEGER,
            "timestamp": TIME,
        },
    ),
    # A logged model that a run used ("input") or produced ("output").
    Table("run_models", {"run_id": TEXT, "model_id": TEXT, "direction": TEXT, "step": INTEGER}),
    Table(
        "logged_model_artifacts",
        {"model_id": TEXT, "path": TEXT, "is_dir": BOOLEAN, "file_size": INTEGER},
    ),
)

_REGISTRY = (
    # A registered model, or a prompt, which MLflow stores as a registered model with a tag. `identity`
    # distinguishes it from one with the same name in another store.
    Table(
        "registered_models",
        {
            "name": TEXT,
            "is_prompt": BOOLEAN,
            "description": TEXT,
            "created_at": TIME,
            "last_updated_at": TIME,
            "identity": TEXT,
        },
    ),
    tag_table("registered_model_tags", name=TEXT),
    Table("registered_model_aliases", {"name": TEXT, "alias": TEXT, "version": TEXT}),
    # A version of a registered model or prompt. `source` is the path or URI that it was registered
    # from; `source_run_id`, `source_model_id` and `source_path` are the run, the logged model and the
    # artifact of the run that `source` refers to, or (`source_name`, `source_version`) the version.
    # MLflow keeps the row of a deleted version (`is_deleted`, `deleted_at`) and redacts some columns,
    # which are NULL here. `identity` is that of the registered model.
    Table(
        "registered_model_versions",
        {
            "name": TEXT,
            "version": TEXT,
            "is_prompt": BOOLEAN,
            "description": TEXT,
            "user": TEXT,
            "stage": TEXT,
            "source": TEXT,
            "source_run_id": TEXT,
            "source_model_id": TEXT,
            "source_path": TEXT,
            "source_name": TEXT,
            "source_version": TEXT,
            "run_link": TEXT,
            "status": TEXT,
            "status_message": TEXT,
            "created_at": TIME,
            "last_updated_at": TIME,
            "is_deleted": BOOLEAN,
            "deleted_at": TIME,
            "identity": TEXT,
        },
    ),
    tag_table("registered_model_version_tags", name=TEXT, version=TEXT),
)

TABLES = (*_LOGGED_MODELS, *_REGISTRY)
