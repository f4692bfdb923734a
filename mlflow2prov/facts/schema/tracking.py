"""The tables of MLflow's store, its experiments, runs and traces."""

from mlflow2prov.facts.schema.table import BOOLEAN, INTEGER, NUMBER, TEXT, TIME, Table, tag_table

_EXPERIMENTS = (
    # The MLflow store, in one row. `url` has no credentials. `read_at` is the beginning of the reading
    # by this machine's clock, `is_complete` false if some facts could not be read, and `reread_from` the
    # milliseconds from which the next reading goes on with runs that are read again in turn
    # (mlflow2prov.sources.mlflow.rest.known_runs).
    Table(
        "stores",
        {
            "url": TEXT,
            "kind": TEXT,
            "version": TEXT,
            "read_at": TIME,
            "is_complete": BOOLEAN,
            "reread_from": INTEGER,
        },
    ),
    # A run of a server that was taken from an earlier reading, and when it was read last. Its name, tags,
    # params and metrics are as of then.
    Table("kept_runs", {"run_id": TEXT, "read_at": TIME}),
    # `identity` distinguishes the experiment from one with the same id in another store
    # (mlflow2prov.sources.mlflow.identity).
    Table(
        "experiments",
        {
            "experiment_id": TEXT,
            "name": TEXT,
            "artifact_location": TEXT,
            "lifecycle_stage": TEXT,
            "created_at": TIME,
            "last_updated_at": TIME,
            "workspace": TEXT,
            "identity": TEXT,
        },
    ),
    tag_table("experiment_tags", experiment_id=TEXT),
)

_RUNS = (
    # `status` and `lifecycle_stage` are in lower case ("finished", "deleted"). `user` is the tag
    # mlflow.user, or else the run's user_id. A server does not report `deleted_at`. The columns `early_...` are
    # those of MLflow before 1.0, which has tags in their place.
    Table(
        "runs",
        {
            "run_id": TEXT,
            "experiment_id": TEXT,
            "name": TEXT,
            "user": TEXT,
            "status": TEXT,
            "lifecycle_stage": TEXT,
            "started_at": TIME,
            "ended_at": TIME,
            "deleted_at": TIME,
            "artifact_uri": TEXT,
            "early_source_name": TEXT,
            "early_source_type": TEXT,
            "early_commit": TEXT,
            "early_entry_point": TEXT,
        },
    ),
    tag_table("run_tags", run_id=TEXT),
    tag_table("params", run_id=TEXT),
    # A value of a metric: the last one of each key, or all of them with the metric history.
    Table(
        "metrics",
        {
            "run_id": TEXT,
            "key": TEXT,
            "value": NUMBER,
            "step": INTEGER,
            "timestamp": TIME,
        },
    ),
    # A dataset that a run used. `source`, `schema` and `profile` are JSON texts as MLflow stores them.
    Table(
        "dataset_inputs",
        {
            "run_id": TEXT,
            "name": TEXT,
            "digest": TEXT,
            "source_type": TEXT,
            "source": TEXT,
            "schema": TEXT,
            "profile": TEXT,
            "context": TEXT,
        },
    ),
    # A file or folder among a run's artifacts. `path` is relative to the run's artifact root,
    # `file_size` in bytes. `is_model` is true for a folder with an MLmodel file.
    Table(
        "artifacts",
        {
            "run_id": TEXT,
            "path": TEXT,
            "is_dir": BOOLEAN,
            "file_size": INTEGER,
            "is_model": BOOLEAN,
        },
    ),
)

_ENVIRONMENTS = (
    # A file that lists the software of a model. `owner_id` is a logged model, or the run whose artifacts
    # include the model; `path` is the model's folder among the artifacts ("" for a logged model), `name`
    # the file's name, `digest` the SHA-256 of its content.
    Table("environments", {"owner_id": TEXT, "path": TEXT, "name": TEXT, "digest": TEXT}),
    # A package in the environment with a digest. `version` is a pinned version or a version specifier.
    Table("environment_packages", {"digest": TEXT, "name": TEXT, "version": TEXT}),
)

_TRACES = (
    # A trace, and the run that recorded it. `state` is in lower case ("ok", "error").
    Table(
        "traces",
        {
            "trace_id": TEXT,
            "experiment_id": TEXT,
            "run_id": TEXT,
            "name": TEXT,
            "state": TEXT,
            "requested_at": TIME,
            "user": TEXT,
        },
    ),
    # The judgement of a person or a program on a trace. `kind` is "feedback" or "expectation",
    # `source_type` is in lower case ("human", "code", "llm_judge"), `source_id` identifies the source.
    Table(
        "assessments",
        {
            "assessment_id": TEXT,
            "trace_id": TEXT,
            "name": TEXT,
            "kind": TEXT,
            "value": TEXT,
            "source_type": TEXT,
            "source_id": TEXT,
            "created_at": TIME,
        },
    ),
    # The number of traces that a run recorded, and of their assessments.
    Table("run_traces", {"run_id": TEXT, "traces": INTEGER, "assessments": INTEGER}),
)

TABLES = (*_EXPERIMENTS, *_RUNS, *_ENVIRONMENTS, *_TRACES)
